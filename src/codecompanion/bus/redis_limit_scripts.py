"""What Redis does for the limits of providers in one piece: nobody must come between the look and the step.

Keys of a provider: its leases (a token and when its lease ends), what was sent (a token and when), the line (a token and when
it came), and who in the line asked when. All times are those of Redis, in ms.
"""

HELD_BACK = 2
"""What `ENTER` says first of who is held back."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

ENTER = (
    _NOW
    + """
local token = ARGV[1]
local most, rate, lease, window, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), ARGV[6]

local held = redis.call('PTTL', KEYS[5])
if held > 0 then
  redis.call('ZREM', KEYS[3], token)
  redis.call('ZREM', KEYS[4], token)
  return {2, held}
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
redis.call('ZADD', KEYS[3], 'NX', now, token)
redis.call('ZADD', KEYS[4], now, token)
for _, silent in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now - patience)) do
  redis.call('ZREM', KEYS[3], silent)
  redis.call('ZREM', KEYS[4], silent)
end

local ahead = redis.call('ZRANK', KEYS[3], token)
local wait = 0
if most > 0 and redis.call('ZCARD', KEYS[1]) + ahead >= most then
  wait = 50 * (ahead + 1)
end
if rate > 0 then
  local over = redis.call('ZCARD', KEYS[2]) + ahead + 1 - rate
  if over > 0 then
    local leaving = redis.call('ZRANGE', KEYS[2], over - 1, over - 1, 'WITHSCORES')
    wait = math.max(wait, leaving[2] and leaving[2] + window - now + 1 or window)
  end
end
if wait == 0 then
  redis.call('ZREM', KEYS[3], token)
  redis.call('ZREM', KEYS[4], token)
  redis.call('ZADD', KEYS[1], now + lease, token)
  redis.call('ZADD', KEYS[2], now, token)
end
redis.call('PEXPIRE', KEYS[1], lease)
redis.call('PEXPIRE', KEYS[2], window)
redis.call('PEXPIRE', KEYS[3], patience)
redis.call('PEXPIRE', KEYS[4], patience)
return {wait > 0 and 1 or 0, wait}
"""
)
"""Let a request through or say for how many ms to wait: the keys of a provider and that which holds its model back; a token,
the most in flight, the most in a window (0 is no limit), and in ms a lease, the window, and after which silence one has gone.

Those in front ask often and those behind rarely, so that a long line costs Redis little more than a short one."""

RENEW = (
    _NOW
    + """
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {#ARGV - 1}
"""
)
"""Say that requests are still in flight: a lease in ms and their tokens."""

LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return {1}
"""
"""Forget a token: its request has ended, or waits no longer. What was sent stays sent."""

HOLD_BACK = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return {1}
"""
"""Let no request to a model begin for some ms, or for as long as was asked before, if that is longer."""
