-- List subscriptions behind an id, in the order of their ids.
-- keys   OutboxKeys of key_lists.py
-- reads  subscriptions, order, endings
-- ARGV: now in seconds, id to go on behind or '', limit
-- Return ids, and the texts of the subscriptions.
local now, after, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local ids, texts = {}, {}
while #ids < limit do
  local most = limit - #ids
  local page = call('ZRANGEBYLEX', order, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, most)
  for _, id in ipairs(page) do
    if lives(id, now) then
      ids[#ids + 1], texts[#texts + 1] = id, call('HGET', subscriptions, id)
    end
  end
  if #page < most then
    break
  end
  after = page[#page]
end
return { ids, texts }
