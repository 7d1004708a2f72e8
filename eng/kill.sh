#!/bin/sh
# Kills the gateway while it stores outputs, KILLS times (20), and checks every file afterwards. Takes some minutes.
set -eu
cd "$(dirname "$0")/.."
sh eng/sdk.sh

POSTGRES_BIN=${POSTGRES_BIN:-$(sh eng/postgres.sh)}
KILLS=${KILLS:-20}
export POSTGRES_BIN KILLS

dotnet build tests/ComfyGateway.IntegrationTests -v quiet -nologo
dotnet run --no-build --project tests/ComfyGateway.IntegrationTests -- -class '*KillWhileStoringTests'
