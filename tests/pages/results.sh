#!/usr/bin/env bash
# Makes results of every kind, by short runs. Usage: results.sh FLAGPOLE FOLDER
set -euo pipefail
flagpole=$(realpath "$1")
examples=$(realpath "$(dirname "$0")/../../examples")
cd "$2"

# The exit code says whether the result is doubtful: only a missing result is a failure here.
result() { # NAME OPTION...
  timeout --foreground 60 "$flagpole" "${@:2}" --result "$1.json" >/dev/null 2>"$1.log" || true
  [ -s "$1.json" ] || { echo "no result $1:"; cat "$1.log"; return 1; }
}

interrupted() { # NAME SECONDS OPTION...
  timeout --foreground --signal=INT "$2" "$flagpole" "${@:3}" --result "$1.json" >/dev/null 2>&1 || true
  [ -s "$1.json" ]
}

comparisons() {
  local flags=(--flags 60 -c 10)
  result compare-plain compare "${flags[@]}" --latency 10ms --rounds 5
  result compare-failures compare --strategy threads,async "${flags[@]}" --rounds 5 --latency 'lognormal:p50=5ms,p99=60ms' \
    --fault 500@15% --fault reset@5% --fault 404@5% --retries 2 --backoff 5ms..20ms --hedge 20ms
  result compare-one-round compare --flags 20 --latency 10ms --rounds 1
  result compare-nothing-completed compare --strategy threads,async --flags 20 --latency 5ms --fault 503@100% --rounds 5
  result compare-many-attempts compare --strategy threads,async --flags all --times 41 -c 200 --latency 2ms --rounds 1
  result compare-grid compare --strategy threads,async --flags 30 -c 2,5,15 --latency 2ms,10ms --rounds 5
  result compare-older compare --strategy threads,async --flags 20 --latency 10ms --rounds 5
  result compare-newer compare --strategy threads,async --flags 20 --latency 10ms --rounds 5
  result compare-programs compare --strategy async --flags 20 --latency 10ms --rounds 5 --fault 500@10% \
    --command 'node=node {clients}/fetch.mjs {files} {concurrency} {dest}' \
    --command 'curl=sh {clients}/curl_parallel.sh {files} {concurrency} {dest}' \
    --command 'some=sh -c "head -n 5 {files} | xargs curl -s -o /dev/null {url}/elsewhere; exit 3"'
  interrupted compare-interrupted 2 compare --latency 50ms
}

# Four shards as one load; the third one was stopped for a time.
merged() {
  local port=$((20000 + RANDOM % 20000)) pids=() server
  "$flagpole" serve --port "$port" --latency 'lognormal:p50=5ms,p99=40ms' >/dev/null 2>&1 &
  server=$!
  sleep 1
  for shard in 1 2 3 4; do
    timeout --foreground 60 "$flagpole" load "http://127.0.0.1:$port/flags/br/br.gif" --rate 400/s -z 6s --shard "$shard/4" \
      --hlog "shard-$shard.hlog" >/dev/null 2>&1 &
    pids+=($!)
  done
  sleep 3
  pkill -STOP -P "${pids[2]}" && sleep 1 && pkill -CONT -P "${pids[2]}"
  wait "${pids[@]}" || true
  kill "$server"
  result load-merged merge shard-1.hlog shard-2.hlog shard-3.hlog shard-4.hlog
}

loads() {
  local load=(load /flags/br/br.gif --latency 'lognormal:p50=5ms,p99=40ms')
  result load-closed "${load[@]}" -c 20 -z 3s --fault 500@5% --fault reset@2%
  result load-open "${load[@]}" --stages 1s:100..400/s,2s:400/s
  result load-overload load /flags/br/br.gif --latency 100ms --concurrency-limit 5 --queue 100 --rate 200/s -z 3s
  result load-nothing-completed load /flags/br/br.gif --fault hang@100% -c 5 -z 1s --grace 100ms
  result load-scenario load --scenario "$examples/load/flags.toml" --latency 5ms -c 5 -z 2s
  result load-search load /flags/br/br.gif --latency 10ms --concurrency-limit 4 --queue 100 --find-concurrency 'p90 < 40ms' -z 1s
  result load-older "${load[@]}" -c 5 -z 2s --seed 1
  result load-newer "${load[@]}" -c 5 -z 2s --seed 1
  merged
  interrupted load-interrupted 2 load /flags/br/br.gif --latency 20ms -c 5
}

loads &
comparisons
wait $!
