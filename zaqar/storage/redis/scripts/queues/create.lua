-- Store a queue that is not there yet.
-- keys   DirectoryKeys of key_lists.py
-- writes names, metadata
-- ARGV: name, metadata or ''
-- Return 1 when it is new, 0 when it existed.
if call('ZADD', names, 'NX', 0, ARGV[1]) == 0 then
  return 0
end
if ARGV[2] ~= '' then
  call('HSET', metadata, ARGV[1], ARGV[2])
end
return 1
