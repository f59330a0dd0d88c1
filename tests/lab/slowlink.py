"""The link between a host of the lab and some others is slow: narrow by the kernel, or far and lossy by a relay.

`python -m tests.lab.slowlink NAMESPACE NEAR FAR SEED ADDRESS...` is the relay: it hands frames on between two
interfaces; those between two of the addresses take their time, and some get lost.
"""

from __future__ import annotations

import heapq
import random
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.lab.network import MIDDLE, Network, run_ip
from tests.lab.sockets import CLONE_NEWNET, enter

Dead = Callable[[Network, str], AbstractContextManager[None]]
"""`deaf` or `mute`."""
DELAY_S, LOSS = 0.1, 0.05
"""Each way: a question and its answer take 0.2 s."""
ROOM = 2000
"""Frames that wait at most, as in a router."""
_ALL, _SOL_PACKET, _VNET_HEADER, _HEADER = 3, 263, 15, 10
"""ETH_P_ALL; and with each frame, in ten bytes, what the kernel has yet to do to it: checksum, cutting (packet(7))."""
_SOURCE, _TARGET = slice(_HEADER + 26, _HEADER + 30), slice(_HEADER + 30, _HEADER + 34)


@contextmanager
def narrow(network: Network, host: str, rate: str = "1mbit") -> Iterator[None]:
    """All that this host sends and is sent passes a link of so many bits a second."""
    with _narrow(((network.namespace(host), "eth0"), (network.switch, network.interface(host))), rate):
        yield


@contextmanager
def narrow_link(network: Network, site: str, rate: str = "1mbit") -> Iterator[None]:
    """The link of a site carries so many bits a second each way."""
    coming, going = network.link(site)
    with _narrow(((network.switch, coming), (network.switch, going)), rate):
        yield


@contextmanager
def far(network: Network, host: str, others: Sequence[str], seed: int = 1) -> Iterator[None]:
    """What this host and these others say to each other is slow and partly lost; nothing else is."""
    with _relayed(network, network.interface(host), [network.address(one) for one in (host, *others)], seed):
        yield


@contextmanager
def far_link(network: Network, site: str, seed: int = 1) -> Iterator[None]:
    """What passes the link of a site is slow and partly lost."""
    everybody = [network.address(host) for host in network.addresses]
    with _relayed(network, network.link(site)[1], everybody, seed):
        yield


@contextmanager
def deaf(network: Network, site: str) -> Iterator[None]:
    """What others say to a site is lost on the link, and what it says arrives."""
    with _lossy(network, network.link(site)[1]):
        yield


@contextmanager
def mute(network: Network, site: str) -> Iterator[None]:
    """What a site says is lost on the link, and what others say to it arrives."""
    with _lossy(network, network.link(site)[0]):
        yield


@contextmanager
def _lossy(network: Network, device: str) -> Iterator[None]:
    """Nothing leaves by a device, and nobody is told: no frame finds room in its queue."""
    _tc(network.switch, "add", device, "pfifo", "limit", "0")
    try:
        yield
    finally:
        _tc(network.switch, "del", device)


@contextmanager
def _narrow(ends: tuple[tuple[str, str], ...], rate: str) -> Iterator[None]:
    for namespace, device in ends:
        _tc(namespace, "add", device, "tbf", "rate", rate, "burst", "16kb", "latency", "400ms")
    try:
        yield
    finally:
        for namespace, device in ends:
            _tc(namespace, "del", device)


@contextmanager
def _relayed(network: Network, port: str, addresses: Sequence[str], seed: int) -> Iterator[None]:
    """The relay stands between a port and the switch in the middle."""
    near, at_bridge = "near", "far"
    run_ip("-n", network.switch, *f"link add {near} type veth peer name {at_bridge}".split())
    command = [sys.executable, "-m", "tests.lab.slowlink", network.switch, port, near, str(seed), *addresses]
    try:
        run_ip("-n", network.switch, "link", "set", port, "nomaster")
        run_ip("-n", network.switch, "link", "set", at_bridge, "master", MIDDLE, "up")
        run_ip("-n", network.switch, "link", "set", near, "up")
        with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as relay:
            try:
                yield
            finally:
                relay.kill()
    finally:
        run_ip("-n", network.switch, "link", "del", near)
        run_ip("-n", network.switch, "link", "set", port, "master", MIDDLE)


def _tc(namespace: str, verb: str, device: str, *how: str) -> None:
    subprocess.run(["tc", "-n", namespace, "qdisc", verb, "dev", device, "root", *how], check=True)


class Relay:
    """Two interfaces; `clock` is seconds, `chance` a number below 1."""

    def __init__(
        self, ends: tuple[socket.socket, socket.socket], slow: frozenset[bytes], chance: random.Random
    ) -> None:
        self._ends, self._slow, self._chance = ends, slow, chance
        self._waiting: list[tuple[float, int, socket.socket, bytes]] = []
        self._count = 0

    def run(self) -> None:
        """Hand on for ever."""
        with selectors.DefaultSelector() as selector:
            for here, there in (self._ends, reversed(self._ends)):
                selector.register(here, selectors.EVENT_READ, there)
            while True:
                due = self._waiting[0][0] - time.monotonic() if self._waiting else None
                for key, _ in selector.select(due if due is None else max(0.0, due)):
                    self._takes(key.fileobj, key.data)  # type: ignore[arg-type]
                self._hands_on()

    def _takes(self, here: socket.socket, there: socket.socket) -> None:
        frame, came = here.recvfrom(1 << 17)
        if came[2] == socket.PACKET_OUTGOING:  # our own
            return
        if not {frame[_SOURCE], frame[_TARGET]} <= self._slow:
            _send(there, frame)
        elif self._chance.random() >= LOSS and len(self._waiting) < ROOM:
            self._count += 1
            heapq.heappush(self._waiting, (time.monotonic() + DELAY_S, self._count, there, frame))

    def _hands_on(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, _, there, frame = heapq.heappop(self._waiting)
            _send(there, frame)


def _send(there: socket.socket, frame: bytes) -> None:
    try:
        there.send(frame)
    except OSError:
        return  # lost, as on any link


def _opened(device: str) -> socket.socket:
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    one.setsockopt(_SOL_PACKET, _VNET_HEADER, 1)
    one.bind((device, _ALL))
    return one


def main(namespace: str, near: str, far_end: str, seed: str, *addresses: str) -> None:
    """Relay until killed."""
    with Path("/run/netns", namespace).open() as network:
        enter(network.fileno(), CLONE_NEWNET)
    slow = frozenset(map(socket.inet_aton, addresses))
    Relay((_opened(near), _opened(far_end)), slow, random.Random(seed)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
