#!/bin/sh
# python.sh run|test [--where]: make, or name, the virtual environment for a lock file.
# It is built from /usr/bin/python3, whose library Kamailio embeds, so that both load the same packages.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
STAGE=${1:-run}
LOCK=$HERE/../requirements/$STAGE.lock
VENV=/var/cache/carillon/python-$STAGE-$(sha256sum "$LOCK" | cut -c1-12)
if [ "${2:-}" = --where ]; then echo "$VENV"; exit 0; fi
[ -e "$VENV/.complete" ] && exit 0
rm -rf "$VENV"
/usr/bin/python3 -m venv "$VENV"
"$VENV/bin/pip" install --disable-pip-version-check --no-input --quiet --require-hashes -r "$LOCK"
"$VENV/bin/python" -m compileall -q "$VENV/lib" || true
touch "$VENV/.complete"
