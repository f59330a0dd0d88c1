"""A name server of somebody else, on a host of the lab: Debian's NSD, with the zone that a test writes."""

from __future__ import annotations

import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import dns.exception
import dns.message
import dns.query
from tests.lab.network import Network
from tests.lab.sockets import inside

CONFIGURATION = """server:
  ip-address: {address}
  username: ""
  database: ""
  server-count: 1
  zonesdir: {place}
  zonelistfile: {place}/zones.list
  xfrdfile: {place}/xfrd.state
  xfrdir: {place}
  pidfile: {place}/nsd.pid
remote-control:
  control-enable: yes
  control-interface: {place}/control.sock
zone:
  name: {zone}
  zonefile: zone
"""
START_S = 10.0


class NameServer:
    """It answers for one zone; what `says` gets are lines of a zone file, names relative to it."""

    def __init__(self, network: Network, host: str, zone: str, *lines: str, ttl_s: int = 1) -> None:
        self.network, self.host, self.zone, self.ttl_s = network, host, zone, ttl_s
        self.address = network.address(host)
        self._place = tempfile.TemporaryDirectory()
        self._serial = 1
        self._child: subprocess.Popen[bytes] | None = None
        self._path("nsd.conf").write_text(CONFIGURATION.format(address=self.address, place=self._place.name, zone=zone))
        self.says(*lines)
        self.returns()

    def __enter__(self) -> NameServer:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.dies()
        self._place.cleanup()

    def says(self, *lines: str) -> None:
        """From now on it says this."""
        origin = f"@ IN SOA ns hostmaster {self._serial} 60 60 60 1\n@ IN NS ns\nns IN A {self.address}\n"
        self._serial += 1
        text = "".join(f"{line}\n" for line in lines)
        self._path("zone").write_text(f"$ORIGIN {self.zone}.\n$TTL {self.ttl_s}\n{origin}{text}")
        if self._child:
            subprocess.run(["nsd-control", "-c", self._path("nsd.conf"), "reload"], check=True, capture_output=True)

    def dies(self) -> None:
        """Nobody answers there any more."""
        if self._child:
            self._child.terminate()
            self._child.wait()
            self._child = None

    def returns(self) -> None:
        """It is started, and awaited."""
        self._child = self.network.run(
            self.host, ["nsd", "-d", "-c", str(self._path("nsd.conf"))], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < deadline, "NSD doesn't answer"

    def _answers(self) -> bool:
        with inside(self.network.namespace(self.host)), suppress(OSError, dns.exception.DNSException):
            dns.query.udp(dns.message.make_query(self.zone, "SOA"), self.address, timeout=0.2)
            return True
        return False

    def _path(self, name: str) -> Path:
        return Path(self._place.name, name)
