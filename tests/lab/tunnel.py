"""A tunnel through a router that hides one of its ends, as WireGuard makes one: IP packets in UDP, unencrypted.

`python -m tests.lab.tunnel INTERFACE ADDRESS` waits at the open end; with `call` behind it, it is the hidden end.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.network import Network, run_ip

ROOT = Path(__file__).parents[2]
PORT = 51820
OUTSIDE = "10.78.0.200"
"""The address of the open end that the tunnel itself goes to."""
ALIVE_S = 1.0
"""So often the hidden end speaks: the router forgets a flow on which nothing passes."""
_SET_INTERFACE, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
LONGEST = 65535


@contextmanager
def between(network: Network, middle: str, hidden: str, address: str, lan: str) -> Iterator[None]:
    """Until the end, `middle` reaches the network `lan` by the host `hidden` in it, which has this `address` there.

    And that reaches `middle`, and hands on what others in its network send there.
    """
    run_ip("-n", network.namespace(middle), "addr", "add", f"{OUTSIDE}/24", "dev", "eth0")
    command = [sys.executable, "-m", "tests.lab.tunnel", "tun0", OUTSIDE]
    ends = [network.run(middle, command, cwd=ROOT), network.run(hidden, [*command, "call"], cwd=ROOT)]
    try:
        _leads(network, middle, lan, network.address(middle))
        _leads(network, hidden, f"{network.address(middle)}/32", address)
        subprocess.run(
            ["ip", "netns", "exec", network.namespace(hidden), "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
            check=True,
        )
        yield
    finally:
        for end in ends:
            end.kill()
            end.wait()


def _leads(network: Network, host: str, to: str, own: str) -> None:
    """The interface is made by the process; which end gets there first doesn't matter."""
    namespace = network.namespace(host)
    subprocess.run(
        ["sh", "-c", f"until ip -n {namespace} link show tun0 >/dev/null 2>&1; do sleep 0.1; done"],
        check=True,
        timeout=30,
    )
    run_ip("-n", namespace, "link", "set", "tun0", "mtu", "1420", "up")
    run_ip("-n", namespace, "route", "add", to, "dev", "tun0", "src", own)


def main(interface: str, address: str, calls: str = "") -> None:
    """Carry packets for ever."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, _SET_INTERFACE, struct.pack("16sH22x", interface.encode(), _TUN_WITHOUT_HEADER))
    outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    outside.bind(("0.0.0.0", 0) if calls else (address, PORT))
    peer: tuple[str, int] | None = (address, PORT) if calls else None
    while True:
        readable, _, _ = select.select([tun, outside], [], [], ALIVE_S)
        if not readable and calls and peer:
            outside.sendto(b"", peer)
        if tun in readable:
            packet = os.read(tun, LONGEST)
            if peer:
                outside.sendto(packet, peer)
        if outside in readable:
            packet, peer = outside.recvfrom(LONGEST)  # it may be seen at another port now
            if packet:
                os.write(tun, packet)


if __name__ == "__main__":
    main(*sys.argv[1:])
