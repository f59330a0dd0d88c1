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
rm -f "$DIR/gvwstate.dat"
if [ "${1:-}" = run ]; then exec garbd --cfg "$DIR/garbd.conf"; fi
cat > "$UNIT" <<END
[Unit]
Description=Witness @NAME@ of the database of @DOMAIN@
Wants=network-online.target
After=network-online.target

[Service]
DynamicUser=yes
StateDirectory=carillon-witness
ExecStart=/usr/bin/garbd --cfg $DIR/garbd.conf
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
END
chmod 644 "$UNIT"
systemctl daemon-reload
systemctl enable --now carillon-witness.service
echo "The witness @NAME@ runs here, and at each boot; \`systemctl disable --now carillon-witness\` ends that."
