-- Every script is given the keys of one queue, in this order.
--
-- record     hash    next: the least position that the next message may get; noted: the second for which the agenda has
--                    the queue, or has had it; rule: by which dead letters that a claim left behind are still to leave:
--                    claims after which one does, its new ttl or -, the key of the record of the queue it goes to
-- messages   hash    id -> envelope: created, ttl, checksum or -, client id; a line feed; the body
-- ready      zset    id by position: may be claimed
-- expiry     zset    id by the second at which the message is gone, of all messages
-- delayed    zset    id by position: not due yet
-- due        zset    id by the second at which its delay ends, of those in `delayed`
-- claimed    zset    id by position: held by a claim
-- states     hash    id -> claim count, claim or -, ttl or - where grace changed it; only of messages claimed once
-- claims     zset    claim by the second at which it ends
-- holdings   hash    claim -> ttl, then the ids that it took
-- remaining  hash    claim -> how many of those it still holds; the claim is gone with the last
-- leaving    hash    messages on their way to a dead-letter queue: '>' and the id of the first of those that left
--                    together -> the key of that queue's record, then the id of each and its ttl there; id -> envelope
-- resume     string  where positions go on when a deleted queue is made again; has a ttl
--
-- A message is in exactly one of ready, delayed and claimed. Ids have a fixed width and begin with the position, so
-- they sort as their positions do.
local call = redis.call
local record, messages, ready, expiry, delayed, due = unpack(KEYS)
local claimed, states, claims, holdings, remaining, leaving, resume = unpack(KEYS, 7)
