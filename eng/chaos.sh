#!/bin/sh
# Kills the gateway, ComfyUI and PostgreSQL at random moments of a run, 50 times each, and checks what became of every job; and so on with
# tests/ComfyGateway.IntegrationTests/Chaos. Prints a table at the end; exits with 1 if anything was not as it must be.
# CHAOS_KILLS, CHAOS_JOBS and CHAOS_SUBSCRIBERS say how much of it, CHAOS_SEED repeats a run. Arguments go to the test runner.
set -eu
cd "$(dirname "$0")/.."
sh eng/sdk.sh

POSTGRES_BIN=${POSTGRES_BIN:-$(sh eng/postgres.sh)}
CHAOS_KILLS=${CHAOS_KILLS:-50}
CHAOS_JOBS=${CHAOS_JOBS:-200}
CHAOS_SUBSCRIBERS=${CHAOS_SUBSCRIBERS:-500}
CHAOS_SUMMARY=$(mktemp)
export POSTGRES_BIN CHAOS_KILLS CHAOS_JOBS CHAOS_SUBSCRIBERS CHAOS_SUMMARY
trap 'rm -f "$CHAOS_SUMMARY"' EXIT

tests=tests/ComfyGateway.IntegrationTests
dotnet build "$tests" -v quiet -nologo
# One after the other: each has the machine to itself.
status=0
dotnet run --no-build --project "$tests" -- -namespace ComfyGateway.IntegrationTests.Chaos -parallelMode none "$@" || status=1

echo
echo "| killed | times | jobs | posts without a 202 | executions | … lost with their ComfyUI | … of them ended, not yet fetched | took | seed |"
echo "|---|---|---|---|---|---|---|---|---|"
grep '^|' "$CHAOS_SUMMARY" || true
echo
grep -v '^|' "$CHAOS_SUMMARY" || true
[ "$status" -eq 0 ] && echo "All held." || echo "Something did not hold: see above. CHAOS_SEED=… repeats the moments of a run." >&2
exit $status
