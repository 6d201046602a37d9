#!/bin/sh
# Print the licenses of what is installed with the package, and look up known vulnerabilities. $1: the Python to use.
set -eu
"$1" tools/licenses.py binder/requirements.txt
"$1" -m pip install --quiet --disable-pip-version-check --upgrade --target build/audit pip-audit==2.10.1
PYTHONPATH=build/audit "$1" -m pip_audit --requirement constraints.txt --no-deps --disable-pip --strict
