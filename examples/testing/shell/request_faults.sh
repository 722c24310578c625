#!/usr/bin/env bash
# Faults that the requests ask for: no test changes the server, and tests may share it.
set -euo pipefail
export no_proxy=127.0.0.1 # for curl
exec 3< <(exec flagpole serve --port 0 --format json --exit-with-parent --quiet)
read -r ready <&3
url=$(grep -o 'http://[^"]*' <<<"$ready" | head -n 1)flags/br/br.gif

expect() { # EXIT_CODE COMMAND...
  local code=0
  "${@:2}" || code=$?
  [ "$code" -eq "$1" ] || { echo "expected exit code $1, got $code: ${*:2}" && exit 1; }
}

expect 0 curl -sS -o br.gif "$url"
expect 22 curl -sS --fail "$url?flagpole=fault:503"
expect 18 curl -sS -o br.gif "$url?flagpole=latency:50ms,fault:cut:700"
expect 56 curl -sS -o br.gif -H 'Flagpole-Fault: reset:700' "$url"
expect 28 curl -sS --max-time 0.5 -H 'Flagpole-Fault: hang' "$url"
