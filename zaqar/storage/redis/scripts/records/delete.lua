-- Remove a queue and all that is in it; the server frees the memory in the background. What is on its way to a
-- dead-letter queue has left already; subscriptions stay, and so does what is to be delivered to them.
-- keys   QueueKeys of key_lists.py
-- writes everything but leaving
-- ARGV: now in microseconds
-- Return 1 where the agenda may have the queue, else 0.
local DAY = 86400 * 1000000
local next_position, noted, notify_until = unpack(call('HMGET', record, 'next', 'noted', 'notify_until'))
next_position = tonumber(next_position or 0)
call('UNLINK', record, messages, ready, expiry, delayed, due, claimed, states, claims, holdings, remaining)
-- Where positions ran ahead of the clock, a queue of the same name must go on behind them; so it must where subscriptions
-- go on, even if the clock goes back by a day.
local ahead = math.max(next_position - tonumber(ARGV[1]), notify_until and DAY or 0)
if ahead > 0 and next_position > 0 then
  call('SET', resume, string.format('%.0f', next_position), 'EX', math.ceil(ahead / 1000000) + 60)
end
return (noted or notify_until) and 1 or 0
