-- Append messages, all or none, and once for each token.
--
-- KEYS: the first six of keys.lua, then
-- token      string  the first position that its post got; has a ttl
--
-- ARGV: token, seconds for which it is remembered, now in microseconds, then for each message when it is gone, when it
--       is due or '', and its envelope
-- Positions follow the clock, so that a server that lost its last writes gives no position out twice.
-- Return the first position; nil where the queue has no record.
local call = redis.call
local record, messages, ready, expiry, delayed, due, post = unpack(KEYS)
local count = (#ARGV - 3) / 3
local known = call('GET', post)
if known then
  return known
end
local least = call('HGET', record, 'next')
if not least then
  return false
end
local first = math.max(tonumber(least), tonumber(ARGV[3]))
call('HSET', record, 'next', first + count)
call('SET', post, first, 'EX', ARGV[2])
for index = 0, count - 1 do
  local position, at = first + index, 3 * index + 4
  local id = string.format('%014x', position) .. ARGV[1]
  call('HSET', messages, id, ARGV[at + 2])
  call('ZADD', expiry, ARGV[at], id)
  if ARGV[at + 1] == '' then
    call('ZADD', ready, position, id)
  else
    call('ZADD', delayed, position, id)
    call('ZADD', due, ARGV[at + 1], id)
  end
end
return string.format('%.0f', first)
