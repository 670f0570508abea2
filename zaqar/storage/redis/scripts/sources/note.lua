-- Note that queues have something in their outboxes.
-- keys   SourceKeys of key_lists.py
-- writes sources
-- ARGV: the records of the queues
call('SREM', sources, '') -- a full server refuses a script whose first write needs memory
return call('SADD', sources, unpack(ARGV))
