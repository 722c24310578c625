#!/usr/bin/env bash
# Lateness of injected delays with 1, 100, 1,000 and 5,000 requests in flight: at the server, at a
# client on the same machine, and of tokio's own sleep.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "$(nproc) cores of$(sed -n 's/^model name.*:/ /p' /proc/cpuinfo | head -1), Linux $(uname -r), $(rustc --version)"
IN_FLIGHT=${IN_FLIGHT:-1 100 1000 5000} cargo bench --quiet --bench measure -- lateness/closed | sed -n '/^lateness/,$p'
