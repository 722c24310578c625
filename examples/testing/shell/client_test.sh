#!/usr/bin/env bash
# How a client takes faults; curl stands for the client under test.
set -euo pipefail
export no_proxy=127.0.0.1 # for curl

# `read` waits until the server is ready, and fails if it could not start. The server ends with this script.
exec 3< <(exec flagpole serve --port 0 --control 0 --format json --exit-with-parent --quiet)
read -r ready <&3
url=$(grep -o 'http://[^"]*' <<<"$ready" | head -n 1)
FLAGPOLE_CONTROL=$(grep -o 'http://[^"]*' <<<"$ready" | tail -n 1)
export FLAGPOLE_CONTROL

begin_test() { # LISTENER: what happens to the requests of the test, in TOML
  printf '[[listener]]\n%s\n' "$1" | flagpole ctl profile --set - >/dev/null
  flagpole ctl reset >/dev/null
}

echo "retries until the server recovers"
begin_test $'[[listener.rule]]\nfirst = 2\nfaults = ["503"]'
curl -sS --fail --retry 2 --retry-delay 1 -o /dev/null "${url}flags/br/br.gif"
flagpole ctl journal --event end --wait 3 --timeout 60s >journal
flagpole ctl verify --path /flags/br/br.gif --count 3
flagpole ctl verify --status 503 --count 2

echo "does not wait for a server that hangs"
begin_test 'faults = ["hang"]'
code=0
curl -sS --max-time 0.5 "${url}flags/br/br.gif" || code=$?
[ "$code" -eq 28 ] # the exit code of curl for a timeout
flagpole ctl journal --event end --wait 1 --timeout 60s >journal
flagpole ctl verify --fault hang --count 1
