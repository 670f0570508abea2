-- End a claim: what it holds is ready again.
-- keys   QueueKeys of key_lists.py
-- writes ready, claimed, states, claims, holdings, remaining
-- ARGV: claim
return release(ARGV[1])
