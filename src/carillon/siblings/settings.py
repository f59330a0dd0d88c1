"""What the daemon that speaks with siblings must know; written by confgen, read once."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carillon.calls.ami import Door

LEAVING: Final = "leaving"
"""A file beside the settings: who is told to stop now says goodbye, since the whole node stops."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a satellite stands: the site of a domain."""

    domain: str
    site: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node: its name, where its daemon listens, and the URI through which its phones are reached.

    A satellite stands at a `branch`, and a main at none.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    home: str
    branch: Branch | None = None

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.addresses[0]

    @property
    def feed_port(self) -> int:
        """The same as `port`."""
        return self.port


@dataclass(frozen=True, slots=True)
class Settings:
    """This node's name and places, and its siblings. `nodes` holds the certificates by which nodes know each other.

    `changed` is where workers say whose registrations have changed, `calls` where the calls daemon says who has which
    calls and what they count for, `bans` where bans are told; nobody in `trusted` is banned by siblings. `redis` has
    the counters of calls. `people` is where the daemon `states`
    hears; `directory` is what the workers read, `publications` what phones publish, `subscriptions` what they watch.
    Siblings may ask for `recordings`, `voicemail` and `prompts`, for `traces` when
    `trace_socket` has been asked to write them all, and for what Asterisk has, by its `door`, None
    without one. `messages` holds those that are kept, and `turn` says whose are delivered here; nodes in `mains` have
    copies. A satellite stands at a `branch`. The follower says in `ailing` which components are not well; `secrets` are
    those of the system.
    """

    node: str
    listen: tuple[str, int]
    speak_from: tuple[str, int]
    kamailio: tuple[str, int]
    socket: str
    rpc: Path
    redis: Path
    location: Path
    changed: Path
    calls: Path
    bans: Path
    trusted: tuple[str, ...]
    directory: Path
    people: Path
    states: Path
    nodes: Path
    door: Door | None
    traces: Path
    trace_socket: Path
    recordings: Path
    voicemail: Path
    prompts: Path
    publications: Path
    subscriptions: Path
    messages: Path
    turn: Path
    mains: tuple[str, ...]
    ailing: Path
    secrets: Path
    branch: Branch | None
    peers: tuple[Peer, ...]

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings in a JSON file; raises KeyError, OSError, ValueError."""
        told = json.loads(path.read_text())
        peers = tuple(Peer(name, tuple(at), port, home, _branch(of)) for name, at, port, home, of in told["peers"])
        return cls(
            node=told["node"],
            listen=_place(told["listen"]),
            speak_from=_place(told["speak_from"]),
            kamailio=_place(told["kamailio"]),
            socket=told["socket"],
            rpc=Path(told["rpc"]),
            redis=Path(told["redis"]),
            location=Path(told["location"]),
            changed=Path(told["changed"]),
            calls=Path(told["calls"]),
            bans=Path(told["bans"]),
            trusted=tuple(told["trusted"]),
            directory=Path(told["directory"]),
            people=Path(told["people"]),
            states=Path(told["states"]),
            nodes=Path(told["nodes"]),
            door=Door(*told["door"]) if told["door"] else None,
            traces=Path(told["traces"]),
            trace_socket=Path(told["trace_socket"]),
            recordings=Path(told["recordings"]),
            voicemail=Path(told["voicemail"]),
            prompts=Path(told["prompts"]),
            publications=Path(told["publications"]),
            subscriptions=Path(told["subscriptions"]),
            messages=Path(told["messages"]),
            turn=Path(told["turn"]),
            mains=tuple(told["mains"]),
            ailing=Path(told["ailing"]),
            secrets=Path(told["secrets"]),
            branch=_branch(told["branch"]),
            peers=peers,
        )

    def context(self, *, server: bool) -> ssl.SSLContext:
        """See `context_of`."""
        return context_of(self.nodes, server=server)


def renew(context: ssl.SSLContext, nodes: Path) -> None:
    """Show the certificate of now in handshakes to come. Raises `OSError`."""
    context.load_cert_chain(nodes / "node.pem", nodes / "node.key")
    context.load_verify_locations(nodes / "ca.pem")


def context_of(nodes: Path, *, server: bool) -> ssl.SSLContext:
    """TLS in which both sides show a certificate of the system's own authority, and check the other's."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False  # whom the certificate names is compared with the node that is meant
    made.verify_mode = ssl.CERT_REQUIRED
    renew(made, nodes)
    return made


def _branch(told: list[str] | None) -> Branch | None:
    return Branch(*told) if told else None


def _place(told: list[str | int]) -> tuple[str, int]:
    address, port = told
    return str(address), int(port)


def name_in(certificate: dict[str, object] | None) -> str:
    """The node that a verified certificate is for, "" without one."""
    subject = (certificate or {}).get("subject", ())
    assert isinstance(subject, tuple)
    return str(dict(one for part in subject for one in part).get("commonName", ""))
