"""Does the name server answer for every domain?"""

from __future__ import annotations

import functools
import subprocess

from carillon.confgen.nameserver.target import PROGRAM as NSD
from carillon.model.node import Node
from carillon.stores import nameservice
from carillon.supervision.probes.health import PATIENCE_S, Health
from carillon.system.paths import SystemPaths
from carillon.zones.asking import serial_of
from carillon.zones.text import serial as zone_serial


def probe_nameserver(paths: SystemPaths, node: Node) -> Health:
    """NSD must answer for every domain, with the zone of now."""
    service = nameservice.read(paths.name_service)
    objection = paths.run / "nameserver" / "problem"
    if objection.exists():
        return Health(problem=f"it refuses the zones, the old ones are served: {objection.read_text()}")
    for address in service.listen:
        for zone in service.zones:
            serial = serial_of(address, service.port, zone.domain, PATIENCE_S)
            if serial is None:
                return Health(problem=f"no answer for {zone.domain} on {address} port {service.port}")
            if serial != zone_serial(zone.serial):
                return Health(problem=f"it still answers version {serial} of {zone.domain}, not {zone.serial}")
    return Health(_nsd_version())


@functools.cache
def _nsd_version() -> str:
    """The first line is `NSD version 4.6.1`."""
    done = subprocess.run([NSD, "-v"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].rpartition(" ")[2]
