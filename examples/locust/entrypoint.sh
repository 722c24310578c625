#!/bin/sh
# Starts what the arguments name. Operators for Kubernetes set only the arguments of a container, and some begin them with an option.
case "$1" in
flagpole | locust | sh) exec "$@" ;;
# The operator of locustio: `--worker --master-host NAME`, then the arguments of the master, which are no options of a worker.
# FLAGPOLE_WORKER: URLs, or the file of user classes. It is split into words.
--worker) exec flagpole worker ${FLAGPOLE_WORKER:-} --worker "$2" "$3" ;;
*) exec locust "$@" ;;
esac
