"""The typed façade of Kamailio's KEMI: the only module that imports `KSR`.

KEMI logs and returns False on a wrong argument, and its tests return 1 or -1, which are both true in Python; here they
become booleans. Strings cross as strict UTF-8; Latin-1 names from trunks are read byte by byte.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from ipaddress import ip_address

import KSR

from carillon.kamailio.routes import CHECKED_URIS, CHECKS, Callback
from carillon.sip.contacts import Contact
from carillon.sip.uri import SipUri
from carillon.stores.registrationjournal import HIDDEN_AT_HOME, Binding

SAVE_AND_PREPARE_REPLY = 0x02 | 0x10
EXPIRED = 10
"""The expiry that the engine gives to a contact that is removed, until its timer has written that."""

ENCRYPTED = 5
BEHIND_NAT = 6
"""Flags of a registration, which the engine keeps with it; `kamailio.cfg` names the second one too."""

DIALECT, DIALECT_BITS = 16, 5
"""The first flag of the number of its phone's dialect, and how many there are."""

SOCKET_IS_TOLD = 3
"""A flag of a REGISTER that says in a header which socket its phone is reached by; `kamailio.cfg` names it too."""

_BETWEEN = "\x1e"
_NULL = "<null>"
"""How the engine writes a pseudo-variable that has no value, in the midst of a text."""


_ON_FLOW = f"tm:branch-failure:{Callback.FLOW}"


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


class Several:
    """Pseudo-variables that are read together: one look at the engine costs little more than each of them would."""

    def __init__(self, *variables: str) -> None:
        self._variables = variables
        self._together = f"$_s({_BETWEEN.join(variables)})"

    def texts(self) -> list[str]:
        """Each as `text` reads it. One by one where a sender writes our separator, bytes of his own, or too much."""
        try:
            found = KSR.pv.get(self._together)
        except UnicodeDecodeError:
            found = None
        values = [] if found is None else found.split(_BETWEEN)
        if len(values) != len(self._variables):
            return [text(variable) for variable in self._variables]
        return ["" if value == _NULL else value for value in values]

    def together(self) -> str:
        """All as one text with `plain.S` between; "" when some have bytes that are not UTF-8, or are too long."""
        try:
            return KSR.pv.get(self._together) or ""
        except UnicodeDecodeError:
            return ""


def number(variable: str, default: int = 0) -> int:
    """A pseudo-variable as a number."""
    value = KSR.pv.get(variable)
    return default if value is None else _whole_number(value, default)


def _whole_number(value: str | int, default: int = 0) -> int:
    try:
        return int(value)
    except ValueError:
        return default


def source_address() -> str:
    """Where the message came from, in canonical form: the engine writes IPv6 addresses at full length."""
    return canonical(text("$si"))


def set_text(variable: str, value: str) -> None:
    """Set a pseudo-variable; raises EngineRefused."""
    if not _yes(KSR.pv.sets(variable, value)):
        raise EngineRefused(f"Kamailio did not set {variable}")


def log(level: str, message: str) -> None:
    """Write to the engine's log; `level` as in Kamailio: err, warn, notice, info, dbg."""
    KSR.xlog.xlog(f"l_{level}", message.replace("$", "$$") + "\n")


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


def remove_all_headers_beginning(prefix: str) -> None:
    """The same where there are some."""
    KSR.textops.remove_hf_re(f"^{prefix}")


def append_header(name: str, value: str) -> None:
    """Append a header to the message."""
    if not _yes(KSR.hdr.append(f"{name}: {value}\r\n")):
        raise EngineRefused(f"Kamailio did not append {name}")


def append_to_reply(name: str, value: str) -> None:
    """Append a header to the reply that we are about to send."""
    _must(KSR.hdr.append_to_reply(f"{name}: {value}\r\n"), f"append {name} to the reply")


def say_why(reason: str) -> None:
    """Give a CANCEL this Reason (RFC 3326), which the engine takes over into its own."""
    KSR.hdr.remove("Reason")
    append_header("Reason", reason)
    if not _yes(KSR.textopsx.msg_apply_changes()):
        raise EngineRefused("Kamailio did not give a reason")


