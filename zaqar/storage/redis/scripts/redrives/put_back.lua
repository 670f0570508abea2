-- Put messages back that could not arrive, in their places, and let their redrive count them as skipped.
-- keys   QueueKeys of key_lists.py
-- reads  leaving
-- writes record, messages, ready, expiry, states, leaving
-- ARGV: field of those that left together
-- Return 1, or 0 where somebody else has finished their way.
local field = ARGV[1]
local figures = call('HGET', leaving, field)
if not figures then
  return 0
end
local following, redrive = unpack(call('HMGET', record, 'next', 'redrive_id'))
local id, letters = string.match(figures, '^%S+ %S+ (%S+) %S+ (.*)$')
local number = 0
call('HDEL', leaving, field) -- first: a full server refuses a script whose first write needs memory
for letter, count, ttl, gone in string.gmatch(letters, '(%S+) %S+ (%S+) (%S+) (%S+)') do
  local envelope = call('HGET', leaving, letter)
  number = number + 1
  call('HDEL', leaving, letter)
  if following then -- else the queue was deleted, and all that was in it
    call('HSET', messages, letter, envelope)
    call('ZADD', expiry, gone, letter)
    call('ZADD', ready, tonumber(string.sub(letter, 1, 14), 16), letter)
    if count ~= '0' then
      call('HSET', states, letter, count .. ' - ' .. ttl)
    end
  end
end
if redrive == id then
  call('HINCRBY', record, 'redrive_moved', -number)
  call('HINCRBY', record, 'redrive_skipped', number)
end
return 1
