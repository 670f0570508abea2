-- Remove subscriptions that have ended, and notices that are of no use any more, a bounded number.
-- keys   OutboxKeys of key_lists.py
-- writes everything but resume
-- ARGV: now in seconds, the position behind which notices are looked at
-- Return the position to go on behind, or '' when that was all; then the first second at which one of those that were looked
-- at is of no use any more, or a subscription ends, or ''.
local LOOKED_AT = 1000
local now, after = tonumber(ARGV[1]), ARGV[2]
call('ZREM', taken, '') -- a full server refuses a script whose first write needs memory
if not end_some(now) then
  return { after, '' }
end
set_notify_until()
local first = tonumber(call('ZRANGE', endings, 0, 0, 'WITHSCORES')[2])
local members = call('ZRANGEBYSCORE', pending, '(' .. after, '+inf', 'LIMIT', 0, LOOKED_AT)
for _, member in ipairs(members) do
  local position, second = string.match(member, '^(%d+) (%d+)')
  after = position
  if tonumber(second) <= now then
    call('XDEL', notices, position)
    call('ZREM', pending, member)
  elseif not first or tonumber(second) < first then
    first = tonumber(second)
  end
end
if call('ZCARD', pending) == 0 then
  call('UNLINK', notices, pending)
end
return { #members == LOOKED_AT and after or '', first or '' }
