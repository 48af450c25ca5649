#!/bin/sh
# Installs what the houses and the demonstration need, beside this file: node_modules from the lock
# file and .venv from requirements.txt. Does nothing when both are there already.
set -eu
cd "$(dirname "$0")"

stamp=node_modules/.weft-installed
if [ ! -e $stamp ] || [ package-lock.json -nt $stamp ]; then
  echo "city: installing the JavaScript SDKs (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error
  # npm may be told not to run install scripts; the node program comes with one.
  node_modules/node/bin/node --version >/dev/null 2>&1 || npm rebuild node --loglevel=error
  node_modules/node/bin/node --version >/dev/null
  touch $stamp
fi

wanted="$(python3 --version) $(sha256sum <requirements.txt | cut -c1-16)"
if [ "$(cat .venv/.weft-stamp 2>/dev/null)" != "$wanted" ]; then
  echo "city: installing the Python SDKs (pip)"
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
  echo "$wanted" >.venv/.weft-stamp
fi
