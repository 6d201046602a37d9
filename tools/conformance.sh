#!/bin/sh
# Fetch the vendor's own client into build/, without a lock file, and hold the sample hub against it.
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "conformance: needs Node.js and npm, which are not on this machine; nothing was checked." >&2
    exit 2
fi
folder=build/conformance
if [ ! -d "$folder/node_modules" ]; then
    mkdir -p "$folder"
    npm install --silent --no-package-lock --no-save --no-audit --no-fund --prefix "$folder" \
        @itwin/imodels-client-management@6.2.2
fi
exec "$1" -m pytest tests/conformance
