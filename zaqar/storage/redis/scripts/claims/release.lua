-- End a claim: what it holds is ready again.
-- writes ready, claimed, states, claims, holdings, remaining
-- ARGV: claim
return release(ARGV[1])
