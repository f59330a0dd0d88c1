"""Hosts for the tests: network namespaces joined by a bridge, so that phones have addresses of their own."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

INTERFACE_NAME_LIMIT = 15  # IFNAMSIZ of Linux, less its closing zero
SWITCH = "sw"
MIDDLE = "br0"
LINK_UP_SECONDS = 5
NONE_BEHIND: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Network:
    """Hosts on one switch, and on those of sites, each joined to it by a link. Make one with `build`; needs root."""

    prefix: str
    addresses: Mapping[str, tuple[str, ...]]
    behind: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The hosts at each site."""

    @classmethod
    @contextmanager
    def build(
        cls, prefix: str, hosts: Mapping[str, str | Sequence[str]], behind: Mapping[str, Sequence[str]] = NONE_BEHIND
    ) -> Iterator[Network]:
        """Make a namespace per host, and remove all of it at the end.

        `prefix` begins each namespace's name, as in "ph-"; what a crashed run left under it is removed.
        `hosts` gives each host's address, or several: {"node": ["10.77.0.1", "fd00:77::1"]};
        all of IPv4 are in one /24, all of IPv6 in one /64. `behind` names the hosts that stand at each site.
        Raises ValueError for a name that is too long for an interface.
        """
        network = cls(prefix, {name: _several(address) for name, address in hosts.items()}, behind)
        for host in network.addresses:
            network.interface(host)
        for site in behind:
            network.link(site)
        with _alone(prefix):
            _remove(prefix)
            try:
                network._connect()
                yield network
            finally:
                _remove(prefix)

    def namespace(self, host: str) -> str:
        """Give the name of a host's namespace, for `ip netns exec`."""
        return self.prefix + host

    def address(self, host: str) -> str:
        """Give a host's first address."""
        return self.addresses[host][0]

    def interface(self, host: str) -> str:
        """Give the name of a host's port on the switch; raises ValueError when it has over 15 characters."""
        name = f"v{self.prefix}{host}"
        if len(name) > INTERFACE_NAME_LIMIT:
            raise ValueError(f"host {host!r}: {name!r} is longer than {INTERFACE_NAME_LIMIT} characters")
        return name

    def run(self, host: str, argv: Sequence[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a command on a host; `popen` as for subprocess.Popen. Its pid is the command's own."""
        return subprocess.Popen(["ip", "netns", "exec", self.namespace(host), *argv], **popen)

    def cut(self, host: str) -> None:
        """Pull a host's cable: nothing reaches it and nothing leaves it, and nobody is told."""
        run_ip("-n", self.switch, "link", "set", self.interface(host), "down")

    def heal(self, host: str) -> None:
        """Plug a host's cable in again, and wait until it is really reachable."""
        run_ip("-n", self.switch, "link", "set", self.interface(host), "up")
        self._await_link(self.switch, self.interface(host))
        self._await_link(self.namespace(host), "eth0")
        for other in self.addresses:  # who asked in vain meanwhile would ask again after a second only
            run_ip("-n", self.namespace(other), "neigh", "flush", "all")

    def link(self, site: str) -> tuple[str, str]:
        """Give the ends of a site's link, both on the switch: what comes from it leaves by the first one."""
        return _short(f"from-{site}"), _short(f"to-{site}")

    def cut_link(self, site: str) -> None:
        """Nothing passes between a site and all others, and nobody is told; within it all is as ever."""
        run_ip("-n", self.switch, "link", "set", self.link(site)[0], "down")

    def heal_link(self, site: str) -> None:
        """Join a site to the others again, and wait until it really is."""
        run_ip("-n", self.switch, "link", "set", self.link(site)[0], "up")
        for end in self.link(site):
            self._await_link(self.switch, end)
        for host in self.addresses:  # as in `heal`
            run_ip("-n", self.namespace(host), "neigh", "flush", "all")

    def carried(self, site: str) -> int:
        """How many bytes have passed a site's link so far, both ways."""
        told = json.loads(run_ip("-n", self.switch, "-s", "-j", "link", "show", self.link(site)[0]))[0]
        return int(told["stats64"]["rx"]["bytes"]) + int(told["stats64"]["tx"]["bytes"])

    @contextmanager
    def resolving(self, host: str, name_server: str) -> Iterator[None]:
        """Whatever is started on a host meanwhile asks this name server."""
        place = Path("/etc/netns", self.namespace(host))
        place.mkdir(parents=True, exist_ok=True)
        (place / "resolv.conf").write_text(f"nameserver {name_server}\noptions timeout:1 attempts:1\n")
        try:
            yield
        finally:
            shutil.rmtree(place)

    def processes(self, host: str) -> list[int]:
        """List the pids of what runs on a host."""
        return _processes(self.namespace(host))

    @property
    def switch(self) -> str:
        """Give the name of the namespace in which all are joined."""
        return self.prefix + SWITCH

    def _connect(self) -> None:
        make_namespace(self.switch)
        self._bridge(MIDDLE)
        for site in self.behind:
            self._join(site)
        switches = {host: _short(site) for site, hosts in self.behind.items() for host in hosts}
        for host, addresses in self.addresses.items():
            self._plug_in(host, addresses, switches.get(host, MIDDLE))
        for host in self.addresses:
            self._await_link(self.namespace(host), "eth0")
            self._await_link(self.switch, self.interface(host))

    def _bridge(self, name: str) -> None:
        run_ip("-n", self.switch, "link", "add", name, "type", "bridge")
        run_ip("-n", self.switch, "link", "set", name, "up")

    def _join(self, site: str) -> None:
        """A switch of its own, and the link between that and the one in the middle."""
        self._bridge(_short(site))
        coming, going = self.link(site)
        run_ip("-n", self.switch, *f"link add {coming} type veth peer name {going}".split())
        for end, bridge in ((coming, _short(site)), (going, MIDDLE)):
            run_ip("-n", self.switch, "link", "set", end, "master", bridge, "up")

    def _await_link(self, namespace: str, interface: str) -> None:
        deadline = time.monotonic() + LINK_UP_SECONDS
        while run_ip("-n", namespace, "-br", "link", "show", interface).split()[1] != "UP":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{interface} in {namespace} is not up after {LINK_UP_SECONDS} s")
            time.sleep(0.01)  # the kernel tells its own listeners only; asking again is the simple way

    def _plug_in(self, host: str, addresses: tuple[str, ...], bridge: str) -> None:
        namespace, port = self.namespace(host), self.interface(host)
        make_namespace(namespace)
        link = f"link add {port} type veth peer name eth0 netns {namespace}"
        run_ip("-n", self.switch, *link.split())
        run_ip("-n", self.switch, "link", "set", port, "master", bridge, "up")
        for address in addresses:
            size = ["64", "nodad"] if ":" in address else ["24"]  # nodad: usable at once
            run_ip("-n", namespace, "addr", "add", f"{address}/{size[0]}", "dev", "eth0", *size[1:])
        run_ip("-n", namespace, "link", "set", "eth0", "up")


def _short(name: str) -> str:
    """Raises ValueError when it is too long for an interface."""
    if len(name) > INTERFACE_NAME_LIMIT:
        raise ValueError(f"{name!r} is longer than {INTERFACE_NAME_LIMIT} characters")
    return name


def _several(address: str | Sequence[str]) -> tuple[str, ...]:
    return (address,) if isinstance(address, str) else tuple(address)


def run_ip(*arguments: str) -> str:
    """Run `ip` with these arguments and give what it prints; raises RuntimeError with its words."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def make_namespace(name: str) -> None:
    """Make a host: its loopback is up, nothing else is there."""
    run_ip("netns", "add", name)
    run_ip("-n", name, "link", "set", "lo", "up")


def _processes(namespace: str) -> list[int]:
    return [int(pid) for pid in run_ip("netns", "pids", namespace).split()]


def _remove(prefix: str) -> None:
    """Remove the namespaces whose names begin with `prefix`, ending what still runs in them."""
    names = [line.split()[0] for line in run_ip("netns", "list").splitlines() if line.strip()]
    for name in (name for name in names if name.startswith(prefix)):
        for pid in _processes(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run_ip("netns", "del", name)


@contextmanager
def _alone(prefix: str) -> Iterator[None]:
    """Wait until no other run uses this prefix: two would tear down each other's hosts."""
    with Path(tempfile.gettempdir(), f"carillon-network-{prefix}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
