#!/usr/bin/env bash
# Format check, build with warnings as errors, and the README's test command: what a contributor runs, and what CI runs.
set -euo pipefail
cd "$(dirname "$0")"
dotnet restore Presage.slnx
dotnet format Presage.slnx --verify-no-changes --no-restore
dotnet build Presage.slnx -c Release --no-restore
dotnet test -c Release --no-build
