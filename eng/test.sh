#!/bin/sh
# Runs every test and ends with the line "N passed, N failed"; exits with 1 if any failed or none ran.
set -eu
cd "$(dirname "$0")/.."
sh eng/sdk.sh

POSTGRES_BIN=${POSTGRES_BIN:-$(sh eng/postgres.sh)}
S3_SERVER=${S3_SERVER:-$(sh eng/s3.sh)}
export POSTGRES_BIN S3_SERVER

dotnet build ComfyGateway.sln -v quiet -nologo

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
{ dotnet test --solution ComfyGateway.sln --no-build "$@" 2>&1 || echo "exit status $?"; } | tee "$log"
grep -q '^exit status' "$log" && status=1

# The runner closes with a summary of all projects: "  succeeded: 12" and so on.
count() { sed -n "s/^ *$1: \([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded)
failed=$(count failed)
skipped=$(count skipped)

# Again at the end, where one looks first; of a long log only the end may be kept.
grep -A 15 '^failed ' "$log" || true

echo
if [ -z "$passed" ]; then
    echo "The tests did not run." >&2
    exit 1
fi
[ "$passed" -gt 0 ] || status=1
echo "$passed passed, ${failed:-0} failed$([ "${skipped:-0}" -eq 0 ] || printf ', %s skipped' "$skipped")"
exit $status
