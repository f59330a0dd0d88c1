"""A home behind a router that hides it: hosts of private addresses that share the router's one (RFC 3022)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.network import Network, make_namespace, run_ip

LAN = "192.168.7"
ROUTER = f"{LAN}.1"
HIDES = (
    "-t nat -A POSTROUTING -o eth0 -j MASQUERADE --random",
    "-A FORWARD -i eth0 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A FORWARD -i eth0 -j DROP",
)
"""Iptables rules: another port for each flow, and nothing comes in that was not asked for."""


@dataclass(frozen=True)
class Home:
    """Hosts behind `router`, which is a host of the network; all of it goes with the network."""

    network: Network
    router: str
    hosts: tuple[str, ...]

    @classmethod
    def build(cls, network: Network, router: str, hosts: Sequence[str]) -> Home:
        """Turn a host of the network into a router with these hosts behind it; another port is seen for each flow.

        Needs root, and the kernel's NAT.
        """
        home = cls(network, router, tuple(hosts))
        inside = network.namespace(router)
        run_ip("-n", inside, "link", "add", "lan", "type", "bridge")
        run_ip("-n", inside, "addr", "add", f"{ROUTER}/24", "dev", "lan")
        run_ip("-n", inside, "link", "set", "lan", "up")
        for host in home.hosts:
            home._plug_in(host)
        _on(inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        for rule in HIDES:
            _on(inside, "iptables", *rule.split())
        return home

    def address(self, host: str) -> str:
        """The private address of a host."""
        return f"{LAN}.{11 + self.hosts.index(host)}"

    def place(self, host: str) -> dict[str, str]:
        """Where a phone on this host stands."""
        return {"namespace": self.network.namespace(host), "address": self.address(host)}

    def _plug_in(self, host: str) -> None:
        namespace, router, port = self.network.namespace(host), self.network.namespace(self.router), f"v-{host}"
        make_namespace(namespace)
        run_ip("-n", router, *f"link add {port} type veth peer name eth0 netns {namespace}".split())
        run_ip("-n", router, "link", "set", port, "master", "lan", "up")
        run_ip("-n", namespace, "addr", "add", f"{self.address(host)}/24", "dev", "eth0")
        run_ip("-n", namespace, "link", "set", "eth0", "up")
        run_ip("-n", namespace, "route", "add", "default", "via", ROUTER)


def _on(namespace: str, *command: str) -> None:
    done = subprocess.run(["ip", "netns", "exec", namespace, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
