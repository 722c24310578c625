#!/bin/sh
# Downloads with `curl --parallel`: one process of curl, and a configuration that is made from the list of URLs.
#
# Usage: curl_parallel.sh FILES CONCURRENCY DEST
set -eu
files=$1 concurrency=$2 dest=$3

# Two lines a URL: what to download, and where to save it.
configuration() {
  while read -r url; do
    path=${url%%[?#]*}
    printf 'url = "%s"\noutput = "%s/%s"\n' "$url" "$dest" "${path##*/}"
  done <"$files"
}

status=0
# Without `--parallel-immediate`, curl waits to learn whether the server lets several requests share a connection.
# The code of the response, a line for each URL; 000 if there was none.
codes=$(configuration | curl --parallel --parallel-immediate --parallel-max "$concurrency" --config - \
  --no-progress-meter --globoff --noproxy '*' --max-time 30 --write-out '%{http_code} %{exitcode}\n') || status=1
echo "$(printf '%s\n' "$codes" | grep -c ' 0$' || true) of $(grep -c . "$files") answered"
exit "$status"
