-- Reclaim what has expired, a bounded number.
-- writes what settling writes
-- ARGV: now in seconds
-- Return '1' when that was all, and how many messages and claims went.
local is_all, gone = settle(tonumber(ARGV[1]))
return { is_all and 1 or 0, gone }
