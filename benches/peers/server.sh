#!/usr/bin/env bash
# flagpole's server beside nginx, without latency: requests per second and CPU time per request, 64
# keep-alive connections of wrk on the same machine. Rounds alternate between the servers; medians
# count. Usage: benches/peers/server.sh [ROUNDS] [SECONDS] [CC]
#
# nginx is tuned: one worker per core, reuseport, no log, cached open files; once with sendfile and
# once without, because it serves small files faster without.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-5} cc=${3:-br}
connections=64

for tool in nginx wrk; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed" >&2; exit 0; }
done
cargo build --release --quiet
folder=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

declare -A port pid
start_nginx() { # name, sendfile
  port[$1]=$(free_port)
  cat >"$folder/$1.conf" <<CONF
worker_processes auto;
daemon off;
pid $folder/$1.pid;
error_log $folder/$1.log;
events { worker_connections 1024; }
http {
  types { image/gif gif; }
  access_log off; sendfile $2; tcp_nopush $2; tcp_nodelay on;
  keepalive_requests 1000000000; open_file_cache max=1000;
  client_body_temp_path $folder/t; proxy_temp_path $folder/t; fastcgi_temp_path $folder/t;
  uwsgi_temp_path $folder/t; scgi_temp_path $folder/t;
  server { listen 127.0.0.1:${port[$1]} reuseport; root $PWD/fixtures; }
}
CONF
  nginx -c "$folder/$1.conf" 2>/dev/null &
  pid[$1]=$!
  pids+=("$!")
}
start_nginx nginx-sendfile-on on
start_nginx nginx-sendfile-off off
port[flagpole]=$(free_port)
target/release/flagpole serve --port "${port[flagpole]}" >/dev/null &
pid[flagpole]=$!
pids+=("$!")
for name in "${!port[@]}"; do
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/${port[$name]}") 2>/dev/null && break
    sleep 0.1
  done
done

# User and system time of a process and its children, in ticks.
ticks() {
  local sum=0 process
  for process in "$1" $(pgrep -P "$1" || true); do
    sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$process/stat")))
  done
  echo "$sum"
}
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

rate=() cpu=()
names=(flagpole nginx-sendfile-on nginx-sendfile-off)
for round in $(seq "$rounds"); do
  for name in "${names[@]}"; do
    before=$(ticks "${pid[$name]}")
    wrk -t2 -c$connections -d"${seconds}s" "http://127.0.0.1:${port[$name]}/flags/$cc/$cc.gif" >"$folder/wrk"
    after=$(ticks "${pid[$name]}")
    grep -q 'Non-2xx' "$folder/wrk" && { cat "$folder/wrk"; exit 1; }
    requests=$(awk '/requests in/ { print $1 }' "$folder/wrk")
    awk '/Requests\/sec/ { print $2 }' "$folder/wrk" >>"$folder/$name.rate"
    echo "$before $after $requests $(getconf CLK_TCK)" |
      awk '{ print ($2 - $1) / $4 / $3 * 1e6 }' >>"$folder/$name.cpu"
    echo "round $round  $name  $(tail -1 "$folder/$name.rate") requests/s  $(tail -1 "$folder/$name.cpu") us CPU per request" >&2
  done
done

echo "flags/$cc/$cc.gif, $(stat -c %s "fixtures/flags/$cc/$cc.gif") bytes, $connections connections, $(nproc) cores, medians of $rounds rounds of $seconds s"
for name in "${names[@]}"; do
  rate[${#rate[@]}]=$(median <"$folder/$name.rate")
  cpu[${#cpu[@]}]=$(median <"$folder/$name.cpu")
  printf '%-20s %10.0f requests/s %8.2f us CPU per request\n' "$name" "${rate[-1]}" "${cpu[-1]}"
done
printf '%s\n' "${rate[@]}" "${cpu[@]}" | awk '
  { value[NR] = $1 }
  END {
    rate = value[2] > value[3] ? value[2] : value[3]
    cpu = value[5] < value[6] ? value[5] : value[6]
    printf "throughput %.3fx the better nginx (goal: at least 1.05), CPU per request %.3fx (goal: at most 0.95)\n", value[1] / rate, value[4] / cpu
  }'
