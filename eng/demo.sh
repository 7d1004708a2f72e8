#!/bin/sh
# Builds the gateway, gets PostgreSQL where there is none, runs the demo.
set -eu
cd "$(dirname "$0")/.."
sh eng/sdk.sh

echo "Building (the first time takes a minute) ..."
dotnet build src/ComfyGateway -c Release -v quiet -nologo

if [ -z "${DATABASE_URL:-}" ]; then
    POSTGRES_BIN=${POSTGRES_BIN:-$(sh eng/postgres.sh)}
    export POSTGRES_BIN
fi
exec src/ComfyGateway/bin/Release/net10.0/comfy-gateway demo
