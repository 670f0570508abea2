-- List messages behind a position, oldest first; a bounded number is looked at.
-- reads  ready, messages, states; delayed, claimed
-- writes what settling writes
-- ARGV: now in seconds, position, limit, '1' with claimed ones, '1' with delayed ones, client id to leave out or ''
-- Return nil where more has to be settled first; else ids, envelopes, states, and the id to go on behind, or ''.
local MOST_LOOKED_AT, MOST_BYTES = 200, 1048576

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

local function behind(position)
  if not sources[2] then
    return call('ZRANGEBYSCORE', ready, '(' .. position, '+inf', 'LIMIT', 0, limit)
  end
  local ids = {}
  for _, source in ipairs(sources) do
    for _, id in ipairs(call('ZRANGEBYSCORE', source, '(' .. position, '+inf', 'LIMIT', 0, limit)) do
      ids[#ids + 1] = id
    end
  end
  table.sort(ids)
  for index = #ids, limit + 1, -1 do
    ids[index] = nil
  end
  return ids
end

local function answer(ids, envelopes, last)
  local found = ids[1] and looked_up('HMGET', states, ids) or {}
  return { ids, envelopes, found, last }
end

local page = behind(ARGV[2])
if hidden == '' then
  return answer(page, page[1] and looked_up('HMGET', messages, page) or {}, '')
end
local ids, envelopes, looked_at, bytes = {}, {}, 0, 0
while page[1] do
  for _, id in ipairs(page) do
    local envelope = call('HGET', messages, id)
    local head = string.sub(envelope, 1, string.find(envelope, '\n', 1, true) - 1)
    if string.match(head, '(%S+)$') ~= hidden then
      ids[#ids + 1], envelopes[#envelopes + 1] = id, envelope
      if #ids == limit then
        return answer(ids, envelopes, '')
      end
    end
    looked_at, bytes = looked_at + 1, bytes + #envelope
    if looked_at >= MOST_LOOKED_AT or bytes >= MOST_BYTES then
      return answer(ids, envelopes, id)
    end
  end
  if #page < limit then
    break
  end
  page = behind(string.format('%.0f', tonumber(string.sub(page[#page], 1, 14), 16)))
end
return answer(ids, envelopes, '')
