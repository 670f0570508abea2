-- Show the queue's redrive, as the driver reads it.
local function shown()
  return call(
    'HMGET',
    record,
    'redrive',
    'redrive_until',
    'redrive_state',
    'redrive_after',
    'redrive_moved',
    'redrive_skipped',
    'redrive_ended'
  )
end
