#!/bin/sh
# Write constraints.txt and binder/requirements.txt, its run-time part. $1: the Python to use.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
freeze() { # $1: file to write; the rest: what to install
  target=$1
  shift
  "$PYTHON" -m venv --clear "$scratch/env"
  "$scratch/env/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'
  "$scratch/env/bin/python" -m pip install --quiet "$@"
  "$scratch/env/bin/python" -m pip freeze --exclude imodels-nb --exclude pip --exclude setuptools > "$target"
}
PYTHON=$1
freeze constraints.txt --group dev '.[notebook]'
freeze "$scratch/runtime.txt" --constraint constraints.txt --group binder . ipykernel
{
  echo "# What Binder installs: the run-time part of constraints.txt, written by tools/constraints.sh."
  cat "$scratch/runtime.txt"
} > binder/requirements.txt
