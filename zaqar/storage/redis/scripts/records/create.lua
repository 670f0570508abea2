-- Make the record of a queue, unless it is there.
-- keys   QueueKeys of keys.py
-- reads  resume
-- writes record
-- ARGV: now in microseconds
return call('HSETNX', record, 'next', call('GET', resume) or ARGV[1])
