#!/usr/bin/env bash
# `flagpole load` beside wrk, oha and hey, against nginx on the same machine, through 64 keep-alive connections.
# Usage: benches/peers/load.sh [ROUNDS] [REQUESTS] [CC]   (7, 500,000, br)
#
# Closed: each makes the same number of requests (wrk: for two seconds), as fast as it can. The generators take turns, each
# round begins with another of them, and a warm-up round does not count. A ratio is the median of the ratios of the rounds.
# Requests per second are the requests divided by the time from the start of the process to its end (wrk, and what runs
# under a pseudo terminal: by the time that it says), CPU time and memory those of the process. flagpole counts with verification and both histograms on, records and live view off.
# "live view" runs it under a pseudo terminal of script, "piped" too with its standard error redirected; "oha, usual" as well.
#
# Open: flagpole, oha and hey at 0.7 of the closed rate of flagpole, for 3 s each, through as many connections.
#
# What is not installed is skipped. FLAGPOLE names an existing binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
. benches/peers/nginx.sh
rounds=${1:-7} requests=${2:-500000} cc=${3:-br}
connections=64

for tool in nginx wrk python3; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed" >&2; exit 0; }
done
if [ -z "${FLAGPOLE:-}" ]; then
  cargo build --release --quiet
  FLAGPOLE=target/release/flagpole
fi
FLAGPOLE=$(realpath "$FLAGPOLE")
folder=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
port=$(free_port)
start_nginx "$folder" "$port"
wait_for_port "$port"
url=http://127.0.0.1:$port/flags/$cc/$cc.gif

# Runs a command; prints how many seconds it took, its CPU time in seconds and its peak memory in KiB.
cat >"$folder/measure.py" <<'PYTHON'
import os, sys, time
start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)])
_, status, usage = os.wait4(pid, 0)
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
# 3: a valid run on a busy machine has another verdict.
sys.exit(os.waitstatus_to_exitcode(status) not in (0, 3))
PYTHON
measure() { python3 "$folder/measure.py" "$folder/out" "$@" 2>"$folder/errors"; }
# Nothing is typed: a pipe without end, because script writes a byte to the terminal at the end of its input.
mkfifo "$folder/keys"
exec 8<>"$folder/keys"
under_terminal() { measure script -qfc "stty cols 100 rows 30; $1" "$folder/${2:-}.shown" <&8; }

# Each prints the number of requests, the seconds, the CPU time in seconds and the memory in KiB.
flagpole_load="$FLAGPOLE load $url -c $connections -n $requests --format json"
closed() {
  case $1 in
    flagpole) echo "$requests $(measure $flagpole_load --quiet)" ;;
    "live view" | piped)
      local errors=
      [ "$1" = "live view" ] || errors="2>$folder/errors"
      read -r _ cpu memory < <(under_terminal "$flagpole_load >$folder/result $errors" "$1")
      echo "$requests $(sed -n 's/^  "elapsed_us": \([0-9]*\).*/\1e-6/p' "$folder/result") $cpu $memory"
      ;;
    wrk)
      read -r _ cpu memory < <(measure wrk -t2 -c$connections -d2s "$url")
      awk -v cpu="$cpu" -v memory="$memory" \
        '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } END { print n, n / rate, cpu, memory }' "$folder/out"
      ;;
    "oha, fast mode") echo "$requests $(measure oha -n "$requests" -c $connections --no-tui --disable-compression \
      --output-format quiet "$url")" ;;
    "oha, usual")
      read -r _ cpu memory < <(under_terminal "oha -n $requests -c $connections $url")
      echo "$requests $(awk '/Total:/ { print $3 ~ /^ms/ ? $2 / 1000 : $2 }' "$folder/out") $cpu $memory"
      ;;
    hey) echo "$requests $(measure hey -n "$requests" -c $connections "$url")" ;;
  esac
}

# What a tool reached of a rate, its p50 and p99 in ms, and the CPU time in us per request.
open() { # TOOL RATE
  case $1 in
    flagpole) measure "$FLAGPOLE" load "$url" --rate "$2/s" -z 3s --max-in-flight $connections --quiet --format json ;;
    oha) measure oha -q "$2" -z 3s -c $connections --no-tui --output-format json "$url" ;;
    hey) measure hey -q $(($2 / connections)) -z 3s -c $connections "$url" ;;
  esac >"$folder/usage"
  python3 - "$1" "$folder/out" "$folder/usage" <<'PYTHON'
import json, re, sys
tool, out, usage = sys.argv[1:]
text, cpu = open(out).read(), float(open(usage).read().split()[1])
if tool == "flagpole":
    figures = json.loads(text)["figures"]
    rate, count = figures["requests_per_s"], figures["requests"]
    p50, p99 = (figures["response_time"][name]["us"] / 1e3 for name in ("p50", "p99"))
elif tool == "oha":
    result = json.loads(text)
    rate = result["summary"]["requestsPerSec"]
    count = rate * result["summary"]["total"]
    p50, p99 = (result["latencyPercentiles"][name] * 1e3 for name in ("p50", "p99"))
