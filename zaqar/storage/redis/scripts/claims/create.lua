-- Claim the first messages that are ready. A repetition of the same claim is told what the first got.
-- keys   QueueKeys of key_lists.py
-- writes what settling writes, record
-- ARGV: now in seconds, claim, ttl, grace, limit, claims after which a message leaves the queue or ''
-- Return nil where more has to be settled first, 1 where messages have to leave first; else ids, envelopes, states, and
-- the second that the agenda has to be told of, or ''.
local now, claim, ttl, grace = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local most = tonumber(ARGV[6])

if not settle(now) then
  return false
end
if call('ZSCORE', claims, claim) then
  local _, ids, found = held(claim)
  return { ids, looked_up('HMGET', messages, ids), found, '' }
end
local ids = call('ZRANGE', ready, 0, tonumber(ARGV[5]) - 1)
if not ids[1] then
  return { {}, {}, {}, '' }
end
local found = looked_up('HMGET', states, ids)
if most then
  for _, state in ipairs(found) do
    if parsed(state) >= most then
      return 1
    end
  end
end
take(claim, ttl, grace, now + ttl, nil, ids, found)
local to_note = to_be_noted(call('HGET', record, 'noted'), now + ttl, now)
return { ids, looked_up('HMGET', messages, ids), found, to_note }
