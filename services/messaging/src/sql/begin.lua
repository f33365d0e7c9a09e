-- Begins an empty stream that ends with a position; a stream that is there stays as it is.
-- KEYS[1] the stream; ARGV[1] the position.
if redis.call('EXISTS', KEYS[1]) == 0 then
  local id = ARGV[1] .. '-0'
  redis.call('XADD', KEYS[1], id, 'k', '')
  redis.call('XDEL', KEYS[1], id)
end
