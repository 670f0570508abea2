local LATE = 120 -- seconds after which the sweep should long have been there

-- Let the agenda, which lies on another slot, hear of what falls due earlier than it knows of.
-- Return the second where the driver has to tell it, else '' (not nil, which would end a list).
local function to_be_noted(noted, second, now)
  noted = tonumber(noted)
  if noted and noted <= second and noted + LATE > now then
    return ''
  end
  call('HSET', record, 'noted', second)
  return second
end
