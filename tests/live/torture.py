"""Messages of RFC 4475's kinds, by its sections: what is done to a proper INVITE of 101 to 102."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.phones.message import Message

Change = Callable[[Message, str], Message]
"""From a proper INVITE and the domain to the message of the section."""


def line(text: str) -> Change:
    """Another first line; `@` stands for `@DOMAIN`."""
    return lambda m, domain: Message(text.replace("@", f"@{domain}") + m.text[m.text.index("\r\n") :])


def header(name: str, value: str) -> Change:
    """Another value of a header; none if empty. `@` stands for `@DOMAIN`, `TAG` for the caller's tag."""

    def change(message: Message, domain: str) -> Message:
        new = f"{name}: {value}\r\n".replace("@", f"@{domain}").replace("TAG", message.tag("From")) if value else ""
        text, times = re.subn(rf"(?im)^{name}:.*\r\n", lambda _: new, message.text, count=1)
        assert times == 1, f"there is no {name}"
        return Message(text)

    return change


def more(text: str) -> Change:
    """A further header."""
    return header("Max-Forwards", f"70\r\n{text}")


def tortuous(invite: Message, domain: str) -> Message:
    """Compact and odd names, folded lines, blanks everywhere, unknown parameters, headers in another order."""
    place, via = (invite.header("Contact") or "").partition("@")[2], invite.header("Via") or ""
    lines = [
        f"INVITE {invite.uri};unknownparam SIP/2.0",
        f"TO :\r\n <{invite.uri}>    ;   unknown = value",
        f'from   : "J Rosenberg \\\\\\""       <sip:101@{domain}>\r\n  ;\r\n  tag = {invite.tag("From")}',
        "MaX-fOrWaRdS: 0068",
        f"i: {invite.header('Call-ID')}",
        f"cseq:   {invite.cseq[0]:04}    INVITE",
        "Via  : " + via.replace("SIP/2.0/", "SIP  / 2.0\r\n /") + ";secret = unknown",
        "s :",
        "NewFangledHeader:   newfangled value\r\n continued newfangled value",
        "UnknownHeaderWithUnusualValue: ;;,,;;,;",
        "Content-Type: application/sdp",
        f'm:"Quoted string \\"\\"" <sip:101@{place} ; newparam =\r\n  newvalue ;\r\n  secondparam ; q = 0.33',
        *(f"Proxy-Authorization: {value}" for value in invite.headers("Proxy-Authorization")),
        f"l: {len(invite.body.encode())}",
    ]
    return Message("\r\n".join([*lines, "", invite.body]))


def without_branch(invite: Message, domain: str) -> Message:
    """As RFC 2543 wrote it."""
    return Message(re.sub(r"(?m)^(Via: .*);branch=[^;\r]*", r"\1", invite.text))


VALID: dict[str, Change] = {
    "3.1.1.1 short and tortuous": tortuous,
    "3.1.1.2 a wide range of characters": more("extensionHeader: \ufeff大停電"),
    "3.1.1.3 escaped characters in the URI": line("INVITE sip:1%302@ SIP/2.0"),
    "3.1.1.6 no blank before the bracket": header("From", "caller<sip:101@>;tag=TAG"),
    "3.1.1.7 long values": header("From", f'"{"long " * 60}" <sip:101@>;tag={"t" * 400};x{"long" * 30}'),
    "3.1.1.9 parameters of the user": line("INVITE sip:102;par=u%40example.net@ SIP/2.0"),
    "3.1.1.10 unknown transports below": more("Via: SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bKt5"),
    "3.1.2.10 blanks at the end of the line, which harm nobody": line("INVITE sip:102@ SIP/2.0  "),
    "3.1.2.11 headers in the URI, which are not followed": line("INVITE sip:102@?Route=%3Csip:x%3E SIP/2.0"),
    "3.1.2.12 a strange time zone": more("Date: Fri, 01 Jan 2010 16:00:00 EST"),
    "3.1.2.4 Max-Forwards beyond 255, which is cut": header("Max-Forwards", "300"),
    "3.3.7 an unknown scheme of credentials": more('Authorization: NoOneKnowsThisScheme opaque-data="here"'),
    "3.4.1 no branch, as in RFC 2543": without_branch,
    "a telephone number (RFC 3966)": line("INVITE tel:1-0-2;phone-context=example.org SIP/2.0"),
    "a thousand headers": more("\r\n".join(f"X-{n}: {n}" for n in range(1000))),
}

