-- Append messages, all or none, and once for each token.
-- keys   PostingKeys of key_lists.py
-- writes record, messages, ready, expiry, delayed, due, posted, notices, pending
-- ARGV: token, seconds for which it is remembered, now in microseconds, the first second at which something of it falls
--       due, then for each message when it is gone, when it is due or '', and its envelope; last 'silent' where nobody is
--       told of it, or the word of its notice where that is not of a post for all
-- Positions follow the clock, so that a server that lost its last writes gives no position out twice; up to a moment in the
-- year 2112, for one look at a clock that stands far ahead must not use up all there are.
-- Return the first position; where there is more to tell, in a list with that second if the agenda has to be told of it, else
-- '', and 1 where it left a notice, 2 where in a log that may have been empty, else 0. Nil where the queue has no record.
local LAST_FOLLOWED = 2 ^ 52
local count, now = math.floor((#ARGV - 4) / 3), tonumber(ARGV[3]) / 1000000
local known = call('GET', posted)
local least, noted, notify_until = unpack(call('HMGET', record, 'next', 'noted', 'notify_until'))
local is_noticed = notify_until and tonumber(notify_until) > now and ARGV[#ARGV] ~= 'silent'
local begins = known and known ~= '-' and call('HGET', record, 'begins')
if known and not (begins and tonumber(known) < tonumber(begins)) then -- else the queue was made again since
  return is_noticed and { known, '', 2 } or known
elseif not least then
  return false
end
local first = math.max(tonumber(least), math.min(tonumber(ARGV[3]), LAST_FOLLOWED))
call('HSET', record, 'next', first + count)
call('SET', posted, first, 'EX', ARGV[2])
for index = 0, count - 1 do
  local position, at = first + index, 3 * index + 5
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
local to_note = to_be_noted(noted, tonumber(ARGV[4]), now)
local notice = is_noticed and leave_notice(first, count) or 0
local position = string.format('%.0f', first)
return (to_note ~= '' or notice > 0) and { position, to_note, notice } or position
