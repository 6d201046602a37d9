#!/bin/sh
# Check the JavaScript: unit tests, types, lint, format (--write formats it). Node.js is needed to develop only.
set -eu
cd "$(dirname "$0")/js"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "WARNING: Node.js and npm are not installed, so the JavaScript IS NOT CHECKED here." >&2
  exit 0
fi
NODE_NO_WARNINGS=1 node --test ../../tests/js/*.test.js
if [ ! -x node_modules/.bin/tsc ] || [ package.json -nt node_modules/.bin/tsc ]; then
  npm install --no-package-lock --no-audit --no-fund --silent || {
    echo "WARNING: npm could not install TypeScript and Biome, so types and style of the JavaScript ARE NOT CHECKED here." >&2
    exit 0
  }
  touch -c node_modules/.bin/tsc
fi
node_modules/.bin/tsc --project tsconfig.json
node_modules/.bin/tsc --project tsconfig.tests.json
node_modules/.bin/biome check "$@" --config-path=. ../../imodels_nb/engine/js ../../tests/js \
  ../../imodels_nb/widgets/*.js ../../imodels_nb/widgets/*.css ../../imodels_nb/report/*.js
