-- Reclaim what has expired, a bounded number.
-- keys   QueueKeys of key_lists.py
-- writes what settling writes, record
-- ARGV: now in seconds
-- Return 1 when that was all, else 0; how many messages and claims went; then, when that was all, the second at which
-- something falls due next or '', the rule by which dead letters are still to leave or '', 1 where messages are on their
-- way, 1 where there may be subscriptions, and 1 where a redrive is running.
local is_all, gone = settle(tonumber(ARGV[1]))
if not is_all then
  return { 0, gone }
end
local next_due
for _, source in ipairs({ expiry, due, claims }) do
  local second = tonumber(call('ZRANGE', source, 0, 0, 'WITHSCORES')[2])
  if second and (not next_due or second < next_due) then
    next_due = second
  end
end
local noted, rule, notify_until, state = unpack(call('HMGET', record, 'noted', 'rule', 'notify_until', 'redrive_state'))
if noted and tonumber(noted) ~= next_due then
  call('HDEL', record, 'noted') -- first: a full server refuses a script whose first write needs memory
end
if next_due and tonumber(noted) ~= next_due then
  call('HSET', record, 'noted', next_due)
end
local may_have_outbox = notify_until or call('EXISTS', record) == 0 -- they outlive it
local is_redriven = state == 'running'
return { 1, gone, next_due or '', rule or '', call('EXISTS', leaving), may_have_outbox and 1 or 0, is_redriven and 1 or 0 }
