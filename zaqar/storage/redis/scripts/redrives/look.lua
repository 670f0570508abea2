-- Take the running redrive, and show what it has to look at next.
-- keys   QueueKeys of key_lists.py
-- reads  ready, messages, leaving
-- writes what settling writes, record
-- ARGV: now in milliseconds, holder, the millisecond at which the lease ends, how many messages at most
-- Return nil where more has to be settled first, 0 where none is running, 1 where somebody else holds it; else the redrive,
-- 1 where messages are on their way, 1 where nothing is behind those that are shown, their ids, and the first lines of their
-- envelopes.
local LOOKED_AT = 50 -- whatever is asked for: with 200, what others asked meanwhile took twice as long
local MOST_BYTES = 1048576 -- of messages that move together
local now, holder, most = tonumber(ARGV[1]), ARGV[2], math.min(tonumber(ARGV[4]), LOOKED_AT)
local state, lease = unpack(call('HMGET', record, 'redrive_state', 'redrive_lease'))
if state ~= 'running' then
  return 0
end
local ends, whose = string.match(lease or '', '^(%d+) (.*)$')
if whose and whose ~= holder and tonumber(ends) > now then
  return 1
end
if not settle(math.floor(now / 1000)) then
  return false
end
call('HDEL', record, 'redrive_lease') -- a full server refuses a script whose first write needs memory
call('HSET', record, 'redrive_lease', ARGV[3] .. ' ' .. holder)

local after, till = unpack(call('HMGET', record, 'redrive_after', 'redrive_until'))
local ids = call('ZRANGEBYSCORE', ready, '(' .. after, '(' .. till, 'LIMIT', 0, most + 1)
local looked_at, heads, bytes = {}, {}, 0
for index, id in ipairs(ids) do
  local envelope = call('HGET', messages, id)
  bytes = bytes + #envelope
  if index > most or (bytes > MOST_BYTES and index > 1) then
    break
  end
  looked_at[index], heads[index] = id, string.match(envelope, '^[^\n]*')
end
local is_last = #looked_at == #ids
return { shown(), call('EXISTS', leaving), is_last and 1 or 0, looked_at, heads }