def set_from(display: str, uri: str) -> None:
    """Replace From; the engine restores it in the dialog."""
    _must(KSR.uac.uac_replace_from(display, uri), "replace From")


# --- routing


def send_outside(uri: str, socket: str, target: str = "") -> None:
    """Send `uri` to where `target` or itself says, from the node's own address: `socket` is its UDP one.

    TCP and TLS find theirs; "" lets the engine find it.
    """
    set_text("$ru", uri)
    if target:
        KSR.setdsturi(target)
    else:
        KSR.resetdsturi()
    if ";transport=" in (target or uri) or not socket:
        KSR.pv.unset("$fs")
    else:
        set_text("$fs", socket)


def is_sane() -> bool:
    """Whether the message passes the sanity checks; if not, the engine has answered it.

    The Request-URI is `gather`'s: the engine would not say 416 to what is no SIP.
    """
    return _yes(KSR.sanity.sanity_check(CHECKS, CHECKED_URIS))


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


def is_absorbed() -> bool:
    """Whether the request is a retransmission, or the ACK of a failure, with which the engine has done already."""
    return int(KSR.tm.t_check_trans()) == 0


def mark_route(parameter: str) -> None:
    """Add this parameter, `;name=value`, to our Record-Route, whether it is there already or not."""
    _must(KSR.rr.add_rr_param(parameter), "add a Record-Route parameter")


def record_route(parameter: str) -> None:
    """Add our Record-Route with this parameter, `;name=value`."""
    mark_route(parameter)
    _must(KSR.rr.record_route(), "record the route")


def record_dialog(parameter: str, proof: str) -> None:
    """`record_route`, for a dialog that the engine may follow by itself when it sees this proof again."""
    record_route(f";{parameter}={proof}")
    KSR.pv.sets("$var(proof)", proof)


def follow_call(**known: str) -> None:
    """Have the engine's dialog of this request kept, and these words with it."""
    KSR.dialog.dlg_manage()
    for name, value in known.items():
        KSR.pv.sets(f"$dlg_var({name})", value)


def restore_uri() -> None:
    """Give a request the URI again that it came with."""
    set_text("$ru", text("$ou"))


def follow_route() -> bool:
    """Take our Route off and set the next hop from the route set (RFC 3261 §16.4)."""
    return _yes(KSR.rr.loose_route())


CONTACT = ("$(ct{nameaddr.uri})", "$si", "$sp")
"""Where Contact says that its sender is, and where the message came from: address and port."""
_CONTACT = Several(*CONTACT)


def alias_contact(uri: str, address: str, port: str) -> None:
    """Note in Contact where its sender really is, if elsewhere, so that requests in the dialog find it: see CONTACT."""
    if _is_elsewhere(uri, address, port):
        KSR.nathelper.add_contact_alias()


def alias_own_contact() -> None:
    """`alias_contact`, for who has not read the Contact."""
    alias_contact(*_CONTACT.texts())


def _is_elsewhere(uri: str, address: str, port: str) -> bool:
    contact = SipUri.parse(uri)
    if contact is None:
        return True
    return (canonical(contact.host.strip("[]")), str(contact.port or 5060)) != (canonical(address), port)


def follow(next_hop: str, socket: str) -> None:
    """Relay a request of a dialog to this next hop, by this socket; "": to the place noted by `alias_contact`.

    All in one, for the short path: `follow_route`, and what follows it there.
    """
    if KSR.rr.loose_route() <= 0:
        KSR.sl.send_reply(404, "Not Found")
        return
    if next_hop:
        KSR.pv.sets("$du", next_hop)
        KSR.pv.sets("$fs", socket)
    else:
        KSR.nathelper.handle_ruri_alias()
    KSR.maxfwd.process_maxfwd(70)
    if KSR.tm.t_relay() <= 0:
        KSR.sl.send_reply(500, "Next Hop Unreachable")