INVALID: dict[str, tuple[Change, int]] = {
    "3.1.1.4 escaped nulls are nobody's number": (line("INVITE sip:null-%00-null@ SIP/2.0"), 404),
    "3.1.1.5 a percent sign in the method, which the credentials don't cover": (
        lambda m, d: Message(m.text.replace("INVITE", "RE%47IST%45R")),
        407,
    ),
    "3.1.2.1 extra separators": (header("Contact", "<sip:101@>;;,;,,"), 400),
    "3.1.2.4 CSeq too great": (header("CSeq", "36893488147419103232 INVITE"), 400),
    "3.1.2.6 an unterminated quote": (header("From", '"Mr. J. User <sip:101@>;tag=TAG'), 400),
    "3.1.2.7 brackets around the URI": (line("INVITE <sip:102@> SIP/2.0"), 400),
    "3.1.2.17 CSeq of another method": (header("CSeq", "2 OPTIONS"), 400),
    "3.1.2.18 an unknown method, CSeq of another": (line("NEWMETHOD sip:102@ SIP/2.0"), 400),
    "3.3.2 an unknown scheme": (line("INVITE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0"), 416),
    "3.3.3 a known scheme that is none of ours": (line("INVITE soap.beep://192.0.2.103:3002 SIP/2.0"), 416),
    "3.3.5 Proxy-Require": (more("Proxy-Require: nothingSupportsThis"), 420),
    "3.3.5 Require": (more("Require: nothingSupportsThis"), 420),
    "3.3.6 an unknown type of body": (header("Content-Type", "application/unknown"), 415),
    "3.3.11 Max-Forwards of zero": (header("Max-Forwards", "0"), 483),
}

DROPPED: dict[str, Change] = {
    "3.1.1.1 a folded line within CSeq (valid)": header("CSeq", "2\r\n INVITE"),
    "3.1.1.2 every mark of a token in a header's name (valid)": more("extensionHeader-!.%*+_`'~: x"),
    "3.1.2.3 negative Content-Length": header("Content-Length", "-999"),
    "3.1.2.8 blanks within the URI": line("INVITE sip:102@; lr SIP/2.0"),
    "3.1.2.9 more blanks than one": line("INVITE  sip:102@  SIP/2.0"),
    "3.1.2.16 another version": line("INVITE sip:102@ SIP/7.0"),
    "3.3.1 no From": header("From", ""),
    "3.3.1 no To": header("To", ""),
    "3.3.1 no Call-ID": header("Call-ID", ""),
    "3.3.1 no CSeq": header("CSeq", ""),
    "3.3.8 doubled To, From, Call-ID and CSeq": lambda m, d: Message(
        re.sub(r"(?im)^((?:To|From|CSeq|Call-ID): .*\r\n)", r"\1\1", m.text)
    ),
    "3.3.9 two lengths": header("Content-Length", "5\r\nContent-Length: 134"),
}
"""What Kamailio's parser throws away before any routing: nobody answers, nothing rings. The RFC takes the first two
as valid; the others may be answered 400 or 505 by whoever can."""

RESPONSES = {
    "3.1.2.5 values beyond all bounds": "SIP/2.0 503 Service Unavailable\r\nCSeq: 9292394834772304023312 OPTIONS",
    "3.1.2.19 a code beyond all bounds": "SIP/2.0 4294967301 better not break the receiver\r\nCSeq: 1 OPTIONS",
    "3.1.1.12 an unusual reason": "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять\r\nCSeq: 1 OPTIONS",
    "3.1.1.13 an empty reason": "SIP/2.0 100 \r\nCSeq: 1 OPTIONS",
    "3.3.10 a Via of everybody": "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9",
}
"""Answers to nothing that was asked."""
