"""The typed façade of Kamailio's KEMI: the only module that imports `KSR`.

KEMI logs and returns False on a wrong argument, and its tests return 1 or -1, which are both true in Python; here they
become booleans. Strings cross as strict UTF-8; Latin-1 names from trunks are read byte by byte.
"""

from __future__ import annotations

import binascii
from enum import Enum

import KSR

from carillon.kamailio.routes import Callback
from carillon.sip.contacts import Contact
from carillon.sip.uri import SipUri

_CHECKS = 1 | 4 | 32 | 64 | 128 | 256 | 512 | 1024
"""Version, required headers, CSeq's method and value, Content-Length, Expires, Proxy-Require, and the URIs."""
_CHECKED_URIS = 2 | 4 | 8
"""From, To and Contact."""


class EngineRefused(Exception):
    """The engine did not do what it was told."""


def text(variable: str) -> str:
    """A pseudo-variable as text; "" when it is null. Bytes that are not UTF-8 are read as Latin-1."""
    try:
        value = KSR.pv.get(variable)
    except UnicodeDecodeError:
        name = variable[2:-1] if variable.startswith("$(") else variable[1:]
        hexadecimal = KSR.pv.get(f"$({name}{{s.encode.hexa}})")
        return binascii.unhexlify(hexadecimal).decode("latin-1")
    return "" if value is None else str(value)


def number(variable: str, default: int = 0) -> int:
    """A pseudo-variable as a number."""
    value = KSR.pv.get(variable)
    try:
        return default if value is None else int(value)
    except ValueError:
        return default


def set_text(variable: str, value: str) -> None:
    """Set a pseudo-variable; raises EngineRefused."""
    _must(KSR.pv.sets(variable, value), f"set {variable}")


def log(level: str, message: str) -> None:
    """Write to the engine's log; `level` as in Kamailio: err, warn, notice, info, dbg."""
    KSR.xlog.xlog(level, message.replace("$", "$$") + "\n")


# --- headers


def header(name: str) -> str:
    """The first header of this name, or ""."""
    return text(f"$hdr({name})")


def remove_header(name: str) -> None:
    """Remove all headers of this name."""
    KSR.hdr.remove(name)


def remove_headers_beginning(prefix: str) -> None:
    """Remove all headers whose names begin with `prefix`; nearly always there are none, and looking is cheap."""
    try:
        received = KSR.pv.get("$mb")
    except UnicodeDecodeError:
        received = prefix
    if prefix.lower() in received.lower():
        KSR.textops.remove_hf_re(f"^{prefix}")


def append_header(name: str, value: str) -> None:
    """Append a header to the message."""
    _must(KSR.hdr.append(f"{name}: {value}\r\n"), f"append {name}")


def append_to_reply(name: str, value: str) -> None:
    """Append a header to the reply that we are about to send."""
    _must(KSR.hdr.append_to_reply(f"{name}: {value}\r\n"), f"append {name} to the reply")


def set_from(display: str, uri: str) -> None:
    """Replace From; the engine restores it in the dialog."""
    _must(KSR.uac.uac_replace_from(display, uri), "replace From")


# --- routing


def send_outside(uri: str, socket: str) -> None:
    """Send to where `uri` says, from the node's own address: `socket` is its UDP one, TCP and TLS find theirs."""
    set_text("$ru", uri)
    KSR.resetdsturi()
    if ";transport=" in uri:
        KSR.pv.unset("$fs")
    else:
        set_text("$fs", socket)


def is_sane() -> bool:
    """Whether the message passes the sanity checks; if not, the engine has answered it.

    The Request-URI is `gather`'s: the engine would not say 416 to what is no SIP.
    """
    return _yes(KSR.sanity.sanity_check(_CHECKS, _CHECKED_URIS))


def trust_source_port() -> None:
    """Answer to where the request came from (RFC 3581)."""
    KSR.force_rport()


class Transaction(Enum):
    """Whether a request belongs to a transaction that is alive; an absorbed one needs nothing more."""

    NONE = -1
    ABSORBED = 0
    MATCHES = 1


def transaction() -> Transaction:
    """Look the request's transaction up: a retransmission, or the ACK of a failure, is absorbed by the engine."""
    answer = KSR.tm.t_check_trans()
    return Transaction.NONE if int(answer) < 0 else Transaction.MATCHES if int(answer) > 0 else Transaction.ABSORBED


def record_route(parameter: str) -> None:
    """Add our Record-Route with this parameter, `;name=value`."""
    _must(KSR.rr.add_rr_param(parameter), "add a Record-Route parameter")
    _must(KSR.rr.record_route(), "record the route")


def follow_route() -> bool:
    """Take our Route off and set the next hop from the route set (RFC 3261 §16.4)."""
    return _yes(KSR.rr.loose_route())


