-- Adds each push id to its stream, unless the stream is full, and rings once for all of them.
-- KEYS: the stream of each id. ARGV: bound, seconds until forgotten, bell, what is rung, then the ids.
local bound, forgotten, bell, rung = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local length = {}
local added = 0
for i, key in ipairs(KEYS) do
    if not length[key] then
        length[key] = redis.call('XLEN', key)
    end
    if length[key] < bound then
        redis.call('XADD', key, '*', 'p', ARGV[4 + i])
        length[key] = length[key] + 1
        added = added + 1
    end
end
for key in pairs(length) do
    redis.call('EXPIRE', key, forgotten)
end
redis.call('PUBLISH', bell, rung)
return added
