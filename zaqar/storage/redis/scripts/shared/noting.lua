local LATE = 120 -- seconds after which the sweep should long have been there

-- Let the agenda, which lies on another slot, hear of what falls due earlier than it knows of.
-- Return `due` where the driver has to tell it, else '' (not nil, which would end a list).
local function to_be_noted(noted, due, now)
  noted = tonumber(noted)
  if noted and noted <= due and noted + LATE > now then
    return ''
  end
  call('HSET', record, 'noted', due)
  return due
end
