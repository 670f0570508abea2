-- List messages behind a position, oldest first; a bounded number is looked at, whatever the limit.
-- keys   QueueKeys of key_lists.py
-- reads  ready, messages, states; delayed, claimed
-- writes what settling writes
-- ARGV: now in seconds, position, limit, '1' with claimed ones, '1' with delayed ones, client id to leave out or ''
-- Return nil where more has to be settled first; else ids, envelopes, states, and the id to go on behind, or ''.
local MOST_LOOKED_AT, MOST_BYTES = 1000, 1048576
local PART = 100 -- looked at together; only the first time no more than are wanted

if not settle(tonumber(ARGV[1])) then
  return false
end
local limit, hidden = tonumber(ARGV[3]), ARGV[6]
local sources = { ready }
if ARGV[4] == '1' then
  sources[#sources + 1] = claimed
end
if ARGV[5] == '1' then
  sources[#sources + 1] = delayed
end

local function behind(position, most)
  if not sources[2] then
    return call('ZRANGEBYSCORE', ready, '(' .. position, '+inf', 'LIMIT', 0, most)
  end
  local ids = {}
  for _, source in ipairs(sources) do
    for _, id in ipairs(call('ZRANGEBYSCORE', source, '(' .. position, '+inf', 'LIMIT', 0, most)) do
      ids[#ids + 1] = id
    end
  end
  table.sort(ids)
  for index = #ids, most + 1, -1 do
    ids[index] = nil
  end
  return ids
end

local ids, envelopes, looked_at, bytes = {}, {}, 0, 0
local position, most, last = ARGV[2], math.min(limit, PART), ''
while true do
  local page = behind(position, most)
  for index, envelope in ipairs(looked_up('HMGET', messages, page)) do
    if hidden == '' or string.match(envelope, '^%d+ %d+ %S+ ([^%s;]+)') ~= hidden then
      ids[#ids + 1], envelopes[#envelopes + 1] = page[index], envelope
    end
    bytes = bytes + #envelope
    if #ids == limit then
      break
    end
  end
  looked_at = looked_at + #page
  if #ids == limit or #page < most then
    break
  elseif looked_at >= MOST_LOOKED_AT or bytes >= MOST_BYTES then
    last = page[#page]
    break
  end
  position = string.format('%.0f', tonumber(string.sub(page[#page], 1, 14), 16))
  most = math.max(1, math.min(PART, math.floor((MOST_BYTES - bytes) / bytes * looked_at))) -- as long as those so far
end
return { ids, envelopes, looked_up('HMGET', states, ids), last }