def send_to_gateway(uri: str, next_hop: str, socket: str, answer_s: int, silence_s: float, *, alias: bool) -> None:
    """Send a call as `uri` to this next hop by this socket, noting in Contact where its sender really is if `alias`.

    All in one, for the short path: what `perform` does with a `Relay`.
    """
    KSR.pv.sets("$ru", uri)
    KSR.pv.sets("$du", next_hop)
    KSR.pv.sets("$fs", socket)
    if alias:
        KSR.nathelper.add_contact_alias()
    KSR.tm.t_on_reply(Callback.REPLY)
    KSR.tm.t_on_failure(Callback.FAILURE)
    KSR.tm.t_set_fr(int(answer_s * 1000), int(silence_s * 1000))
    KSR.maxfwd.process_maxfwd(70)
    if KSR.tm.t_relay() <= 0:
        KSR.sl.send_reply(500, "Next Hop Unreachable")


TARGETS = Several("$branch(count)", "$bf", "$du")
"""After `look_up_contacts`: how many further targets there are; the first one's flags, and where it is sent."""


def ring_one(flags: int, next_hop: str, answer_s: int, silence_s: float) -> bool:
    """Ring the only target of a request, as `TARGETS` has it; whether it left. In one, for the short path."""
    if flags >> ENCRYPTED & 1:
        KSR.tm.t_on_branch(Callback.BRANCH)
    if ";lr" not in next_hop:
        KSR.set_forward_no_connect()
    KSR.tm.t_on_reply(Callback.REPLY)
    KSR.tm.t_on_failure(Callback.FAILURE)
    KSR.tm.t_set_fr(int(answer_s * 1000), int(silence_s * 1000))
    KSR.maxfwd.process_maxfwd(70)
    return bool(KSR.tm.t_relay() > 0)


def dialect_in(flags: int) -> int:
    """The dialect of a phone, by the flags of its registration."""
    return flags >> DIALECT & (1 << DIALECT_BITS) - 1


def alias_this_contact() -> None:
    """Note in Contact where its sender really is."""
    KSR.nathelper.add_contact_alias()


def follow_alias() -> None:
    """Send to the place noted by `alias_contact`."""
    KSR.nathelper.handle_ruri_alias()


def stray_reply(gateways: frozenset[str], socket_towards: Callable[[str], str]) -> None:
    """Drop a reply that answers nothing of ours, and that neither comes from nor goes to these addresses.

    The engine sends it on to whomever its second Via names (RFC 6026 §8.5): repeated 200s of a call pass for long, and
    the answer to a call that rang when we were started. To phones it must go from our address outside.
    """
    if int(KSR.tm.t_check_trans()) >= 0:
        return
    host, received = text("$sel(via[2].host)"), text("$sel(via[2].received)")
    if {host, received} - {""} <= gateways:
        return
    if text("$si") not in gateways:
        _drop()
    elif text("$sel(via[2].transport)").upper() == "UDP" and (socket := socket_towards(received or host)):
        set_text("$fs", socket)


def send_back(message: str) -> str:
    """Send a whole message to whoever sent the one at hand, by the way by which that came; where that is, in words."""
    own, far, by = _bracketed(text("$Ri")), _bracketed(text("$si")), text("$pr").lower()
    place = f"{far}:{number('$sp')}"
    _must(KSR.corex.sendx(f"sip:{place};transport={by}", f"{by}:{own}:{number('$Rp')}", message), f"send to {place}")
    return place


def drop() -> None:
    """In a reply route: the reply goes no further."""
    _drop()


def set_callbacks(reply: Callback | None = None, failure: Callback | None = None) -> None:
    """Which of our callbacks see the replies and the failure of the transaction."""
    if reply:
        KSR.tm.t_on_reply(reply)
    if failure:
        KSR.tm.t_on_failure(failure)


def set_branch_callback(callback: Callback) -> None:
    """Which of our callbacks sees the request once for each target, just before it leaves."""
    KSR.tm.t_on_branch(callback)


def next_hops() -> tuple[str, ...]:
    """Where the request is to be sent, for each target that says so."""
    others = (text(f"$(branch(dst_uri)[{n}])") for n in range(number("$branch(count)")))
    return tuple(hop for hop in (text("$du"), *others) if hop)


def is_reached_directly() -> bool:
    """In a branch: whether its phone, that has its home at a sibling, can be reached from here: UDP and no NAT."""
    return text("$(ru{uri.transport})").lower() in ("", "udp") and not _yes(KSR.isbiflagset(HIDDEN_AT_HOME, 0))


