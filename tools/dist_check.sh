#!/bin/sh
# Use the built wheel as a new user would: an empty environment, an empty folder, no checkout. $1: absolute path of Python.
set -eu
here=$PWD
wheel=$(ls "$here"/dist/imodels_nb-*.whl)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH DISPLAY WAYLAND_DISPLAY
export PIP_CONSTRAINT="$here/constraints.txt" PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1
"$1" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install "$wheel"
cp tools/dist_use.py "$folder/dist_use.py"
commands=$(sed -n '/^macOS and Linux:/,/^```$/p' README.md | grep python |
  sed "s|^python3|$1|; s|\"\.\[notebook\]\"|\"$wheel[notebook]\"|")
cd "$folder"
env/bin/python -m imodels_nb --help >/dev/null
env/bin/python -W error dist_use.py
if refusal=$(env/bin/python -m imodels_nb demo 2>&1); then
  echo "The demo ran without the extra notebook." >&2
  exit 1
fi
hint='-m pip install "imodels-nb[notebook]"'
case $refusal in
  *"$hint"*) env/bin/python -m pip install --no-deps "imodels-nb[notebook]" ;; # the name is known, so it asks no index
  *) echo "The demo does not name the extra: $refusal" >&2 && exit 1 ;;
esac
# The commands of the README, on the wheel instead of the checkout.
mkdir readme
cd readme
echo "$commands"
sh -e -c "$commands"
.venv/bin/python -m imodels_nb notebooks
grep -q "Signed in to the sample" quickstart.html
