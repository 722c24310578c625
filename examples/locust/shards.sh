#!/bin/bash
# Shards on machines that ssh reaches, without anything else: shards.sh URL MACHINE...
# Every machine has `flagpole` in its path. Ctrl-C ends all of them, which write what they have measured.
set -euo pipefail
url=$1
shift
logs=$(mktemp -d)
start=$(($(date +%s) + 10))

number=0
for machine in "$@"; do
  number=$((number + 1))
  # -t: the process gets the signal of Ctrl-C. The log comes back through the connection.
  ssh -tt "$machine" "flagpole load '$url' --rate 40000/s --arrivals poisson --seed 7 --duration 60s \
    --shard $number/$# --start-at $start --quiet --hlog /tmp/flagpole-$start.hlog" >"$logs/$number.txt" 2>&1 &
done
# A machine that fails leaves its log incomplete or away, which the merge says.
wait || true

number=0
for machine in "$@"; do
  number=$((number + 1))
  scp -q "$machine:/tmp/flagpole-$start.hlog" "$logs/$number.hlog" || echo "$machine: no log; see $logs/$number.txt" >&2
done
flagpole merge "$logs"/*.hlog --html "$logs/report.html"
echo "logs and report: $logs"