def go_direct(socket: str) -> None:
    """In a branch: send to where its Request-URI says, from this UDP socket of ours.

    Said in words: without a next hop the engine would keep the one from before the branch.
    """
    set_text("$du", text("$ru"))
    set_text("$fs", socket)


def leads_to(places: set[str]) -> bool:
    """Whether the next hop of the request is one of these, each ADDRESS:PORT."""
    hop = SipUri.parse(text("$du"))
    return hop is not None and f"{hop.host.strip('[]')}:{hop.port}" in places


def send_by(contact: str, received: str, path: str, socket: str) -> None:
    """Send to one phone by the way that its registration has kept."""
    set_text("$ru", contact)
    hop = re.search("<([^>]*)>", path)
    if hop or received:
        set_text("$du", hop[1] if hop else received)
    else:
        KSR.resetdsturi()
    if socket:
        set_text("$fs", socket)


def connects_as_node() -> None:
    """A connection that this request needs is one to a node of ours: it shows our certificate, and wants to see one."""
    KSR.pvx.xavp_child_sets("tls", "server_id", "nodes")


def send_to_node(uri: str, socket: str) -> None:
    """Send to another node of ours. `socket` stands in our Record-Route: it comes back where nodes are known."""
    set_text("$du", uri)
    set_text("$fs", socket)
    connects_as_node()


def sibling_name() -> str:
    """Whom the verified certificate of the connection names that the message came by; "" without one."""
    return text("$tls_peer_subject_cn") if number("$tls_peer_verified") == 1 else ""


def drop_branch() -> None:
    """In a branch callback: do not send to this target."""
    _drop()


def set_timers(answer_s: float, silence_s: float) -> None:
    """How long to wait for the final answer, and for any answer at all, in seconds."""
    _must(KSR.tm.t_set_fr(int(answer_s * 1000), int(silence_s * 1000)), "set the timers")


def transaction_id() -> str:
    """By what `add_phones` finds the transaction of the message, and its CSeq."""
    return f"{text('$T(id_index)')} {text('$T(id_label)')} {text('$cs')}"


def add_phones(transaction: str, aor: str) -> bool:
    """Ring the contacts of an AOR as further ones of a transaction that has no final answer; whether any rings."""
    index, label, _ = map(int, transaction.split())
    return _yes(KSR.tsilo.ts_append_to_uri(index, label, "location", f"sip:{aor}"))


def append_target() -> None:
    """Keep the target that the request has now as a further one."""
    _must(KSR.corex.append_branch(), "append a target")


def use_open_connections() -> None:
    """Send to phones on TCP and TLS by connections that are there: a missing one is a failure at once.

    Proxies of a Path may be connected to: they listen.
    """
    others = range(number("$branch(count)"))
    targets = (text("$du"), *(text(f"$(branch(dst_uri)[{n}])") for n in others))
    if not any(";lr" in target for target in targets):
        KSR.set_forward_no_connect()


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


def save_bindings(aor: str, *, encrypted: bool, dialect: int = 0, priority: float | None = None) -> bool:
    """Store the contacts of a REGISTER under this AOR, for `accept_register`; else `refuse_register`.

    Those behind a NAT are kept open from now on. `priority`, 0 to 1, replaces their q.
    """
    if _is_elsewhere(*_CONTACT.texts()):
        KSR.nathelper.fix_nated_register()
        KSR.setbflag(BEHIND_NAT)
    if encrypted:
        KSR.setbflag(ENCRYPTED)
    for bit in range(DIALECT_BITS):
        if dialect >> bit & 1:
            KSR.setbflag(DIALECT + bit)
    if priority is not None:
        KSR.registrar.set_q_override(f"{priority:.3f}")
    return _yes(KSR.registrar.save_uri("location", SAVE_AND_PREPARE_REPLY, f"sip:{aor}"))


def shorten_register(longest_s: int) -> None:
    """Have all contacts of a REGISTER be stored for so long, as if the phone had asked for that."""
    KSR.hdr.remove("Expires")
    append_header("Expires", str(longest_s))
    KSR.textops.subst_hf("Contact", r'/;[ \t]*expires[ \t]*=[ \t]*"?[0-9]+"?//ig', "a")
    if not _yes(KSR.textopsx.msg_apply_changes()):
        raise EngineRefused("Kamailio did not shorten a registration")


