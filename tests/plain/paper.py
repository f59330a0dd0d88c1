"""The engine on paper: it reads real SIP messages, answers what Kamailio would, and writes down what it is told to do.

No test asks whether it is like Kamailio: live tests do that with the real one. It is here to show that two ways through
our worker tell the engine the same, and how many instructions each takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

Told = tuple[str, tuple[object, ...]]
"""A function of the engine with its arguments."""

LOOKS = frozenset({"pv.get", "htable.sht_get", "tm.t_check_trans", "isbiflagset"}) | {
    *("registrar.registered_uri", "registrar.reg_fetch_contacts"),
}
"""What changes nothing is not written down; neither is what comes to the same, see `Paper.told`."""


@dataclass
class Message:
    """A SIP message and where it came from."""

    text: str
    address: str = "10.79.0.9"
    port: int = 5070
    transport: str = "udp"

    @property
    def head(self) -> str:
        return self.text.partition("\r\n\r\n")[0]

    @property
    def body(self) -> str:
        return self.text.partition("\r\n\r\n")[2]

    @property
    def first(self) -> list[str]:
        return self.head.partition("\r\n")[0].split(" ", 2)

    def headers(self, name: str) -> list[str]:
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return [value.strip() for key, _, value in lines if key.strip().lower() == name.lower()]

    def header(self, name: str) -> str | None:
        found = self.headers(name)
        return found[0] if found else None


def _uri(value: str) -> str:
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.partition(";")[0]


def _tag(value: str) -> str | None:
    found = re.search(r";tag=([^;]+)", value)
    return found[1] if found else None


@dataclass
class Paper:
    """`contacts` are those of each AOR: contact and branch flags; `paths` where those are sent that say so.

    `shared` are the tables of shared memory.
    """

    message: Message = field(default_factory=lambda: Message("OPTIONS sip:x SIP/2.0\r\n\r\n"))
    transaction: int = -1
    contacts: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    shared: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    set: dict[str, str] = field(default_factory=dict)
    lines: list[Told] = field(default_factory=list)
    looked: str = ""
    aimed: bool = False
    heard_at: int = 5060

    def __post_init__(self) -> None:
        for part in ("pv", "hdr", "tm", "rr", "sl", "htable", "registrar", "nathelper", "textops", "textopsx"):
            setattr(self, part, _Part(self, part))
        for part in ("maxfwd", "sanity", "uac", "xlog", "rtpengine", "siputils", "pvx"):
            setattr(self, part, _Part(self, part))

    def receives(self, message: Message, transaction: int = -1, kept: dict[str, str] | None = None) -> None:
        """A message; `kept` are the values of its transaction."""
        self.message, self.transaction, self.kept, self.set = message, transaction, dict(kept or {}), {}
        self.lines, self.aimed = [], False

    @property
    def told(self) -> list[Told]:
        """What the engine was told. Headers that are appended one behind the other are as good as one by one."""
        return self.lines

    def call(self, name: str, *values: object) -> object:
        answer = _ANSWERS.get(name)
        if name not in LOOKS:
            self.lines.append((name, values))
        return answer(self, *values) if answer else 1

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *values: self.call(name, *values)

    def value(self, variable: str) -> str | int | None:  # noqa: PLR0911, PLR0912 -- a row for each
        message = self.message
        if variable in self.set:
            return self.set[variable]
        if variable.startswith("$_s("):
            parts = variable[4:-1].split("\x1e")
            return "\x1e".join("<null>" if (value := self.value(part)) is None else str(value) for part in parts)
        if variable.startswith("$avp("):
            return self.kept.get(variable)
        if found := re.fullmatch(r"\$hdr\((.*)\)", variable):
            return message.header(found[1])
        if found := re.fullmatch(r"\$hdrc\((.*)\)", variable):
            return len(message.headers(found[1]))
        if found := re.fullmatch(r"\$\(hdr\((.*)\)\[\*\]\)", variable):
            return ",".join(message.headers(found[1])) or None
        if found := re.fullmatch(r"\$\(ulc\(\w+=>(\w+)\)(\[\d+\])?\)", variable):
            return self._contact(found[1], int(found[2][1:-1]) if found[2] else 0)
        if found := re.fullmatch(r"\$\(branch\(dst_uri\)\[(\d+)\]\)", variable):
            return self._path(int(found[1]) + 1)
        first, sender, to = message.first, message.header("From") or "", message.header("To") or ""
        match variable:
            case "$rm":
                return first[0]
            case "$ru" | "$ou":
                return first[1]
            case "$rs":
                return int(first[1])
            case "$rr":
                return first[2]
            case "$ci":
                return message.header("Call-ID")
            case "$cs":
                return (message.header("CSeq") or "").split(" ")[0]
            case "$si":
                return message.address
            case "$sp":
                return message.port
            case "$proto":
                return message.transport
            case "$Rp":
                return self.heard_at
            case "$Ri":
                return "10.79.0.1"
            case "$fu":
                return _uri(sender)
            case "$tu":
                return _uri(to)
            case "$ft":
                return _tag(sender)
            case "$tt":
                return _tag(to)
            case "$fn":
                return sender.partition("<")[0].strip() or None
            case "$rb":
                return message.body or None
            case "$bs":
                return len(message.body)
            case "$mb":
                return message.text
            case "$(ct{nameaddr.uri})":
                return _uri(message.header("Contact") or "") or None
            case "$branch(count)":
                return max(0, len(self._found()) - 1)
            case "$du":
                return self._path(0)
            case "$bf":
                return self._found()[0][1] if self._found() else 0
            case _:
                return None

    def _found(self) -> list[tuple[str, int]]:
        return self.contacts.get(self.looked, [])

    def _path(self, n: int) -> str | None:
        """Where the target of this place is sent, once contacts were looked up for this message."""
        return self.paths.get(self._found()[n][0]) if self.aimed and n < len(self._found()) else None

    def _contact(self, what: str, n: int) -> str | int | None:
        bound = self._found()
        if what == "count":
            return len(bound)
        address, flags = bound[n]
        values: dict[str, str | int] = {"addr": address, "expires": 3600, "q": -1, "cflags": flags, "regid": 0}
        return values.get(what)


class _Part(SimpleNamespace):
    """A module of the engine."""

    def __init__(self, paper: Paper, name: str) -> None:
        super().__init__()
        self._paper, self._name = paper, name

    def __getattr__(self, name: str) -> Callable[..., object]:
        function = f"{self._name}.{name}"
        made = lambda *values: self._paper.call(function, *values)  # noqa: E731
        setattr(self, name, made)
        return made


def _sets(paper: Paper, variable: str, value: str) -> int:
    (paper.kept if variable.startswith("$avp(") else paper.set)[variable] = value
    return 1


def _aor(paper: Paper, uri: str) -> int:
    paper.looked = uri.removeprefix("sip:")
    return 1 if paper.contacts.get(paper.looked) else -1


def _look_up(paper: Paper) -> int:
    paper.aimed = True
    return _aor(paper, paper.set["$ru"])


def _inc(paper: Paper, table: str, key: str) -> int:
    value = int(paper.shared.setdefault(table, {}).get(key, "0")) + 1
    paper.shared[table][key] = str(value)
    return value


def _flags(paper: Paper, place: int) -> int:
    found = paper._found()
    return found[place][1] if place < len(found) else 0


def _put(paper: Paper, table: str, key: str, value: str, *_: int) -> int:
    paper.shared.setdefault(table, {})[key] = value
    return 1


_ANSWERS: dict[str, Callable[..., object]] = {
    "pv.get": Paper.value,
    "pv.sets": _sets,
    "tm.t_check_trans": lambda paper: paper.transaction,
    "htable.sht_get": lambda paper, table, key: paper.shared.get(table, {}).get(key),
    "htable.sht_inc": _inc,
    "htable.sht_iterator_next": lambda paper, name: -1,  # nobody has calls elsewhere that are looked through
    "htable.sht_sets": _put,
    "htable.sht_setxs": _put,
    "htable.sht_rm": lambda paper, table, key: paper.shared.get(table, {}).pop(key, None),
    "isbiflagset": lambda paper, bit, place: 1 if _flags(paper, place) >> bit & 1 else -1,
    "registrar.registered_uri": lambda paper, table, uri: 1 if paper.contacts.get(uri.removeprefix("sip:")) else -1,
    "registrar.reg_fetch_contacts": lambda paper, table, uri, name: _aor(paper, uri),
    "registrar.lookup": lambda paper, table: _look_up(paper),
}
