#!/bin/sh
# Use the built wheel as a stranger would: an empty environment, an empty directory, no checkout. $1: the Python to use.
set -eu
here=$PWD
wheel=$(ls "$here"/dist/imodels_nb-*.whl)
stranger=$(mktemp -d)
trap 'rm -rf "$stranger"' EXIT
"$1" -m venv "$stranger/env"
"$stranger/env/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$wheel"
cp tools/dist_use.py "$stranger/dist_use.py"
cd "$stranger"
unset PYTHONPATH
env/bin/python -m imodels_nb --help >/dev/null
env/bin/python -W error dist_use.py