def save_copy(aor: str, flags: int, leads_to: str, *, ours: bool) -> bool:
    """Store the contact of a REGISTER that was accepted before, by a sibling or here; whether it was stored.

    `leads_to` is through what it is reached, "" where the contact says so.
    """
    for bit in (ENCRYPTED, *range(DIALECT, DIALECT + DIALECT_BITS)):
        if flags >> bit & 1:
            KSR.setbflag(bit)
    if flags >> BEHIND_NAT & 1:
        KSR.setbflag(BEHIND_NAT if ours else HIDDEN_AT_HOME)
    if leads_to:
        set_text("$avp(received)", leads_to)
    KSR.setflag(SOCKET_IS_TOLD)
    return _yes(KSR.registrar.save_uri("location", SAVE_AND_PREPARE_REPLY, f"sip:{aor}"))


def accept_register() -> None:
    """Answer the REGISTER that `save_bindings` has stored, with what that has prepared."""
    KSR.sl.send_reply(200, "OK")


def refuse_register() -> None:
    """Answer the REGISTER that `save_bindings` has not stored: the registrar knows why."""
    KSR.registrar.reg_send_reply()


def close_connection(id: int) -> bool:
    """End a TCP or TLS connection; whether there is such a one."""
    return _yes(KSR.tcpops.tcp_close_connection_id(id))


def bindings(aor: str) -> tuple[Binding, ...]:
    """All that the engine keeps of the AOR's contacts."""
    if not _yes(KSR.registrar.reg_fetch_contacts("location", f"sip:{aor}", "bound")):
        return ()
    return tuple(_binding(n) for n in range(number("$(ulc(bound=>count))")))


def _binding(n: int) -> Binding:
    contact, received, path, call_id, user_agent, socket, instance, ruid, *numbers = _binding_variables(n).texts()
    return Binding(contact, received, path, call_id, user_agent, socket, instance, ruid, *map(_whole_number, numbers))


@cache
def _binding_variables(n: int) -> Several:
    """What the engine keeps of the contact `n`, in the order of `Binding`: texts, then numbers."""
    texts = ("addr", "received", "path", "callid", "user_agent", "socket", "instance", "ruid")
    numbers = ("expires", "q", "cseq", "regid", "modified", "cflags")
    return Several(*(f"$(ulc(bound=>{one})[{n}])" for one in (*texts, *numbers)))


@cache
def _contact_variables(n: int) -> Several:
    """What a rule wants to know of the contact `n`: where, until when, which device and flow."""
    return Several(*(f"$(ulc(bound=>{one})[{n}])" for one in ("addr", "expires", "instance", "regid")))


def wants_encryption(place: int = 0) -> bool:
    """Whether a target was registered for encryption: by its place among all, or the branch that is dealt with."""
    return _yes(KSR.isbiflagset(ENCRYPTED, place))


def dialects() -> frozenset[int]:
    """The dialects of the targets, those of the phones that are to ring first."""
    others = (number(f"$(branch(flags)[{n}])") for n in range(number("$branch(count)")))
    return frozenset(dialect_in(flags) for flags in (number("$bf"), *others))


def dialect() -> int:
    """In a branch callback: the dialect of the phone that is about to ring."""
    return dialect_in(number("$bf"))


def bound_contacts(aor: str) -> tuple[Contact, ...]:
    """The contacts of the AOR that are stored now."""
    if not _yes(KSR.registrar.reg_fetch_contacts("location", f"sip:{aor}", "bound")):
        return ()
    found = (_contact_variables(n).texts() for n in range(number("$(ulc(bound=>count))")))
    return tuple(
        Contact(address, None, instance, _whole_number(reg_id))
        for address, expires, instance, reg_id in found
        if _whole_number(expires) > EXPIRED
    )


