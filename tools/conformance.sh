#!/bin/sh
# Install the vendor's client and engine into build/, without a lock file, and run them against the sample hub.
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "conformance: needs Node.js and npm, which are not on this machine; nothing was checked." >&2
    exit 2
fi
client=build/conformance
engine=build/engine
options="--silent --no-package-lock --no-save --no-audit --no-fund"
if [ ! -d "$client/node_modules" ]; then
    mkdir -p "$client"
    npm install $options --prefix "$client" @itwin/imodels-client-management@6.2.2 || {
        echo "conformance: npm cannot fetch the vendor's client; nothing was checked." >&2
        exit 2
    }
fi
if [ ! -d "$engine/node_modules" ]; then
    mkdir -p "$engine"
    cp tools/engine/package.json "$engine/"
    npm install $options --legacy-peer-deps --prefix "$engine" || {
        rm -rf "$engine/node_modules"
        echo "conformance: npm cannot fetch the vendor's engine (330 MB); only the client is checked." >&2
    }
fi
exec "$1" -m pytest -rs tests/conformance
