#!/usr/bin/env bash
# flagpole's client beside other clients, without latency: requests per second and CPU time per request
# through 64 keep-alive connections to the same server (nginx, or flagpole if SERVER=flagpole) on the same
# machine. Rounds alternate between the clients; medians count.
# Usage: benches/peers/client.sh [ROUNDS] [REQUESTS] [CC]
#
# flagpole verifies every body and records every response time; the other clients do not inspect bodies. oha runs in
# its fast mode, without display or output. The Python programs make a hundredth of the requests. Clients and
# libraries that are not installed are skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} requests=${2:-200000} cc=${3:-br}
connections=64
server=${SERVER:-nginx}

for tool in wrk python3; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed" >&2; exit 0; }
done
if [ "$server" = nginx ] && ! command -v nginx >/dev/null; then
  echo "nginx is not installed: flagpole serves" >&2
  server=flagpole
fi
ours=${OURS:-$(cargo bench --bench measure --no-run --message-format json --quiet |
  sed -n 's/.*"executable":"\([^"]*measure-[^"]*\)".*/\1/p' | tail -1)}
folder=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

if [ "$server" = nginx ]; then
  cat >"$folder/nginx.conf" <<CONF
worker_processes auto;
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
  types { image/gif gif; }
  access_log off; sendfile off; tcp_nodelay on;
  keepalive_requests 1000000000; open_file_cache max=1000;
  client_body_temp_path $folder/t; proxy_temp_path $folder/t; fastcgi_temp_path $folder/t;
  uwsgi_temp_path $folder/t; scgi_temp_path $folder/t;
  server { listen 127.0.0.1:$port reuseport; root $PWD/fixtures; }
}
CONF
  nginx -c "$folder/nginx.conf" 2>/dev/null &
else
  "${FLAGPOLE:-target/release/flagpole}" serve --port "$port" >/dev/null &
fi
pid=$!
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done
url=http://127.0.0.1:$port/flags/$cc/$cc.gif

cat >"$folder/ways.py" <<'PYTHON'
"""One way of the article to make requests: NAME URL REQUESTS CONNECTIONS; prints requests per second."""
import sys, time
name, url, count, connections = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
def blocking():
    import threading, requests
    local = threading.local()
    def get(_):
        if not hasattr(local, "session"):
            local.session = requests.Session()
        local.session.get(url).raise_for_status()
    return get
async def asynchronous(get):
    import asyncio
    work = iter(range(count))
    async def worker():
        for _ in work:
            await get()
    await asyncio.gather(*(worker() for _ in range(connections)))
async def with_aiohttp():
    import aiohttp
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        async def get():
            async with session.get(url) as answer:
                answer.raise_for_status()
                await answer.read()
        await asynchronous(get)
async def with_httpx():
    import httpx
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=connections)) as client:
        async def get():
            (await client.get(url)).raise_for_status()
        await asynchronous(get)
try:
    if name in ("sequential", "threads"):
        get = blocking()
        start = time.perf_counter()
        if name == "sequential":
            for number in range(count):
                get(number)
        else:
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(connections) as pool:
                list(pool.map(get, range(count)))
    else:
        import asyncio
        way = {"aiohttp": with_aiohttp, "httpx": with_httpx}[name]
        start = time.perf_counter()
        asyncio.run(way())
    print(count / (time.perf_counter() - start))
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}")
PYTHON
python=${PYTHON:-python3}

# Each prints requests per second, and what was done in all.
run_wrk() { # 2 s are as many requests as the others make
  wrk -t2 -c$connections -d2s "$url" | awk '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } END { print rate, n }'
}
run_oha() {
  local start end
  start=$(date +%s.%N)
  oha -n "$requests" -c $connections --no-tui --disable-compression --output-format quiet "$url" >/dev/null
  end=$(date +%s.%N)
  awk -v n="$requests" -v s="$start" -v e="$end" 'BEGIN { print n / (e - s), n }'
}
run_hey() {
  hey -n "$requests" -c $connections -disable-compression "$url" |
    awk -v n="$requests" '/Requests\/sec/ { print $2, n }'
}
run_flagpole() {
  URL=http://127.0.0.1:$port CC=$cc REQUESTS=$requests STRATEGIES=$1 ROUNDS=1 "$ours" --bench transport 2>/dev/null |
    awk -v n="$requests" -v way="$1" '$1 == way { print $2, n, $4 }'
}
run_python() {
  local count=$((requests / 100))
  echo "$("$python" "$folder/ways.py" "$1" "$url" $count $connections) $count"
}

clients=("flagpole per-core" "flagpole async" wrk)
for tool in oha hey; do
  if command -v $tool >/dev/null; then clients+=($tool); else echo "skipped: $tool is not installed" >&2; fi
done
for way in sequential threads aiohttp httpx; do
  if "$python" "$folder/ways.py" "$way" "$url" 1 1 >/dev/null 2>"$folder/why"; then
    clients+=("python $way")
  else
    echo "skipped: python $way: $(tail -1 "$folder/why")" >&2
  fi
done

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
TIMEFORMAT='%U %S'
for round in $(seq "$rounds"); do
  for client in "${clients[@]}"; do
    # shellcheck disable=SC2086 # the second word is the client's way
    { time run_$client >"$folder/out"; } 2>"$folder/time"
    read -r rate count cpu <"$folder/out"
    # Ours says what the requests alone cost; of the others it is what the process cost, start and all.
    cpu=${cpu:-$(awk -v n="$count" 'END { print ($1 + $2) / n * 1e6 }' "$folder/time")}
    echo "$rate" >>"$folder/$client.rate"
    echo "$cpu" >>"$folder/$client.cpu"
    echo "round $round  $client  $rate requests/s  $cpu us CPU per request" >&2
  done
done

echo "$server, flags/$cc/$cc.gif, $(stat -c %s "fixtures/flags/$cc/$cc.gif") bytes, $connections connections, $(nproc) cores, medians of $rounds rounds"
for client in "${clients[@]}"; do
  printf '%-20s %10.0f requests/s %8.2f us CPU per request\n' "$client" "$(median <"$folder/$client.rate")" "$(median <"$folder/$client.cpu")"
done
for goal in "wrk 0.85" "oha 1.10"; do
  read -r peer least <<<"$goal"
  [ -e "$folder/$peer.rate" ] || continue
  awk -v ours="$(median <"$folder/flagpole per-core.rate")" -v theirs="$(median <"$folder/$peer.rate")" -v peer="$peer" -v least="$least" \
    'BEGIN { printf "per-core %.3fx %s (goal: at least %s)\n", ours / theirs, peer, least }'
done
