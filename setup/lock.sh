#!/bin/sh
# lock.sh: pin the versions of pyproject.toml anew in requirements/*.lock (needs uv: pip install uv).
set -eu
cd "$(dirname "$0")/.."
lock() {
  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
    --no-annotate pyproject.toml "$@"
}
lock -o requirements/run.lock
lock --extra check -c requirements/run.lock -o requirements/check.lock
lock --extra check --extra test -c requirements/check.lock -o requirements/test.lock
