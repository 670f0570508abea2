-- Delete those messages that exist; with claims given, each must be held by one of them, or nothing is deleted.
-- keys   QueueKeys of key_lists.py
-- reads  expiry, claims
-- writes messages, expiry, ready, delayed, due, claimed, states, claims, holdings, remaining
-- ARGV: now in seconds, number of claims or -1 when none is asked for, claims, ids
-- Return 0 when done, 1 when a message is not held by any of the claims.
local now, number = tonumber(ARGV[1]), tonumber(ARGV[2])
local allowed, doomed = {}, {}
for index = 3, 2 + number do
  allowed[ARGV[index]] = true
end
for index = 3 + math.max(number, 0), #ARGV do
  local id = ARGV[index]
  local gone = call('ZSCORE', expiry, id)
  if gone and tonumber(gone) > now then
    if number >= 0 then
      local _, holder = parsed(call('HGET', states, id))
      if not (holder and allowed[holder] and is_live(holder, now)) then
        return 1
      end
    end
    doomed[#doomed + 1] = id
  end
end
if doomed[1] then
  remove(doomed)
end
return 0
