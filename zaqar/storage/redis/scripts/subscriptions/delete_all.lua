-- Remove every subscription, and what was to be delivered.
-- keys   OutboxKeys of key_lists.py
-- writes everything but resume
-- Return 1 where there was any, else 0.
local were_there = call('EXISTS', subscriptions)
call('UNLINK', subscribers, subscriptions, order, endings, progress, needed, behind, wakes, hurried, taken, holders)
call('UNLINK', notices, pending)
call('HDEL', record, 'notify_until')
return were_there
