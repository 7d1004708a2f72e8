#!/bin/sh
# Prints the program of an S3 server for the tests, for S3_SERVER, and gets it where it is missing: by npm into .tools/s3, with Node.js
# by apt-get as root where there is none. Prints nothing where there is no way; the tests then look for Docker (docs/adr/0014).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools="$root/.tools/s3"
program="$tools/server.js"

say() { printf '%s\n' "$*" >&2; }

if ! command -v npm >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    say "Installing Node.js with apt-get ..."
    apt-get update -qq >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null 2>&1 || true
fi

if ! cmp -s "$root/eng/s3/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules" ]; then
    if ! command -v npm >/dev/null; then
        say "No npm, so no S3 server from there: install Node.js, or have Docker for the tests of S3."
        exit 0
    fi
    say "Fetching an S3 server into .tools/s3 ..."
    mkdir -p "$tools"
    cp "$root/eng/s3/package.json" "$root/eng/s3/package-lock.json" "$tools/"
    (cd "$tools" && npm ci --no-audit --no-fund --silent >&2) || { rm -f "$tools/package-lock.json"; exit 0; }
fi

cp "$root/eng/s3/server.js" "$program"
printf '%s\n' "$program"
