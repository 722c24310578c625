#!/usr/bin/env bash
# flagpole's client beside other clients, without latency: requests per second and CPU time per request
# through 64 keep-alive connections to the same server (nginx, or flagpole if SERVER=flagpole) on the same
# machine. Usage: benches/peers/client.sh [ROUNDS] [REQUESTS] [CC]
#
# The clients take turns, each round begins with another of them, and a warm-up round does not count. A ratio is
# the median of the ratios of the rounds. CPU time is that of the client's process, start and end included.
# flagpole verifies every body and records every service time and response time; the other clients do not
# inspect bodies. oha runs in its fast mode, without display or output. The Python programs make a hundredth
# of the requests. Clients and libraries that are not installed are skipped. WAYS= skips the Python programs.
#
# "On one core": a client with one thread, confined to one core, beside a server that may use all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
. benches/peers/nginx.sh
rounds=${1:-7} requests=${2:-200000} cc=${3:-br}
connections=64
server=${SERVER:-nginx}

for tool in wrk python3 taskset; do
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
port=$(free_port)

if [ "$server" = nginx ]; then
  start_nginx "$folder" "$port"
else
  "${FLAGPOLE:-target/release/flagpole}" serve --port "$port" >/dev/null &
  pid=$!
fi
wait_for_port "$port"
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

# Each prints requests per second and the number of requests.
wrk_client() { # THREADS
  wrk -t"$1" -c$connections -d2s "$url" |
    awk '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } END { print rate, n }'
}
oha_client() {
  local start end
  start=$(date +%s.%N)
  oha -n "$requests" -c $connections --no-tui --disable-compression --output-format quiet "$url" >/dev/null
  end=$(date +%s.%N)
  awk -v n="$requests" -v s="$start" -v e="$end" 'BEGIN { print n / (e - s), n }'
}
hey_client() {
  hey -n "$requests" -c $connections -disable-compression "$url" |
    awk -v n="$requests" '/Requests\/sec/ { print $2, n }'
}
flagpole_client() { # TRANSPORT STRATEGY
  URL=http://127.0.0.1:$port CC=$cc REQUESTS=$requests ROUNDS=1 TRANSPORT=$1 STRATEGIES=$2 "$ours" --bench transport |
    awk -v n="$requests" '$3 == "requests/s" { print $2, n }'
}
python_client() { # WAY
  local count=$((requests / 100))
  echo "$("$python" "$folder/ways.py" "$1" "$url" $count $connections) $count"
}
# Confines a client to one core. The server keeps all of them: on the other one alone it would be the bottleneck, and
# the clients would all reach its speed.
one_core() (
  taskset -cp $(($(nproc) - 1)) "$BASHPID" >/dev/null
  "$@"
)

# Name=function and arguments.
clients=(
  "per-core=flagpole_client built-in per-core"
  "async=flagpole_client built-in async"
  "threads=flagpole_client built-in threads"
  "hyper per-core=flagpole_client hyper per-core"
  "hyper async=flagpole_client hyper async"
  "wrk -t2=wrk_client 2"
  "async on one core=one_core flagpole_client built-in async"
  "wrk -t1 on one core=one_core wrk_client 1"
)
for tool in oha hey; do
  if command -v $tool >/dev/null; then
    clients+=("$tool=${tool}_client")
  else
    echo "skipped: $tool is not installed" >&2
  fi
done
for way in ${WAYS-sequential threads aiohttp httpx}; do
  if "$python" "$folder/ways.py" "$way" "$url" 1 1 >/dev/null 2>"$folder/why"; then
    clients+=("python $way=python_client $way")
  else
    echo "skipped: python $way: $(tail -1 "$folder/why")" >&2
  fi
done

TIMEFORMAT='%U %S'
for round in $(seq 0 "$rounds"); do
  for turn in $(seq "${#clients[@]}"); do
    IFS='=' read -r name command <<<"${clients[(turn + round) % ${#clients[@]}]}"
    # shellcheck disable=SC2086 # the function and its arguments
    { time $command >"$folder/out" 2>"$folder/errors"; } 2>"$folder/time"
    read -r rate count <"$folder/out" || { echo "$name failed: $(tail -3 "$folder/errors")" >&2; exit 1; }
    cpu=$(awk -v n="$count" '{ print ($1 + $2) / n * 1e6 }' "$folder/time")
    if ((round > 0)); then
      echo "$rate" >>"$folder/$name.rate"
      echo "$cpu" >>"$folder/$name.cpu"
    fi
    echo "round $round of $rounds: $name, $rate requests/s, $cpu us of CPU per request" >&2
  done
done

echo "$server, flags/$cc/$cc.gif, $(stat -c %s "fixtures/flags/$cc/$cc.gif") bytes, $connections connections, $(nproc) cores:" \
  "median of $rounds rounds (smallest to largest)"
for client in "${clients[@]}"; do
  name=${client%%=*}
  # shellcheck disable=SC2046 # three numbers each
  printf '%-20s %8.0f requests/s (%.0f to %.0f) %7.2f us of CPU per request (%.2f to %.2f)\n' "$name" \
    $(spread <"$folder/$name.rate") $(spread <"$folder/$name.cpu")
done
while IFS=, read -r one other goal; do
  [ -e "$folder/$other.rate" ] || continue
  for unit in rate cpu; do
    paste "$folder/$one.$unit" "$folder/$other.$unit" | awk '{ print $1 / $2 }' | spread >"$folder/$unit.ratio"
  done
  read -r median least most <"$folder/rate.ratio"
  read -r cpu _ <"$folder/cpu.ratio"
  is_met=$(awk -v median="$median" -v goal="$goal" 'BEGIN { print (median >= goal) ? "met" : "MISSED" }')
  printf '%s: %.3fx the requests/s of %s (%.3f to %.3f), %.3fx the CPU (goal: at least %sx): %s\n' \
    "$one" "$median" "$other" "$least" "$most" "$cpu" "$goal" "$is_met"
done <<'GOALS'
per-core,wrk -t2,1.00
per-core,oha,1.25
async on one core,wrk -t1 on one core,1.00
GOALS
