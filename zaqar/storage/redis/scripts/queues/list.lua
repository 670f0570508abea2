-- List queues by name, in byte order.
-- KEYS: names: zset, every score 0; metadata: hash, name -> JSON, of queues that have any
-- ARGV: name to go on behind or '', limit
-- Return names, and the metadata of each.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local names = call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, tonumber(ARGV[2]))
if not names[1] then
  return { {}, {} }
end
return { names, looked_up('HMGET', KEYS[2], names) }
