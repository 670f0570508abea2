-- Remove all that is in a queue, and end its redrive; the server frees the memory in the background. What is on its way to
-- another queue has left already.
-- keys   QueueKeys of key_lists.py
-- writes everything but leaving and resume
-- ARGV: now in seconds
call('UNLINK', messages, ready, expiry, delayed, due, claimed, states, claims, holdings, remaining)
if call('HGET', record, 'redrive_state') == 'running' then
  call('HSET', record, 'redrive_state', 'cancelled', 'redrive_ended', ARGV[1])
end
