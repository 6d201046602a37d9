#!/bin/sh
# Make .venv with a pip that knows dependency groups. $1: the Python to use.
set -eu
python=$1
"$python" - <<'CHECK'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Try: make PYTHON=python3.13 ...")
CHECK
"$python" -m venv .venv || {
  echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
