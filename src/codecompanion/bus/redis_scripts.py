"""What Redis does for a member of a consumer group in one piece: other members must not come between."""

KEEP = """
local kept = {}
for i = 3, #ARGV, 2 do
  local id, deliveries = ARGV[i], ARGV[i + 1]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) > 0 then
    local claim = {'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID'}
    if deliveries ~= '' then
      claim[#claim + 1] = 'RETRYCOUNT'
      claim[#claim + 1] = deliveries
    end
    redis.call(unpack(claim))
    kept[#kept + 1] = id
  end
end
return kept
"""
"""Say that messages are still worked on: group, consumer, and pairs of an id and how often it was delivered ("" for as before).

Returns the ids that are still the consumer's. One that another member took over in the meantime stays there.
"""

RELEASE = """
for i = 4, #ARGV, 2 do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) > 0 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 1], 'JUSTID')
  end
end
"""
"""Let other members take messages that were not begun: group, consumer, an idle time in ms that is long enough, and pairs of an
id and how often it was delivered before."""

LEAVE = """
local last = '-'
while true do
  local rows = redis.call('XPENDING', KEYS[1], ARGV[1], last, '+', 100, ARGV[2])
  for _, row in ipairs(rows) do
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[4], 0, row[1], 'IDLE', ARGV[3], 'JUSTID')
    last = '(' .. row[1]
  end
  if #rows < 100 then break end
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
"""
"""Remove a consumer and let other members take what it had: group, consumer, a long enough idle time in ms, an heir's name."""
