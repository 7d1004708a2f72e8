#!/bin/sh
# Prints how long the gateway takes from its start to the first 200 of /health/ready (median of 3), and the memory that it holds
# while idle (the gateway's own process, not PostgreSQL). A simulator stands in for ComfyUI. MEASURE_SECONDS is the wait before the latter.
set -eu
cd "$(dirname "$0")/.."
sh eng/sdk.sh

wait_seconds=${MEASURE_SECONDS:-15}
POSTGRES_BIN=${POSTGRES_BIN:-$(sh eng/postgres.sh)}
export POSTGRES_BIN

echo "Building ..."
dotnet build src/ComfyGateway -c Release -v quiet -nologo
program=$(pwd)/src/ComfyGateway/bin/Release/net10.0/comfy-gateway

folder=$(mktemp -d)
# PostgreSQL runs as a user of its own where this runs as root.
chmod 711 "$folder"
gateway=
simulator=

stop() {
    if [ -n "$1" ]; then
        kill -TERM "$1" 2>/dev/null || true
        wait "$1" 2>/dev/null || true
    fi
}

cleanup() {
    stop "$gateway"
    stop "$simulator"
    cd /
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

now_ms() {
    now=$(date +%s%N)
    case $now in
        *N) perl -MTime::HiRes=time -e 'printf "%d\n", time * 1000' ;;
        *) echo "$((now / 1000000))" ;;
    esac
}

# The address that follows the words $2 in the log $1, once it is there; $3 is the process that writes it.
address() {
    found=
    patience=$(($(date +%s) + 60))
    until [ -n "$found" ]; do
        if ! kill -0 "$3" 2>/dev/null || [ "$(date +%s)" -gt "$patience" ]; then
            cat "$1" >&2
            return 1
        fi
        sleep 0.02
        found=$(sed -n "s|^.*$2 [^h]*\(http://[0-9.:]*\).*\$|\1|p" "$1")
    done
    echo "$found"
}

# Sets took to the milliseconds until the gateway was ready.
start_gateway() {
    # The line of an earlier start must not be taken for this one's.
    : >gateway.log
    since=$(now_ms)
    "$program" run >gateway.log 2>&1 &
    gateway=$!
    url=$(address gateway.log "ComfyGateway serves on" "$gateway")
    until [ "$(curl -s -o ready.json -w '%{http_code}' "$url/health/ready")" = 200 ]; do sleep 0.02; done
    took=$(($(now_ms) - since))
}

stop_gateway() {
    stop "$gateway"
    gateway=
}

# Nothing of the caller's own settings; .env is looked for in the working folder, which has none.
for name in $(sed -n 's/^\([A-Z0-9_]*\)=.*/\1/p' .env.example) COMFYUI_URLS NODE_ENV; do
    unset "$name"
done

cd "$folder"
: >simulator.log
"$program" simulate --port 0 >simulator.log 2>&1 &
simulator=$!
COMFYUI_URL=$(address simulator.log "The ComfyUI simulator answers at" "$simulator")
export COMFYUI_URL PORT=0 HOST=127.0.0.1 API_KEYS=measured:admin ASPNETCORE_ENVIRONMENT=Production

start_gateway
echo "First start, which makes the database: $took ms"
stop_gateway

times=
for run in 1 2 3; do
    start_gateway
    echo "Start $run: $took ms"
    times="$times $took"
    if [ "$run" -lt 3 ]; then stop_gateway; fi
done

sleep "$wait_seconds"
rss=$(ps -o rss= -p "$gateway" | tr -d ' ')
# shellcheck disable=SC2086
echo "Ready after $(printf '%s\n' $times | sort -n | sed -n 2p) ms (median of 3; target: at most 5000)"
echo "Idle memory $((rss / 1024)) MB, $wait_seconds s after that (target: at most 250)"
