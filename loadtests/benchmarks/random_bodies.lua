-- wrk: a random one of many bodies each time; a report in JSON at the end.
-- Arguments: file of bodies, content type ("": no body, asked with GET), bytes of JSON that a body begins with (0: not told), key ("": none).
-- The file holds each body behind its length as four bytes, little-endian.
local requests = {}

local function read_bodies(path)
  local file = assert(io.open(path, "rb"))
  local bodies = {}
  while true do
    local length = file:read(4)
    if not length then break end
    local a, b, c, d = length:byte(1, 4)
    bodies[#bodies + 1] = file:read(a + b * 256 + c * 65536 + d * 16777216)
  end
  file:close()
  return bodies
end

local function hex(digits)
  local parts = {}
  for place = 1, digits do parts[place] = string.format("%x", math.random(0, 15)) end
  return table.concat(parts)
end

function init(arguments)
  math.randomseed(os.time())
  local key = arguments[4]
  local method, headers = "GET", {}
  if arguments[2] ~= "" then method, headers["Content-Type"] = "POST", arguments[2] end
  if arguments[3] ~= "0" then headers["Inference-Header-Content-Length"] = arguments[3] end
  if key ~= "" then headers["X-API-Key"] = key end
  for place, body in ipairs(read_bodies(arguments[1])) do
    if key ~= "" then headers["traceparent"] = "00-" .. hex(32) .. "-" .. hex(16) .. "-01" end
    requests[place] = wrk.format(method, nil, headers, body)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds":%.6f,"answered":%d,"refused":%d,"lost":%d,"timeouts":%d,"p50":%.1f,"p99":%.1f,"p999":%.1f,"max":%.1f}\n',
    summary.duration / 1e6, summary.requests, errors.status, errors.connect + errors.read + errors.write,
    errors.timeout, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max
  ))
end
