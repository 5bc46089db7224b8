"""What Redis does for the answers of models in one piece.

Keys: the number of the era that the copies are of, the copies (a hash), when each was used last (a sorted set), and how many
bytes they are. Times are those of Redis, in microseconds. The first arguments are an era and how long a copy stays unused.
"""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local unused = tonumber(ARGV[2])
local function keep_all()
  for i = 1, 4 do
    redis.call('PEXPIRE', KEYS[i], math.ceil(unused / 1000))
  end
end
"""

FIND = (
    _NOW
    + """
local era = redis.call('GET', KEYS[1]) or '0'
if era ~= ARGV[1] then
  return {era}
end
local used = redis.call('ZSCORE', KEYS[3], ARGV[3])
local copy = used and used + unused > now and redis.call('HGET', KEYS[2], ARGV[3])
if not copy then
  return {era}
end
redis.call('ZADD', KEYS[3], now, ARGV[3])
keep_all()
return {era, copy}
"""
)
"""Find the copy under a key: the era here, and the copy if it is there and of the era that was asked for."""

BEGIN = (
    _NOW
    + """
local era = redis.call('GET', KEYS[1])
if era and tonumber(era) > tonumber(ARGV[1]) then
  return {0}
end
if era ~= ARGV[1] then
  redis.call('DEL', unpack(KEYS, 2))
  redis.call('SET', KEYS[1], ARGV[1])
end
keep_all()
"""
)
"""Begin an era unless it has begun, and go on, or end when a later one has: copies of earlier ones are gone."""

KEEP = (
    BEGIN
    + """
local key, copy, limit = ARGV[3], ARGV[4], tonumber(ARGV[5])
if redis.call('EXISTS', unpack(KEYS, 2)) < 3 then  -- a full Redis may have taken one of them away
  redis.call('DEL', unpack(KEYS, 2))
end
local function drop(key)
  redis.call('DECRBY', KEYS[4], redis.call('HSTRLEN', KEYS[2], key))
  redis.call('HDEL', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end

local function fits()
  local memory = redis.pcall('INFO', 'memory')
  if type(memory) ~= 'string' then  -- some are not let ask
    return #copy <= limit
  end
  local most = tonumber(string.match(memory, '\\nmaxmemory:(%d+)'))
  local used = tonumber(string.match(memory, '\\nused_memory:(%d+)'))
  return #copy <= limit and (most == 0 or 2 * (used + #copy) <= most)
end

drop(key)
if fits() then
  redis.call('HSET', KEYS[2], key, copy)
  redis.call('ZADD', KEYS[3], now, key)
  redis.call('INCRBY', KEYS[4], #copy)
end
for _, old in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', now - unused, 'BYSCORE', 'LIMIT', 0, 100)) do
  drop(old)
end
while tonumber(redis.call('GET', KEYS[4])) > limit do
  drop(redis.call('ZRANGE', KEYS[3], 0, 0)[1])
end
keep_all()
return {1}
"""
)
"""Keep a copy: its key, itself, and how many bytes may lie here; what was not used for longest makes room.

Half of a Redis whose memory is bounded is left to what else is in it: messages that find no room would not be told."""
