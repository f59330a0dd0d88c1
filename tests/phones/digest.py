"""Digest credentials as a phone makes them (RFC 7616, RFC 8760); shares no code with the product."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.phones.message import Message

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}
_PARAMETER = re.compile(r'(\w[\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_ANSWERS = {"WWW-Authenticate": "Authorization", "Proxy-Authenticate": "Proxy-Authorization"}


@dataclass(frozen=True)
class Challenge:
    """One challenge of a 401 or 407; `header` is the name of the header that answers it."""

    header: str
    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""
    stale: bool = False


@dataclass(frozen=True)
class Login:
    """Who answers; `cnonce` and `count` are for tests of replays."""

    user: str
    password: str
    cnonce: str = ""
    count: int = 1


def challenges(response: Message) -> list[Challenge]:
    """List the Digest challenges of a response, in its order."""
    found = []
    for asked, answered in _ANSWERS.items():
        for value in response.headers(asked):
            scheme, _, parameters = value.partition(" ")
            if scheme.lower() == "digest":
                found.append(_challenge(answered, parameters))
    return found


def choose(response: Message, algorithm: str) -> Challenge:
    """Give the challenge of an algorithm (MD5, SHA-256, SHA-512-256); raises ValueError when it isn't offered."""
    offered = challenges(response)
    for challenge in offered:
        if challenge.algorithm == algorithm:
            return challenge
    raise ValueError(f"{algorithm} isn't offered: {[each.algorithm for each in offered]} in {response.start}")


def credentials(challenge: Challenge, method: str, uri: str, login: Login) -> str:
    """Give the value of the header that answers a challenge; qop auth when it's offered."""
    cnonce, count = login.cnonce or secrets.token_hex(8), f"{login.count:08x}"
    digest = _HASHES[challenge.algorithm]
    secret = digest(f"{login.user}:{challenge.realm}:{login.password}".encode())
    asked = digest(f"{method}:{uri}".encode())
    guarded = challenge.qop != ""
    middle = f"{challenge.nonce}:{count}:{cnonce}:auth" if guarded else challenge.nonce
    parts = {
        "username": f'"{login.user}"',
        "realm": f'"{challenge.realm}"',
        "uri": f'"{uri}"',
        "algorithm": challenge.algorithm,
        "nonce": f'"{challenge.nonce}"',
        "response": f'"{digest(f"{secret}:{middle}:{asked}".encode())}"',
    }
    if guarded:
        parts |= {"qop": "auth", "nc": count, "cnonce": f'"{cnonce}"'}
    if challenge.opaque:
        parts["opaque"] = f'"{challenge.opaque}"'
    return "Digest " + ", ".join(f"{name}={value}" for name, value in parts.items())


def _challenge(header: str, parameters: str) -> Challenge:
    found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
    return Challenge(
        header=header,
        realm=found.get("realm", ""),
        nonce=found.get("nonce", ""),
        algorithm=found.get("algorithm", "MD5").upper(),
        qop="auth" if "auth" in [each.strip() for each in found.get("qop", "").split(",")] else "",
        opaque=found.get("opaque", ""),
        stale=found.get("stale", "").lower() == "true",
    )