def is_only_contact(aor: str, uri: str) -> bool:
    """Whether this is the AOR's only contact, or will be: of a phone that names no instance."""
    if not _yes(KSR.registrar.reg_fetch_contacts("location", f"sip:{aor}", "bound")):
        return True
    count = KSR.pv.get("$(ulc(bound=>count))")
    address, expires, instance, _ = _contact_variables(0).texts()
    return count == 1 and address == uri and not instance and _whole_number(expires) > EXPIRED


def is_reached_by_ipv6(aor: str) -> bool:
    """Whether every contact of the AOR registered by IPv6; not when there is none."""
    if not _yes(KSR.registrar.reg_fetch_contacts("location", f"sip:{aor}", "reached")):
        return False
    places = range(number("$(ulc(reached=>count))"))
    return bool(places) and all("[" in text(f"$(ulc(reached=>socket)[{n}])") for n in places)


def is_registered(aor: str) -> bool:
    """Whether the AOR has a contact."""
    return _yes(KSR.registrar.registered_uri("location", f"sip:{aor}"))


def look_up_contacts(aor: str) -> bool:
    """Make the contacts of the AOR the targets of the request; whether there were any."""
    set_text("$ru", f"sip:{aor}")
    return _yes(KSR.registrar.lookup("location"))


def keep_one_flow_a_device(aor: str) -> None:
    """Of the targets that are flows of the same device, keep the newest; the others wait for `next_flow` (RFC 5626).

    The engine sorts by q, and would leave the lower ones out: all are wanted at once, so all get the same q.
    """
    others = range(number("$branch(count)"))
    if not any(text(f"$(branch(instance)[{n}])") for n in others):
        return
    highest = max((each.q for each in bindings(aor) if each.expires > EXPIRED), default=-1)
    for n in others:
        KSR.pv.seti(f"$(branch(q)[{n}])", highest)
    KSR.tm.t_load_contacts()
    KSR.tm.t_next_contacts()
    KSR.tm.t_on_branch_failure(_ON_FLOW)


LATER = "$avp(later)"
"""How many groups of contacts wait for the ones of higher q to fail."""

_HIGHEST_Q = 1000


def arrange_contacts(aor: str) -> None:
    """Of the targets, leave those of highest q; the others wait for `next_group` (RFC 3261 §16.6).

    Of those that are flows of the same device only the newest rings; the others wait for `next_flow` (RFC 5626).
    """
    others = range(number("$branch(count)"))
    if not others:
        return
    instances = [text(f"$(branch(instance)[{n}])") for n in others]
    qs = [number(f"$(branch(q)[{n}])") for n in others]
    alike = all(q == _HIGHEST_Q for q in qs)
    if alike and not any(instances):
        return
    groups = {_HIGHEST_Q} if alike else _equal_on_one_device(aor, instances, qs)
    KSR.tm.t_load_contacts()
    KSR.tm.t_next_contacts()
    KSR.tm.t_on_branch_failure(_ON_FLOW)
    if len(groups) > 1:
        set_text(LATER, str(len(groups) - 1))


def _equal_on_one_device(aor: str, instances: list[str], qs: list[int]) -> set[int]:
    """Give all flows of a device its highest q, lest it ring twice; the different values. The first target has that."""
    bound = [(each.instance, _known_q(each.q)) for each in bindings(aor) if each.expires > EXPIRED]
    best: dict[str, int] = {}
    for instance, q in bound:
        best[instance] = max(best.get(instance, 0), q)
    found = {max((q for _, q in bound), default=_HIGHEST_Q)}
    for n, (instance, q) in enumerate(zip(instances, qs, strict=True)):
        wanted = best.get(instance, q) if instance else _known_q(q)
        if wanted != q:
            KSR.pv.seti(f"$(branch(q)[{n}])", wanted)
        found.add(wanted)
    return found


def _known_q(q: int) -> int:
    return _HIGHEST_Q if q < 0 else q


def later_groups() -> int:
    """How many groups of contacts have not rung yet."""
    return number(LATER)


def next_group() -> bool:
    """Make the contacts of the next lower q the targets; whether there were any. In a failure route."""
    later = later_groups()
    if not later or not _yes(KSR.tm.t_next_contacts()):
        return False
    set_text(LATER, str(later - 1))
    KSR.tm.t_on_branch_failure(_ON_FLOW)
    return True


