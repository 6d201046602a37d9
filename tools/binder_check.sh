#!/bin/sh
# Build Binder's environment here, from the same three files, and run the quickstart in it. $1: the Python to use.
set -eu
wanted=$(sed 's/python-//' binder/runtime.txt)
python=$(command -v "python$wanted" || echo "$1")
echo "Binder asks for Python $wanted; checking with $("$python" --version)"
env=build/binder-env
"$python" -m venv --clear "$env"
export PATH="$PWD/$env/bin:$PATH"
python -m pip install --quiet --disable-pip-version-check --requirement binder/requirements.txt
binder/postBuild
python -m ipykernel install --prefix "$env" --name binder --display-name Binder >/dev/null
JUPYTER_PATH="$PWD/$env/share/jupyter" .venv/bin/python tools/demo.py --kernel binder --output build/binder-quickstart.html
