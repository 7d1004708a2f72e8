#!/bin/sh
# Says what to do where the .NET SDK that global.json asks for is missing.
set -eu
cd "$(dirname "$0")/.."

if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
fi

if ! dotnet --version >/dev/null 2>&1; then
    echo "No installed .NET SDK is what global.json asks for (found: $(dotnet --list-sdks | cut -d ' ' -f 1 | tr '\n' ' '))." >&2
    echo "Get the .NET SDK 10: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
fi
