"""A SIP request as the call logic sees it: values only, no engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from carillon.model.frozen import dataclass
from carillon.routing.anchor import Anchor
from carillon.routing.progress import Progress
from carillon.sip.digest import Credentials
from carillon.sip.referto import ReferTo
from carillon.sip.sessiontimer import Timing
from carillon.sip.uri import SipUri
from carillon.stores.ports import TrunkProfile


class Source(StrEnum):
    """Where a request came from: decided by address, never by a header (behaviours 12)."""

    GATEWAY = "gateway"
    PRESENCE = "presence server"
    TRUNK = "trunk"
    SIBLING = "sibling"
    FEED = "feed"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `private` holds our private headers as received, believed only from `Source.GATEWAY` and
    `Source.SIBLING`.

    `asserted` is P-Asserted-Identity and `withheld` whether Privacy asks to hide the caller (RFC 3325, RFC 3323).
    `default_expiry_s` is for contacts of a REGISTER that give no expiry.
    `path` holds the values of all Path headers; `supported` and `required` are option tags, `user_agent` is how the
    phone calls itself; these are of a REGISTER only, and the option tags of a SUBSCRIBE too, and on a node without
    Asterisk those of a call's outbound leg.
    `codecs` are those of the audio that is offered, None when none is; `encrypted`: with keys only; `media6`:
    that IPv6 is offered.
    `timing` is of methods that may change a session timer; `longest_timer_s` limits it in its dialog, 0: as usual.
    `anchor` is what the relay carries of the dialog; there `described` says that the request has a body.
    `refer_to` are the values of a REFER's Refer-To, of which there may be one (RFC 3515 §2.4.1).
    `replaces` is the Replaces of a new call from outside (RFC 3891), all of them if there are several.
    `sibling` is the node that sent it, or in whose hands a dialog of ours is besides: its route leads there. `home` is
    the address of record whose phone a sibling asks for; `written` is the Request-URI as it came.
    `spirals`: it passes us a second time, on a node without Asterisk; `inward`: behind that it would lead inside;
    `beyond_us`: its other end is outside, behind a trunk.
    `progress` is proved to be ours; `diversions` is how often a call from a trunk was forwarded before (RFC 5806,
    RFC 7044). `event` is the package of a SUBSCRIBE or PUBLISH, without parameters; `body_bytes` of a MESSAGE.
    `fragment` is what our Asterisk tells of a transfer (RFC 3420).
    """

    method: str
    uri: SipUri
    from_uri: SipUri
    to_uri: SipUri
    call_id: str
    source: Source = Source.OUTSIDE
    trunk: TrunkProfile | None = None
    from_tag: str = ""
    to_tag: str = ""
    from_name: str = ""
    asserted: SipUri | None = None
    withheld: bool = False
    codecs: frozenset[str] | None = None
    encrypted: bool = False
    anchor: Anchor | None = None
    described: bool = False
    media6: bool = False
    timing: Timing | None = None
    longest_timer_s: int = 0
    sequence: int = 1
    max_forwards: int = 70
    credentials: Credentials | None = None
    shortest_expiry_s: int | None = None
    default_expiry_s: int | None = None
    dialog_proof: str = ""
    refer_to: tuple[str, ...] = ()
    contacts: str = ""
    user_agent: str = ""
    path: str = ""
    supported: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    source_address: str = ""
    source_port: int = 0
    transport: str = "udp"
    private: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    diversions: int = 0
    event: str = ""
    replaces: str = ""
    body_bytes: int = 0
    sibling: str = ""
    home: str = ""
    written: str = ""
    spirals: bool = False
    inward: bool = False
    beyond_us: bool = False
    fragment: str = ""

    @property
    def target(self) -> SipUri:
        """Whom the sender names: by a REFER's Refer-To if it can be read, else by the Request-URI."""
        named = ReferTo.parse(self.refer_to[0]) if self.refer_to else None
        return named.uri if named else self.uri

    @property
    def summary(self) -> str:
        """One line for traces: `INVITE sip:102@example.org from 101@example.org`."""
        return f"{self.method} {self.target} from {self.from_uri.user}@{self.from_uri.host}"

    @property
    def fingerprint(self) -> str:
        """What a retransmission shares with its original, and a copy that says something else does not."""
        source = f"{self.transport} {self.source_address} {self.source_port}"
        said = f"{self.sequence}|{self.call_id}|{source}|{self.uri}|{self.contacts}"
        return hashlib.sha256(said.encode()).hexdigest()[:24]
