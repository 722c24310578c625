#!/bin/bash
# Shards on machines that ssh reaches, without anything else: shards.sh URL MACHINE...
# Every machine has `flagpole` in its path. Ctrl-C ends all shards, which write what they have measured, and then merges that.
set -euo pipefail
url=$1
shift
logs=$(mktemp -d)
start=$(($(date +%s) + 10))

number=0
for machine in "$@"; do
  number=$((number + 1))
  # -tt: with a terminal, the end of the connection ends the process too.
  ssh -tt "$machine" "flagpole load '$url' --rate 40000/s --arrivals poisson --seed 7 --duration 60s \
    --shard $number/$# --start-at $start --quiet --hlog /tmp/flagpole-$start.hlog" >"$logs/$number.txt" 2>&1 &
done
# Programs in the background of a script ignore the signal of Ctrl-C.
trap 'kill $(jobs -p)' INT
# A machine that fails leaves no log, or an incomplete one: the merge says so.
wait || true
wait || true
trap - INT

number=0
for machine in "$@"; do
  number=$((number + 1))
  scp -q "$machine:/tmp/flagpole-$start.hlog" "$logs/$number.hlog" || echo "$machine: no log; see $logs/$number.txt" >&2
done
echo "logs and report: $logs"
flagpole merge "$logs"/*.hlog --html "$logs/report.html"
