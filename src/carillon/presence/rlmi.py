"""What a phone is told of a list of people: who is on it, and where in the same NOTIFY each one's state is (RFC 4662).

Pure. Bodies are put together as multipart/related (RFC 2387): the list first, then a document for each person told of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from carillon.presence.markup import attribute, content

TYPE: Final = "application/rlmi+xml"
_NAMESPACE = "urn:ietf:params:xml:ns:rlmi"
_NEW_LINE = "\r\n"


@dataclass(frozen=True, slots=True)
class Resource:
    """Somebody on the list: his SIP URI and his name; `part` names his document in this NOTIFY, "" for none."""

    uri: str
    name: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A document in a NOTIFY: what names it, its media type, and what it says."""

    id: str
    kind: str
    body: str


def write(uri: str, name: str, resources: Iterable[Resource], version: int, *, full: bool) -> str:
    """The list itself. `version` is 0 in the first NOTIFY and rises by one with each (RFC 4662 §5.1).

    Unless it is `full`, nothing is said of who is left out.
    """
    told = "".join(map(line, resources))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<list xmlns="{_NAMESPACE}" uri={attribute(uri)} version="{version}" fullState="{str(full).lower()}">'
        f"<name>{content(name)}</name>{told}</list>\n"
    )


def related(first: Part, others: Iterable[Part], boundary: str) -> tuple[str, str]:
    """The media type, with its parameters, and the body that holds all of them. No part holds the `boundary`."""
    kind = f'multipart/related;type="{first.kind}";start="<{first.id}>";boundary="{boundary}"'
    parts = "".join(f"--{boundary}{_NEW_LINE}{_part(each)}{_NEW_LINE}" for each in (first, *others))
    return kind, f"{parts}--{boundary}--{_NEW_LINE}"


def line(of: Resource) -> str:
    """What the list says of somebody."""
    instance = f'<instance id="1" state="active" cid={attribute(of.part)}/>' if of.part else ""
    return f"<resource uri={attribute(of.uri)}><name>{content(of.name)}</name>{instance}</resource>"


def _part(of: Part) -> str:
    headers = (
        "Content-Transfer-Encoding: binary",
        f"Content-ID: <{of.id}>",
        f'Content-Type: {of.kind};charset="UTF-8"',
    )
    return _NEW_LINE.join((*headers, "", of.body))
