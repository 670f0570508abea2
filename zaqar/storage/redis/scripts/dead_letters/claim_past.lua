-- Claim the first messages that are ready, and let those between them that were claimed too often leave the queue, or throw
-- them away: a step that looks at a bounded number, whatever the limit.
-- keys   QueueKeys of key_lists.py
-- writes what settling writes, record, leaving
-- ARGV: now in seconds, claim, ttl, grace, end of the claim, limit or 0 to claim nothing, how many messages the steps
--       before this one took, claims after which a message leaves, its new ttl or '-', the record of the queue it goes to
--       or '-' where it is thrown away
-- Return nil where more has to be settled first; else ids, envelopes, states, the second that the agenda has to be told
-- of or '', what left together and its figures or twice '', and 1 where the next step would find nothing.
local LOOKED_AT, MOST_BYTES = 50, 1048576
local now, claim, ttl, grace = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local ends, limit, before, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local new_ttl, target = ARGV[9], ARGV[10]

if not settle(now) then
  return false
end
local holding = limit > 0 and call('HGET', holdings, claim)
if holding then
  local again = taken_after(holding, before)
  if again[1] then -- the answer to this step was lost; what left then is forwarded by the sweep
    return { again, looked_up('HMGET', messages, again), looked_up('HMGET', states, again), '', '', '', 0 }
  end
end

local ids = call('ZRANGE', ready, 0, LOOKED_AT - 1)
local all, last, bytes = looked_up('HMGET', states, ids), 0, 0
local kept, found, doomed, lives = {}, {}, {}, {}
for index, id in ipairs(ids) do
  if bytes >= MOST_BYTES or (limit > 0 and #kept == limit) then
    break
  end
  last = index
  if parsed(all[index]) >= most then
    doomed[#doomed + 1], lives[#lives + 1] = id, new_ttl ~= '-' and new_ttl
    bytes = bytes + (target ~= '-' and #call('HGET', messages, id) or 0)
  elseif limit > 0 then
    kept[#kept + 1], found[#found + 1] = id, all[index]
  end
end

local left, told, to_note = '', '', ''
if doomed[1] and target == '-' then
  remove(doomed) -- first: a full server refuses a script whose first write needs memory
  call('HINCRBY', record, 'discarded', #doomed)
elseif doomed[1] then
  left = '<' .. doomed[1]
  told = leave(left, table.concat({ target, '-', '-', now }, ' '), doomed, lives)
end
if kept[1] then
  take(claim, ttl, grace, ends, holding or nil, kept, found)
  to_note = to_be_noted(call('HGET', record, 'noted'), ends, now)
end
local is_full, is_end = limit > 0 and #kept == limit, last == #ids and #ids < LOOKED_AT
local is_over = is_full or is_end or (limit == 0 and not doomed[1])
call('HDEL', record, 'rule')
if not is_over then
  call('HSET', record, 'rule', most .. ' ' .. new_ttl .. ' ' .. target)
end
return { kept, looked_up('HMGET', messages, kept), found, to_note, left, told, is_over and 1 or 0 }
