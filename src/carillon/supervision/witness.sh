#!/bin/sh
# Makes this machine the witness @NAME@ of @DOMAIN@: a vote for its database, and nothing else. Run it as root, on Debian 12.
# With the argument `run`, it runs the witness here and now instead of leaving it to systemd.
# This file holds the key of the witness: remove it afterwards.
set -eu
[ "$(id -u)" = 0 ] || { echo "witness: run this as root" >&2; exit 1; }
DIR=${CARILLON_WITNESS_DIR:-/var/lib/carillon-witness}
UNIT=/etc/systemd/system/carillon-witness.service
if ! command -v garbd >/dev/null; then
  apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends galera-arbitrator-4
fi
umask 077
mkdir -p "$DIR"
cat > "$DIR/ca.pem" <<'END'
@AUTHORITY@
END
cat > "$DIR/node.pem" <<'END'
@CERTIFICATE@
END
cat > "$DIR/node.key" <<'END'
@KEY@
END
KEYS="socket.ssl=YES;socket.ssl_ca=$DIR/ca.pem;socket.ssl_cert=$DIR/node.pem;socket.ssl_key=$DIR/node.key"
cat > "$DIR/garbd.conf" <<END
name = @NAME@
address = gcomm://@PEERS@
group = @GROUP@
workdir = $DIR
options = gmcast.listen_addr=ssl://@LISTENS@;$KEYS;@TIMEOUTS@
END
cat > "$DIR/vote.sh" <<'END'
# Votes until it is told to stop. A witness that all members have left has the cluster to itself: nobody who has data could
# join it again. So it forgets that cluster then, and waits for the one that a member begins.
cd "$(dirname "$0")"
trap 'kill $vote; wait $vote; exit 0' TERM INT
alone() { [ "$(grep -c ^member: gvwstate.dat 2>/dev/null)" = 1 ]; }
while :; do
  if alone; then rm -f gvwstate.dat; fi
  garbd --cfg garbd.conf & vote=$!
  while kill -0 $vote 2>/dev/null; do
    if alone; then kill $vote; break; fi
    sleep 1 & wait $!
  done
  wait $vote || sleep 2
done
END
rm -f "$DIR/gvwstate.dat"
if [ "${1:-}" = run ]; then exec sh "$DIR/vote.sh"; fi
cat > "$UNIT" <<END
[Unit]
Description=Witness @NAME@ of the database of @DOMAIN@
Wants=network-online.target
After=network-online.target

[Service]
DynamicUser=yes
StateDirectory=carillon-witness
ExecStart=/bin/sh $DIR/vote.sh
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
END
chmod 644 "$UNIT"
systemctl daemon-reload
systemctl enable --now carillon-witness.service
echo "The witness @NAME@ runs here, and at each boot; \`systemctl disable --now carillon-witness\` ends that."
