#!/bin/sh
# Print the path of a Chromium for the browser tests: what is there first, else Debian's, where this is root on Debian.
set -eu
found() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name"; then return 0; fi
  done
  return 1
}
found && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  { apt-get update && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; } >&2
fi
found || {
  echo "The browser tests need Chromium: install it, or set CHROMIUM to its path." >&2
  exit 1
}
