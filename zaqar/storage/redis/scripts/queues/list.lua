-- List queues by name, in byte order.
-- keys   DirectoryKeys of key_lists.py
-- reads  names, metadata
-- ARGV: name to go on behind or '', limit
-- Return names, and the metadata of each.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local found = call('ZRANGEBYLEX', names, from, '+', 'LIMIT', 0, tonumber(ARGV[2]))
if not found[1] then
  return { {}, {} }
end
return { found, looked_up('HMGET', metadata, found) }
