-- Note in the agenda when something falls due in queues; the earliest second counts.
-- keys   AgendaKeys of key_lists.py
-- writes agenda, visited
-- ARGV: '1' where a sweep has visited these queues, then for each its record and the second or '' for none
call('ZREM', agenda, '') -- a full server refuses a script whose first write needs memory
for index = 2, #ARGV, 2 do
  if ARGV[1] == '1' then
    call('ZREM', visited, ARGV[index])
  end
  if ARGV[index + 1] ~= '' then
    call('ZADD', agenda, 'LT', ARGV[index + 1], ARGV[index])
  end
end
