-- End a claim: what it holds is ready again.
-- keys   QueueKeys of keys.py
-- writes ready, claimed, states, claims, holdings, remaining
-- ARGV: claim
return release(ARGV[1])