def failed_branch() -> tuple[int, bool]:
    """In a branch failure route: its final code, and whether anything at all was heard from it."""
    return number("$T_reply_code"), _yes(KSR.tm.t_branch_replied())


def next_flow(watch: Callable[[], None] | None = None) -> bool:
    """Send to another flow of the device whose branch has failed; whether there was one. `watch` is called before."""
    if not _yes(KSR.tm.t_next_contact_flow()):
        return False
    if watch:
        watch()
    KSR.tm.t_on_branch_failure(_ON_FLOW)
    use_open_connections()
    return _yes(KSR.tm.t_relay())


# --- the media relay


def relay_offer(flags: str) -> bool:
    """Have the relay rewrite the message's offer; whether it did."""
    return _yes(KSR.rtpengine.rtpengine_offer(flags))


def relay_answer(flags: str) -> bool:
    """Have the relay rewrite the message's answer; whether it did."""
    return _yes(KSR.rtpengine.rtpengine_answer(flags))


def relay_delete(flags: str) -> bool:
    """Have the relay end a session; whether it did."""
    return _yes(KSR.rtpengine.rtpengine_delete(flags))


# --- the presence server


def begin_transaction() -> bool:
    """Begin the request's transaction; False for a retransmission, which the engine has absorbed."""
    return _yes(KSR.tm.t_newtran())


def keep_subscription() -> None:
    """Keep, refresh or end the subscription that a SUBSCRIBE asks for; the engine answers and tells the state."""
    KSR.presence.handle_subscribe()


def set_body(body: str, kind: str) -> None:
    """Put a body into a message that we are about to send."""
    _must(KSR.textops.set_body(body, kind), "set the body")


def end_subscription(reason: str) -> None:
    """In a NOTIFY that we are about to send: the watcher is told that it is the last one, and why (RFC 6665 §4.1.3)."""
    remove_header("Subscription-State")
    append_header("Subscription-State", f"terminated;reason={reason}")


def send_message(to: str, sender: str, next_hop: str, headers: str, body: str, name: str) -> None:
    """Send a MESSAGE; `sent_message` tells what became of the one of this name, which is its Call-ID too."""
    values = {"method": "MESSAGE", "ruri": to, "turi": to, "furi": sender, "ouri": next_hop}
    for key, value in {**values, "hdrs": headers, "body": body, "evparam": name, "callid": name}.items():
        set_text(f"$uac_req({key})", value)
    KSR.pv.seti("$uac_req(evroute)", 1)
    _must(KSR.uac.uac_req_send(), "send a MESSAGE")


def sent_message() -> tuple[str, int]:
    """In the callback of a MESSAGE of ours: its name, and the final code."""
    return text("$uac_req(evparam)"), number("$uac_req(evcode)")


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


def remove_shared(table: str, key: str) -> None:
    """Remove a value from the node's shared memory, if it is there."""
    KSR.htable.sht_rm(table, key)


def all_shared(table: str) -> dict[str, str]:
    """Every value of a table in the node's shared memory: a look at each, for what is seldom asked."""
    found: dict[str, str] = {}
    if not _yes(KSR.htable.sht_iterator_start("all", table)):
        return found
    while _yes(KSR.htable.sht_iterator_next("all")):
        found[text("$shtitkey(all)")] = text("$shtitval(all)")
    KSR.htable.sht_iterator_end("all")
    return found


def increased(table: str, key: str) -> int:
    """Add one to a counter in the node's shared memory, in one step for all workers; its new value."""
    return int(KSR.htable.sht_inc(table, key))


def canonical(address: str) -> str:
    """An IPv6 address as everybody writes it: the engine writes it at full length. Others are left alone."""
    try:
        return str(ip_address(address)) if ":" in address else address
    except ValueError:
        return address


def _bracketed(address: str) -> str:
    return f"[{address.strip('[]')}]" if ":" in address else address


def _drop() -> None:
    """Have the route that called us drop the message."""
    KSR.pv.seti("$var(drop)", 1)


def _yes(answer: object) -> bool:
    return isinstance(answer, int) and answer > 0


def _must(answer: object, what: str) -> None:
    if not _yes(answer):
        raise EngineRefused(f"Kamailio did not {what}")
