-- Remove a queue.
-- keys   DirectoryKeys of key_lists.py
-- writes names, metadata
-- ARGV: name
call('HDEL', metadata, ARGV[1])
return call('ZREM', names, ARGV[1])
