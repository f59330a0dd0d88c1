#!/bin/sh
# install.sh run|nodes|test: install what is missing for `make run`, for systems with several nodes, or for `make test`.
# Idempotent; says what it does.
# Uses, outside the checkout, Debian's packages and /var/cache/carillon only.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
STAGE=${1:-run}
CACHE=/var/cache/carillon
LOG=$CACHE/setup.log
START=$(date +%s)
say() { printf '%s\n' "$*"; }
fail() { say "setup failed: $1" >&2; [ -s "$LOG" ] && tail -n 15 "$LOG" >&2; say "The whole log: $LOG" >&2; exit 1; }

[ "$(id -u)" = 0 ] || { say "carillon: run this as root (it installs Debian packages), or use 'make check', which needs no root." >&2; exit 1; }
command -v apt-get >/dev/null || { say "carillon: this set-up knows Debian 12; apt-get is missing." >&2; exit 1; }
mkdir -p "$CACHE"; chmod 755 "$CACHE"; : >> "$LOG"
exec 9>"$CACHE/setup.lock"
command -v flock >/dev/null && { flock -n 9 || { say "waiting for another set-up to finish"; flock 9; }; }

# --- 1. Debian packages, without letting them start services of their own
wanted() {
  cat "$HERE/packages.txt"
  if [ "$STAGE" != run ]; then cat "$HERE/packages-nodes.txt"; fi
  if [ "$STAGE" = test ]; then cat "$HERE/packages-test.txt"; fi
}
missing=$(wanted | sed 's/#.*//' | while read -r p; do
  [ -z "$p" ] || dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"; done)
if [ -n "$missing" ]; then
  say "[1/3] Debian packages:" $missing
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' > $policy; chmod 755 $policy; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; fi
  apt-get -q update >>"$LOG" 2>&1 || fail "apt-get update"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >>"$LOG" 2>&1 || fail "apt-get install"
  if [ -d /run/systemd/system ]; then  # nor at the next boot: these daemons are ours to start
    for unit in kamailio redis-server rtpengine-daemon mariadb nsd garb rsync stunnel; do
      case " $missing " in *"$unit"*) systemctl disable --now "$unit" >>"$LOG" 2>&1 || true;; esac
    done
  fi
else say "[1/3] Debian packages: all there"; fi

# --- 2. Asterisk in a prefix of its own
AST=$CACHE/asterisk
if "$AST/bin/asterisk" -V >/dev/null 2>&1; then say "[2/3] Asterisk: $("$AST/bin/asterisk" -V)"
else
  say "[2/3] Asterisk: unpacking it into $AST"
  [ -n "$missing" ] || apt-get -q update >>"$LOG" 2>&1 || fail "apt-get update"
  got=
  for suite in forky sid; do
    rm -rf "$AST"
    if sh "$HERE/get-asterisk.sh" "$AST" "$suite" >>"$LOG" 2>&1; then got=$suite; break; fi
  done
  [ -n "$got" ] || fail "no Debian suite gave an Asterisk that runs"
  say "      $("$AST/bin/asterisk" -V) from Debian $got"
fi

# --- 3. Python: one virtual environment for each lock file, made from Kamailio's Python
[ "$STAGE" = test ] || STAGE=run
sh "$HERE/python.sh" "$STAGE" >>"$LOG" 2>&1 || fail "the Python environment"
say "[3/3] Python: $(sh "$HERE/python.sh" "$STAGE" --where)"
say "set-up done in $(( $(date +%s) - START )) s"
