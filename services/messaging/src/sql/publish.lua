-- Appends events to a stream if its last position is the expected one.
-- KEYS[1] the stream; ARGV[1] the expected last position; ARGV[2] the most entries it may hold;
-- then for each event: position, kind, payload, trace.
-- Returns {last position, length}: where the last position differs from what was expected, nothing was added.
local last = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      last = tonumber(string.match(info[i + 1], '^(%d+)-'))
    end
  end
end
local length = redis.call('XLEN', KEYS[1])
if last ~= tonumber(ARGV[1]) then return { last, length } end
for i = 3, #ARGV, 4 do
  if length >= tonumber(ARGV[2]) then break end
  redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'k', ARGV[i + 1], 'p', ARGV[i + 2], 't', ARGV[i + 3])
  last = tonumber(ARGV[i])
  length = length + 1
end
return { last, length }
