-- Look a subscription up.
-- keys   OutboxKeys of key_lists.py
-- reads  subscriptions, endings
-- ARGV: now in seconds, id
-- Return its text, nil where there is none.
return lives(ARGV[2], tonumber(ARGV[1])) and call('HGET', subscriptions, ARGV[2])
