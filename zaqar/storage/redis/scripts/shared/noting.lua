local LATE = 120 -- seconds after which a note is not relied on any more: the sweep should long have been there

-- Tell whether the agenda, which lies on another slot, has to be told of the second at which something falls due here:
-- not where it was told (`noted`) of that second or an earlier one.
-- Return the second where the driver has to note it, else '' (not nil, which would end a list).
local function to_be_noted(noted, second, now)
  noted = tonumber(noted)
  if noted and noted <= second and noted + LATE > now then
    return ''
  end
  call('HSET', record, 'noted', second)
  return second
end
