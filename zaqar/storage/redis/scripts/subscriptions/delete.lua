-- Remove a subscription, and what was to be delivered to it alone.
-- keys   OutboxKeys of key_lists.py
-- writes everything but resume
-- ARGV: id
-- Return 1 where it was there, else 0.
local is_there = call('HEXISTS', subscriptions, ARGV[1])
forget(ARGV[1])
trim()
set_notify_until()
return is_there
