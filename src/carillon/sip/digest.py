"""Digest access authentication for SIP (RFC 3261 §22, RFC 7616, RFC 8760), in pure functions.

Kamailio's `auth` module knows one algorithm a process; we offer SHA-256 and MD5 together. Nonces carry their time and
a seal, so that every node that shares the secret can check every nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from enum import StrEnum

from carillon.model.frozen import dataclass
from carillon.sip.seal import Secrets, is_sealed, seal

NONCE_LIFETIME_S = 60
TAIL = "."
"""What may follow it in a nonce makes it another one: the engine writes several with one seal (docs/adr/0026)."""


class Algorithm(StrEnum):
    """Digest algorithms that we verify, strongest first (RFC 8760 §2)."""

    SHA256 = "SHA-256"
    MD5 = "MD5"


class NonceState(StrEnum):
    """What a nonce turned out to be: ours and fresh, ours but old, or not ours."""

    FRESH = "fresh"
    STALE = "stale"
    FOREIGN = "foreign"


OFFERS: dict[str, tuple[Algorithm, ...]] = {
    "both": (Algorithm.SHA256, Algorithm.MD5),
    "md5": (Algorithm.MD5,),
    "sha256": (Algorithm.SHA256,),
}

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Credentials:
    """The parameters of one `Digest` Authorization header."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = Algorithm.MD5
    qop: str = ""
    nonce_count: str = ""
    cnonce: str = ""

    @classmethod
    def parse(cls, header: str) -> Credentials | None:
        """The credentials in a header value, or None when it holds no complete Digest."""
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() != "digest":
            return None
        found = {m[1].lower(): m[2] if m[3] is None else m[3] for m in _PARAMETER.finditer(rest)}
        if not {"username", "realm", "nonce", "uri", "response"} <= found.keys():
            return None
        return cls(
            username=found["username"].replace('\\"', '"').replace("\\\\", "\\"),
            realm=found["realm"].lower(),
            nonce=found["nonce"],
            uri=found["uri"],
            response=found["response"].lower(),
            algorithm=found.get("algorithm", Algorithm.MD5).upper(),
            qop=found.get("qop", "").lower(),
            nonce_count=found.get("nc", ""),
            cnonce=found.get("cnonce", ""),
        )

    @property
    def use(self) -> str:
        """One use of one nonce: it may appear once (RFC 7616 §3.4, nonce count)."""
        return f"{self.nonce}:{self.nonce_count}"


def make_nonce(secrets: Secrets, realm: str, now: float, fresh: str) -> str:
    """A nonce for `realm` at `now` (Unix seconds); `fresh` makes it unique, `[0-9a-zA-Z]`."""
    stamp = f"{int(now):x}-{fresh}"
    return f"{stamp}-{seal(secrets, 'nonce', f'{realm}|{stamp}')}"


def nonce_state(secrets: Secrets, realm: str, nonce: str, now: float) -> NonceState:
    """Whether `nonce` is ours for `realm`, and not older than `NONCE_LIFETIME_S`."""
    stamp, _, sealed = nonce.partition(TAIL)[0].rpartition("-")
    if not is_sealed(secrets, "nonce", f"{realm}|{stamp}", sealed):
        return NonceState.FOREIGN
    age = now - int(stamp.split("-", 1)[0], 16)
    return NonceState.FRESH if -5 <= age <= NONCE_LIFETIME_S else NonceState.STALE


def response_matches(credentials: Credentials, method: str, ha1_md5: str, ha1_sha256: str) -> bool:
    """Whether the digest response proves knowledge of the HA1 (hex) for the algorithm it names, with qop=auth."""
    if credentials.qop != "auth" or not credentials.nonce_count or not credentials.cnonce:
        return False
    if credentials.algorithm == Algorithm.SHA256:
        return hmac.compare_digest(
            _response("sha256", ha1_sha256, credentials, method).encode(), credentials.response.encode()
        )
    if credentials.algorithm == Algorithm.MD5:
        return hmac.compare_digest(
            _response("md5", ha1_md5, credentials, method).encode(), credentials.response.encode()
        )
    return False


def proved(credentials: Credentials, method: str, ha1_md5: str, ha1_sha256: str) -> Credentials:
    """These credentials with the response that the password would give; its HA1 is enough (RFC 7616 §3.4.1)."""
    name, ha1 = ("sha256", ha1_sha256) if credentials.algorithm == Algorithm.SHA256 else ("md5", ha1_md5)
    return replace(credentials, response=_response(name, ha1, credentials, method))


def answer(challenge_header: str, username: str, password: str, method: str, uri: str, cnonce: str) -> str | None:
    """The value of the Authorization header that answers a challenge, None where its algorithm or qop is not ours.

    The other way round: here we are the user agent, and a provider asks (RFC 7616 §3.4).
    """
    scheme, _, rest = challenge_header.strip().partition(" ")
    given = {m[1].lower(): m[2] if m[3] is None else m[3] for m in _PARAMETER.finditer(rest)}
    algorithm = given.get("algorithm", Algorithm.MD5).upper()
    hash_name = (
        {Algorithm.MD5: "md5", Algorithm.SHA256: "sha256"}.get(Algorithm(algorithm))
        if (algorithm in set(Algorithm))
        else None
    )
    qops = {qop.strip().lower() for qop in given.get("qop", "").split(",") if qop.strip()}
    if scheme.lower() != "digest" or hash_name is None or not {"realm", "nonce"} <= given.keys():
        return None
    if qops and "auth" not in qops:
        return None
    realm, nonce = given["realm"], given["nonce"]
    ha1 = _hex(hash_name, f"{username}:{realm}:{password}")
    asked = Credentials(username, realm, nonce, uri, "", algorithm, "auth", "00000001", cnonce)
    if qops:
        answered, more = _response(hash_name, ha1, asked, method), f', qop=auth, nc=00000001, cnonce="{cnonce}"'
    else:
        answered, more = _hex(hash_name, f"{ha1}:{nonce}:{_hex(hash_name, f'{method}:{uri}')}"), ""
    opaque = f', opaque="{given["opaque"]}"' if "opaque" in given else ""
    who = f'username="{username}", realm="{realm}", nonce="{nonce}", uri="{uri}"'
    return f'Digest {who}, response="{answered}", algorithm={algorithm}{more}{opaque}'


def _response(hash_name: str, ha1: str, credentials: Credentials, method: str) -> str:
    middle = f"{credentials.nonce}:{credentials.nonce_count}:{credentials.cnonce}:{credentials.qop}"
    return response(hash_name, ha1, middle, method, credentials.uri)


def response(hash_name: str, ha1: str, middle: str, method: str, uri: str) -> str:
    """The response to a challenge; `middle` is `NONCE:COUNT:CNONCE:auth` (RFC 7616 §3.4.1)."""
    ha2 = _hex(hash_name, f"{method}:{uri}")
    return _hex(hash_name, f"{ha1}:{middle}:{ha2}")


def _hex(hash_name: str, text: str) -> str:
    # MD5 is what most phones still speak; it protects nothing but this exchange.
    return hashlib.new(hash_name, text.encode(), usedforsecurity=False).hexdigest()


def challenge(realm: str, nonce: str, algorithm: Algorithm, *, stale: bool = False) -> str:
    """The value of a WWW-Authenticate or Proxy-Authenticate header (RFC 7616 §3.3)."""
    end = ", stale=true" if stale else ""
    return f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{end}'
