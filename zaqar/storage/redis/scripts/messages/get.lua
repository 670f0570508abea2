-- Look messages up by id, in whatever state they are.
-- keys   QueueKeys of key_lists.py
-- reads  messages, states, expiry, claims
-- ARGV: now in seconds, then ids
-- Return ids, envelopes and states of those that exist; a claim that has lapsed is not in the state.
local now = tonumber(ARGV[1])
local asked = {}
for index = 2, #ARGV do
  asked[index - 1] = ARGV[index]
end
local envelopes = looked_up('HMGET', messages, asked)
local found = looked_up('HMGET', states, asked)
local ids, shown, stood = {}, {}, {}
for index, id in ipairs(asked) do
  local gone = envelopes[index] and tonumber(call('ZSCORE', expiry, id))
  if gone and gone > now then
    local count, claim, ttl = parsed(found[index])
    local state = found[index]
    if claim and not is_live(claim, now) then
      state = count .. ' - ' .. (ttl or '-')
    end
    ids[#ids + 1], shown[#shown + 1], stood[#stood + 1] = id, envelopes[index], state
  end
end
return { ids, shown, stood }