else:
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    count = rate * float(re.search(r"Total:\s+([\d.]+)", text)[1])
    p50, p99 = (float(re.search(rf"{name}%+ in ([\d.]+)", text)[1]) * 1e3 for name in ("50", "99"))
print(rate, p50, p99, cpu / count * 1e6)
PYTHON
}

tools=(flagpole wrk) views=()
if script --version 2>/dev/null | grep -q util-linux; then
  views=("live view" piped)
else
  echo "skipped: the live view: script, of util-linux, is not installed" >&2
fi
open_tools=(flagpole)
if command -v oha >/dev/null; then
  tools+=("oha, fast mode")
  [ ${#views[@]} = 0 ] || tools+=("oha, usual")
  open_tools+=(oha)
else
  echo "skipped: oha is not installed" >&2
fi
if command -v hey >/dev/null; then
  tools+=(hey)
  open_tools+=(hey)
else
  echo "skipped: hey is not installed" >&2
fi
tools+=(${views[@]+"${views[@]}"})

for round in $(seq 0 "$rounds"); do
  for turn in $(seq "${#tools[@]}"); do
    name=${tools[(turn + round) % ${#tools[@]}]}
    read -r count seconds cpu memory < <(closed "$name") || { echo "$name failed: $(tail -3 "$folder/errors")" >&2; exit 1; }
    ((round > 0)) || continue
    awk -v n="$count" -v s="$seconds" 'BEGIN { print n / s }' | tee -a "$folder/$name.rate" | sed "s/^/round $round: $name, requests\/s: /" >&2
    awk -v n="$count" -v cpu="$cpu" 'BEGIN { print cpu / n * 1e6 }' >>"$folder/$name.cpu"
    echo "$memory" >>"$folder/$name.memory"
  done
done
if [ ${#views[@]} -gt 0 ] && ! grep -q 'requests/s' "$folder/live view.shown"; then
  echo "the live view was not shown" >&2
  exit 1
fi

middle() { spread <"$folder/$1.$2" | cut -d' ' -f1; }
# The ratio of two generators by round: median, smallest and largest.
ratio() { paste "$folder/$1.$3" "$folder/$2.$3" | awk '{ print $1 / $2 }' | spread; }
echo "nginx, flags/$cc/$cc.gif, $(stat -c %s "fixtures/flags/$cc/$cc.gif") bytes, $connections connections, $(nproc) cores, $rounds rounds"
echo
echo "| closed | requests/s | flagpole to it | CPU per request | flagpole to it | memory |"
echo "|---|--:|--:|--:|--:|--:|"
for name in "${tools[@]}"; do
  read -r rate least most < <(ratio flagpole "$name" rate)
  read -r cpu _ < <(ratio flagpole "$name" cpu)
  printf '| %s | %.0f | %.3f (%.3f to %.3f) | %.2f us | %.3f | %.0f KiB |\n' "$name" "$(middle "$name" rate)" \
    "$rate" "$least" "$most" "$(middle "$name" cpu)" "$cpu" "$(middle "$name" memory)"
done

asked=$(middle flagpole rate | awk -v c=$connections '{ print int(0.7 * $1 / c) * c }')
for round in $(seq "$rounds"); do
  for turn in $(seq "${#open_tools[@]}"); do
    name=${open_tools[(turn + round) % ${#open_tools[@]}]}
    open "$name" "$asked" | tee -a "$folder/$name.open" | sed "s/^/round $round: $name at $asked\/s: /" >&2
  done
done
column() { cut -d' ' -f"$2" "$folder/$1.open" | spread | cut -d' ' -f1; }
echo
echo "| open, $asked/s | reached | of it | p50 | p99 | CPU per request |"
echo "|---|--:|--:|--:|--:|--:|"
for name in "${open_tools[@]}"; do
  awk -v name="$name" -v asked="$asked" -v rate="$(column "$name" 1)" -v p50="$(column "$name" 2)" -v p99="$(column "$name" 3)" \
    -v cpu="$(column "$name" 4)" 'BEGIN {
      printf "| %s | %.0f/s | %.2f%% | %.2f ms | %.2f ms | %.2f us |\n", name, rate, 100 * rate / asked, p50, p99, cpu }'
done

goal() { # WHAT VALUE LEAST MOST
  awk -v what="$1" -v value="$2" -v least="$3" -v most="$4" 'BEGIN {
    printf "%s: %.3f (goal: %s to %s): %s\n", what, value, least, most, (value >= least && value <= most) ? "met" : "MISSED" }'
}
echo
goal "requests/s to wrk" "$(ratio flagpole wrk rate | cut -d' ' -f1)" 1 1000
[ ! -e "$folder/oha, fast mode.rate" ] || goal "requests/s to oha's fast mode" "$(ratio flagpole 'oha, fast mode' rate | cut -d' ' -f1)" 1.2 1000
[ ${#views[@]} = 0 ] || goal "requests/s with the live view to without" "$(ratio 'live view' piped rate | cut -d' ' -f1)" 0.98 1000
goal "reached of the asked rate" "$(awk -v asked="$asked" -v rate="$(column flagpole 1)" 'BEGIN { print rate / asked }')" 0.995 1.005
