-- Look a queue up.
-- keys   DirectoryKeys of key_lists.py
-- reads  names, metadata
-- ARGV: name
-- Return its metadata, '' for none; nil where there is no such queue.
if not call('ZSCORE', names, ARGV[1]) then
  return false
end
return call('HGET', metadata, ARGV[1]) or ''
