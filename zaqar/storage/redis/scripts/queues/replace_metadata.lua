-- Replace a queue's metadata unless somebody else did since it was read.
-- keys   DirectoryKeys of key_lists.py
-- reads  names
-- writes metadata
-- ARGV: name, old metadata or '', new metadata or ''
-- Return 1 when done, 0 when it was changed meanwhile, or the queue deleted.
local stored = call('HGET', metadata, ARGV[1]) or ''
if stored ~= ARGV[2] or not call('ZSCORE', names, ARGV[1]) then
  return 0
end
if ARGV[3] == '' then
  call('HDEL', metadata, ARGV[1])
else
  call('HSET', metadata, ARGV[1], ARGV[3])
end
return 1