def contact_is_elsewhere() -> bool:
    """Whether Contact names another address or port than the message came from."""
    contact = SipUri.parse(text("$(ct{nameaddr.uri})"))
    return contact is None or (contact.host.strip("[]"), contact.port or 5060) != (text("$si"), number("$sp"))


def alias_contact() -> None:
    """Note in Contact where its sender really is, if elsewhere, so that requests in the dialog find it."""
    if contact_is_elsewhere():
        KSR.nathelper.add_contact_alias()


def follow_alias() -> None:
    """Send to the place noted by `alias_contact`."""
    KSR.nathelper.handle_ruri_alias()


def drop_stray_reply(gateways: frozenset[str]) -> None:
    """Drop a reply that answers nothing of ours, and that neither comes from nor goes to these addresses.

    The engine would send it on to whomever its second Via names (RFC 6026 §8.5). Repeated 200s of a call pass for long.
    """
    if int(KSR.tm.t_check_trans()) < 0 and text("$si") not in gateways:
        to = {text("$sel(via[2].host)"), text("$sel(via[2].received)")} - {""}
        if not to <= gateways:
            KSR.set_drop()


def set_callbacks(reply: Callback | None = None, failure: Callback | None = None) -> None:
    """Which of our callbacks see the replies and the failure of the transaction."""
    if reply:
        KSR.tm.t_on_reply(reply)
    if failure:
        KSR.tm.t_on_failure(failure)


def set_timers(answer_s: float, silence_s: float) -> None:
    """How long to wait for the final answer, and for any answer at all, in seconds."""
    _must(KSR.tm.t_set_fr(int(answer_s * 1000), int(silence_s * 1000)), "set the timers")


def relay() -> bool:
    """Send the request on, statefully, one hop older; whether it left."""
    KSR.maxfwd.process_maxfwd(70)
    return _yes(KSR.tm.t_relay())


def reply(code: int, reason: str) -> None:
    """Answer the request, within its transaction if there is one."""
    KSR.sl.send_reply(code, reason)


def reply_in_transaction(code: int, reason: str) -> None:
    """Answer from a failure route."""
    _must(KSR.tm.t_reply(code, reason), f"reply {code}")


def rewrite_reply(code: int, reason: str) -> None:
    """Change the status line of the reply that is passing."""
    _must(KSR.textopsx.change_reply_status(code, reason), f"rewrite the reply to {code}")


def is_cancelled() -> bool:
    """Whether the caller has cancelled the transaction."""
    return _yes(KSR.tm.t_is_canceled())


def branch_timed_out() -> bool:
    """Whether the winning branch ended by a timer."""
    return _yes(KSR.tm.t_branch_timeout())


def status_code() -> int:
    """The code of the winning reply, in a failure route."""
    return int(KSR.tm.t_get_status_code())


# --- registrar


def save_bindings(aor: str) -> bool:
    """Store the contacts of a REGISTER under this AOR and answer it."""
    if contact_is_elsewhere():
        KSR.nathelper.fix_nated_register()
    return _yes(KSR.registrar.save_uri("location", 0, f"sip:{aor}"))


def bound_contacts(aor: str) -> tuple[Contact, ...]:
    """The contacts of the AOR that are stored now."""
    if not _yes(KSR.registrar.reg_fetch_contacts("location", f"sip:{aor}", "bound")):
        return ()
    places = range(number("$(ulc(bound=>count))"))
    return tuple(
        Contact(text(f"$(ulc(bound=>addr)[{n}])"), None, text(f"$(ulc(bound=>instance)[{n}])")) for n in places
    )


def is_registered(aor: str) -> bool:
    """Whether the AOR has a contact."""
    return _yes(KSR.registrar.registered_uri("location", f"sip:{aor}"))


def look_up_contacts(aor: str) -> bool:
    """Make the contacts of the AOR the targets of the request; whether there were any."""
    set_text("$ru", f"sip:{aor}")
    return _yes(KSR.registrar.lookup("location"))


# --- shared memory of this node


def shared_text(table: str, key: str) -> str | None:
    """A value in the node's shared memory."""
    value = KSR.htable.sht_get(table, key)
    return None if value is None else str(value)


def set_shared_text(table: str, key: str, value: str) -> None:
    """Set a value in the node's shared memory; it lives as long as its table says."""
    KSR.htable.sht_sets(table, key, value)


def set_shared_text_for(table: str, key: str, value: str, seconds: int) -> None:
    """Set a value in the node's shared memory that lives for so long."""
    KSR.htable.sht_setxs(table, key, value, seconds)


def increased(table: str, key: str) -> int:
    """Add one to a counter in the node's shared memory, in one step for all workers; its new value."""
    return int(KSR.htable.sht_inc(table, key))


def _yes(answer: object) -> bool:
    return answer is True or (isinstance(answer, int) and not isinstance(answer, bool) and answer > 0)


def _must(answer: object, what: str) -> None:
    if not _yes(answer):
        raise EngineRefused(f"Kamailio did not {what}")
