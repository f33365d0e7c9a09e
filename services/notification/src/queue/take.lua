-- Takes ids off an agency's streams, in the order of KEYS, at most ARGV[1]. Returns each entry's fields.
local left = tonumber(ARGV[1])
local taken = {}
for _, key in ipairs(KEYS) do
    if left <= 0 then
        break
    end
    local entries = redis.call('XRANGE', key, '-', '+', 'COUNT', left)
    if #entries > 0 then
        local ids = {}
        for i, entry in ipairs(entries) do
            ids[i] = entry[1]
            taken[#taken + 1] = entry[2]
        end
        redis.call('XDEL', key, unpack(ids))
        left = left - #entries
    end
end
return taken
