-- Commands with any number of arguments. Lua cannot pass many thousands of them, so several commands run in place of one.
local MANY = 1000

-- Run a command that changes a key with all of the arguments; an even number of them goes with each command.
local function in_parts(command, key, arguments)
  for first = 1, #arguments, MANY do
    call(command, key, unpack(arguments, first, math.min(first + MANY - 1, #arguments)))
  end
end

-- Return what a command finds in a key for each of the ids: false where that is nothing.
local function looked_up(command, key, ids)
  if #ids <= MANY then
    return ids[1] and call(command, key, unpack(ids)) or {}
  end
  local found = {}
  for first = 1, #ids, MANY do
    local last = math.min(first + MANY - 1, #ids)
    for index, value in ipairs(call(command, key, unpack(ids, first, last))) do
      found[first + index - 1] = value
    end
  end
  return found
end

-- Return position and id in turn, as ZADD takes them: an id begins with its position, in 14 hexadecimal digits.
local function with_positions(ids)
  local members = {}
  for index, id in ipairs(ids) do
    members[2 * index - 1], members[2 * index] = tonumber(string.sub(id, 1, 14), 16), id
  end
  return members
end
