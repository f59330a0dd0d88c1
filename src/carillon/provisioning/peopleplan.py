"""What an import of people comes to: which users and numbers change, and which lines are refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.rights import parse_rights
from carillon.model.site import DEFAULT_SITE
from carillon.model.user import User, require_extension
from carillon.provisioning.csvlines import Line, RefusedLine
from carillon.provisioning.peoplefile import numbers_in

Key = tuple[str, str]
"""A domain, and what is unique in it: an extension, a number, the name of a site."""

Owners = Mapping[Key, str]
"""Whom each number reaches, own extensions too."""


@dataclass(frozen=True, slots=True)
class Known:
    """The truth before the import."""

    default_domain: str
    domains: frozenset[str]
    sites: frozenset[Key]
    users: Mapping[Key, User]
    owners: Owners
    main_numbers: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one line wants: the user before and after. `numbers` None leaves them; `gives_up` are those that go."""

    line: int
    before: User | None
    after: User
    numbers: tuple[str, ...] | None
    gives_up: frozenset[str] = frozenset()

    @property
    def key(self) -> Key:
        return self.after.domain, self.after.extension

    @property
    def claims(self) -> tuple[str, ...]:
        """The numbers that must be this user's afterwards."""
        return (self.after.extension, *(self.numbers or ()))


@dataclass(frozen=True, slots=True)
class Plan:
    """Users to add and to change (before, after); numbers with whom they reach before and after, None for nobody."""

    added: tuple[User, ...]
    changed: tuple[tuple[User, User], ...]
    numbers: Mapping[Key, tuple[str | None, str | None]]
    unchanged: int
    touched: int
    refused: tuple[RefusedLine, ...]


def plan(known: Known, lines: Iterable[Line | RefusedLine], told: Callable[[], None] = lambda: None) -> Plan:
    """What `lines` come to; `told` is called after each. A line with a fault leaves everything of it as it was."""
    wanted, refused = _understood(known, lines, told)
    wanted, conflicts, owners = _without_conflicts(known, wanted)
    numbers = _moved(known.owners, owners)
    with_numbers = {(domain, extension) for (domain, _), ends in numbers.items() for extension in ends if extension}
    changed = tuple((one.before, one.after) for one in wanted if one.before and one.before != one.after)
    same = [one for one in wanted if one.before == one.after]
    return Plan(
        tuple(one.after for one in wanted if one.before is None),
        changed,
        numbers,
        sum(one.key not in with_numbers for one in same),
        sum(one.key in with_numbers for one in same),
        tuple(sorted((*refused, *conflicts), key=lambda fault: fault.number)),
    )


def _understood(
    known: Known, lines: Iterable[Line | RefusedLine], told: Callable[[], None]
) -> tuple[list[Wanted], list[RefusedLine]]:
    """Each line by itself."""
    current = _current_numbers(known)
    seen: dict[Key, Wanted] = {}
    refused: list[RefusedLine] = []
    for line in lines:
        told()
        if isinstance(line, RefusedLine):
            refused.append(line)
            continue
        try:
            one = _wanted(known, current, line)
            if one.key in seen:
                raise Refused("extension", f"{one.key[1]} is on line {seen[one.key].line} already; keep one of them.")
            seen[one.key] = one
        except Refused as fault:
            refused.append(RefusedLine(line.number, fault.field, fault.sentence))
    return list(seen.values()), refused


def _wanted(known: Known, current: Mapping[Key, frozenset[str]], line: Line) -> Wanted:
    domain, extension = _place(known, line.cells)
    before = known.users.get((domain, extension))
    after = _after(known, line.cells, before or User(domain, extension, "new", site=DEFAULT_SITE), before is None)
    numbers = numbers_in(line.cells["numbers"]) if "numbers" in line.cells else None
    if numbers is not None:
        numbers = tuple(number for number in numbers if number != extension)
    gives_up = frozenset() if numbers is None else current.get((domain, extension), frozenset()) - frozenset(numbers)
    shown = after.caller_number
    if shown in gives_up and (domain, shown) not in known.main_numbers:
        raise Refused("numbers", f"lack {shown}, the number that {extension} shows; keep it, or change that first.")
    return Wanted(line.number, before, after, numbers, gives_up)


def _place(known: Known, cells: Mapping[str, str]) -> Key:
    """Domain and extension of a line; the domain may also stand behind an '@'."""
    extension, at, named = cells["extension"].partition("@")
    require_extension("extension", extension)
    written = cells.get("domain", "")
    domain = domain_name(written or named) if written or at else known.default_domain
    if domain not in known.domains:
        raise Refused("domain", f"{domain} isn't served here; add it with `carillon domain add {domain}`.")
    if at and domain_name(named) != domain:
        raise Refused("domain", f"{cells['extension']} isn't in {domain}; write the domain once.")
    return domain, extension


def _after(known: Known, cells: Mapping[str, str], base: User, is_new: bool) -> User:
    """The user with the cells of a line. No site and no rights leave them; no e-mail address clears it."""
    if is_new and "name" not in cells:
        raise Refused("name", f"is missing, and {base.extension} is new; add a column of that name.")
    site = cells.get("site") or base.site
    if (base.domain, site) not in known.sites:
        raise Refused("site", f"there is no site {site!r} in {base.domain}; see `carillon site list`.")
    rights = cells.get("rights")
    return replace(
        base,
        name=cells.get("name", base.name),
        email=(cells["email"] or None) if "email" in cells else base.email,
        site=site,
        rights=parse_rights("rights", rights) if rights else base.rights,
    )


def _without_conflicts(known: Known, wanted: list[Wanted]) -> tuple[list[Wanted], list[RefusedLine], dict[Key, str]]:
    """The lines whose numbers are free, or given up in the same file; the first one of two gets a number.

    A refused line gives nothing up, so that others may be refused for it: again, until nobody is.
    """
    refused: list[RefusedLine] = []
    while True:
        owners = dict(known.owners)
        for one in wanted:
            for number in one.gives_up:
                del owners[one.after.domain, number]
        kept, faults = [], []
        for one in wanted:
            fault = _claim(owners, one)
            if fault is None:
                kept.append(one)
            else:
                faults.append(fault)
        if not faults:
            return wanted, refused, owners
        wanted = kept
        refused.extend(faults)


def _claim(owners: dict[Key, str], one: Wanted) -> RefusedLine | None:
    """Give a line its numbers, all or none."""
    domain, extension = one.key
    for number in one.claims:
        holder = owners.get((domain, number), extension)
        if holder != extension:
            use = "the extension of a user" if holder == number else f"a number of {holder}"
            field = "extension" if number == extension else "numbers"
            return RefusedLine(one.line, field, f"{number} is {use} in {domain} already; choose another one.")
    owners.update(((domain, number), extension) for number in one.claims)
    return None


def _current_numbers(known: Known) -> dict[Key, frozenset[str]]:
    """The further numbers of each user."""
    found: dict[Key, set[str]] = {}
    for (domain, number), extension in known.owners.items():
        if number != extension:
            found.setdefault((domain, extension), set()).add(number)
    return {key: frozenset(numbers) for key, numbers in found.items()}


def _moved(before: Owners, after: Owners) -> dict[Key, tuple[str | None, str | None]]:
    """Further numbers whose owner changes; own extensions come with their users."""
    further = {key: owner for key, owner in after.items() if owner != key[1]}
    gone = {key: (owner, further.get(key)) for key, owner in before.items() if after.get(key) != owner}
    come: dict[Key, tuple[str | None, str | None]] = {
        key: (None, owner) for key, owner in further.items() if key not in before
    }
    return {**gone, **come}
