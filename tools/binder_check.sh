#!/bin/sh
# Build Binder's environment here, from the same three files, and use it as a visitor does. $1: the Python to use.
set -eu
wanted=$(sed 's/python-//' binder/runtime.txt)
python=$("python$wanted" -c 'import sys; print(sys.executable)' 2>/dev/null \
  || PYENV_VERSION=$(pyenv latest "$wanted" 2>/dev/null) pyenv which python 2>/dev/null || echo "$1")
echo "Binder asks for Python $wanted; checking with $("$python" --version)"
here=$PWD
env=$here/build/binder-env
"$python" -m venv --clear "$env"
(
  export PATH="$env/bin:$PATH" PIP_DISABLE_PIP_VERSION_CHECK=1
  # What repo2docker's image has before it comes to our files; its conda packages of the same versions.
  python -m pip install --quiet jupyterlab==4.4.9 notebook==7.4.7 jupyter_server==2.17.0 ipywidgets==8.1.7 \
    ipykernel==7.0.1 ipython==9.6.0 jupyterhub==5.4.0 jupyter-resource-usage==1.2.0 jupyter-offlinenotebook==0.3.2
  python -m pip freeze > "$here/build/binder-base.txt" # for the test that everything else is pinned
  python -m pip install --quiet --requirement binder/requirements.txt
  binder/postBuild
  python -m pip check
)
unset PYTHONPATH # or the checkout would stand in for what postBuild has built
BINDER_ENV=$env CHROMIUM=$(sh tools/chromium.sh) .venv/bin/python -m pytest -m binder --durations=3
