#!/usr/bin/env bash
# Throughput of `flagpole get` with and without its progress display: all flags from a server without
# delay, at concurrency 32, with the display on (a pseudo terminal made by script) and off. Each round runs
# both, in alternating order; the median of the rounds' ratios counts, and the range of the middle half
# of them shows its precision. Usage: benches/peers/progress.sh [ROUNDS]
#
# Both run under script; without the display, standard error is redirected. The elapsed time that a run reports is
# compared, so that process start does not count. FLAGPOLE names an existing binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-201}

script --version 2>/dev/null | grep -q util-linux || {
  echo "skipped: script, of util-linux, is not installed" >&2
  exit 0
}
if [ -z "${FLAGPOLE:-}" ]; then
  cargo build --release --quiet
  FLAGPOLE=target/release/flagpole
fi
export FLAGPOLE=$(realpath "$FLAGPOLE")
folder=$(mktemp -d)
"$FLAGPOLE" serve --port 0 >"$folder/server" 2>"$folder/server.log" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  url=$(grep -o 'http://[^ ]*' "$folder/server" | head -1) && break
  sleep 0.1
done

# One run, its standard error as said: how long it took, in microseconds.
run() {
  script -qfc "stty cols 100; '$FLAGPOLE' get --all -m 32 --format json --url $url --dest '$folder/flags' \
    >'$folder/result' $1" "$folder/shown" >/dev/null </dev/null
  sed -n 's/^  "elapsed_us": \([0-9]*\).*/\1/p' "$folder/result"
}
run "" >/dev/null # a warm-up
grep -q '/249' "$folder/shown" || { echo "the display was not shown" >&2; exit 1; }

for round in $(seq "$rounds"); do
  if ((round % 2)); then
    on=$(run "") off=$(run "2>/dev/null")
  else
    off=$(run "2>/dev/null") on=$(run "")
  fi
  echo "$on $off" | tee -a "$folder/rounds" >&2
done

quartile() { sort -n | awk -v of="$1" '{ value[NR] = $1 } END { print value[int((NR - 1) * of / 4) + 1] }'; }
column() { awk -v one="$1" '{ print one == 3 ? $2 / $1 : $one }' "$folder/rounds"; }
echo "249 flags at concurrency 32, $(nproc) cores, $rounds rounds, us: with the display median $(column 1 | quartile 2)," \
  "fastest $(column 1 | quartile 0); without $(column 2 | quartile 2), fastest $(column 2 | quartile 0)"
printf 'throughput with the display %.3fx of that without (goal: at least 0.98), half of the rounds %.3f to %.3f\n' \
  "$(column 3 | quartile 2)" "$(column 3 | quartile 1)" "$(column 3 | quartile 3)"
