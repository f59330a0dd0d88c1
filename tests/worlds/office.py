"""What people do on phones, as scenarios say it: both worlds implement these verbs; SIP only where it is the point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Header = tuple[str, str]


class Call(Protocol):
    """A call that somebody has begun."""

    def rings(self, *people: Person) -> None:
        """It rings at each of these people."""

    def does_not_ring(self, person: Person) -> None:
        """It does not ring there."""

    def is_up(self) -> None:
        """Caller and callee are connected, and hear each other."""

    def is_served_by(self, service: str) -> None:
        """One of our own services has answered: its name, and behind a colon what it was told."""

    def types(self, keys: str) -> None:
        """The caller presses these keys, for the service that has answered."""

    def is_over(self) -> None:
        """Both sides have seen its end."""

    def failed(self, code: int) -> None:
        """The caller was told this code."""

    def was_told(self, header: str, containing: str) -> None:
        """With the failure came this header."""

    def was_not_told(self, header: str, containing: str) -> None:
        """The failure came without such a header."""

    def caller_hears(self, code: int, header: str, containing: str) -> None:
        """With the reply of this code, which rings or answers, came this header with this text."""

    def caller_hears_no(self, code: int, header: str) -> None:
        """The reply of this code came without this header."""

    def shows(self, person: Person, name: str, number: str) -> None:
        """The phone of `person` shows this caller."""

    def is_for(self, provider: Person, number: str) -> None:
        """The provider was asked for this number."""

    def takes(self, other: Call) -> None:
        """It has taken `other`, which rang elsewhere: both callers are connected, and no phone shows a missed call."""

    def is_told(self, person: Person, header: str, containing: str) -> None:
        """The INVITE at `person` carried this header with this text."""

    def arrived_with(self, person: Person, header: str) -> bool:
        """Whether the INVITE at `person` carried this header."""


class Sent(Protocol):
    """A message that somebody has sent."""

    def arrived(self) -> None:
        """A device of the other side has taken it."""

    def is_kept(self) -> None:
        """Nobody was there: the sender was told that it is kept."""

    def failed(self, code: int) -> None:
        """The sender was told this code."""


class Letter(Protocol):
    """A message that somebody reads."""

    def is_from(self, person: Person) -> None:
        """It shows who wrote it, by name and address."""

    def is_dated(self) -> None:
        """It shows when it was written."""


class Friend(Protocol):
    """Somebody whom one's phone watches."""

    def is_shown(self, *, online: bool, activity: str = "", note: str = "") -> None:
        """The phone comes to show this: `activity` is `away`, `busy` or nothing special."""


class Lamp(Protocol):
    """A lamp for somebody's calls."""

    def blinks(self, caller: str) -> None:
        """A call rings there, and the lamp names who calls: an extension, or "" for one who withholds himself."""

    def shines(self) -> None:
        """A call is up."""

    def is_dark(self) -> None:
        """There is no call."""


class Person(Protocol):
    """Somebody with one phone, or more."""

    name: str
    extension: str

    def calls(self, whom: Person | str, headers: Iterable[Header] = ()) -> Call: ...

    def answers(self, call: Call) -> None: ...

    def refuses(self, call: Call, code: int, reason: str = "", headers: Iterable[Header] = ()) -> None: ...

    def lets_it_ring(self, call: Call) -> None:
        """Nobody answers, as long as the phone rings."""

    def sends_on(self, call: Call, to: Person | str) -> None:
        """The phone answers 302 with another number."""

    def picks_up(self, whom: Person | str = "") -> Call:
        """The code for pick-up is dialled, with somebody's extension or alone."""

    def replaces(self, call: Call, at: Person, form: str = "{call_id};to-tag={ours};from-tag={theirs}") -> Call:
        """A call with Replaces for the one that is there at `at`; `form` says how it is written."""

    def hangs_up(self, call: Call) -> None: ...

    def cancels(self, call: Call) -> None: ...

    def calls_in(self, number: str, as_number: str, headers: Iterable[Header] = ()) -> Call:
        """A provider brings a call in, for a number of ours, from somebody outside."""

    def publishes(self, activity: str, note: str = "") -> None:
        """The phone says how its user is: `away`, `busy`, or nothing special. It must be one that does so."""

    def watches(self, whom: Person) -> Friend:
        """The phone shows from now on how somebody is."""

    def has_lamp_for(self, whom: Person | str) -> Lamp:
        """A lamp shows from now on what calls somebody has, or a group that has this number."""

    def writes(self, whom: Person | str, text: str) -> Sent:
        """A message to somebody, of whatever domain, or to a number of one's own."""

    def reads(self, text: str) -> Letter:
        """A message with this text has come."""

    def has_read(self, *texts: str) -> None:
        """These have come, in this order, and no others."""

    def unplugs(self) -> None:
        """The phone takes its registration away."""

    def plugs_in(self) -> None:
        """The phone registers."""

    def loses_power(self) -> None:
        """The phone is gone, and nobody was told."""


class Component(Protocol):
    """An engine that may die."""

    def dies(self) -> None: ...

    def returns(self) -> None: ...


class Office(Protocol):
    """An office with Alice (101), Bob (102) and Carol (103), registered, each with one phone."""

    alice: Person
    bob: Person
    carol: Person
    gateway: Component
    redis: Component
    services: Component

    def stranger(self) -> Person:
        """Somebody whom the system does not know."""

    def impostor(self, person: Person) -> Person:
        """Somebody who gives himself out as `person`, without the password."""

    def second_phone(
        self,
        person: Person,
        *,
        user_agent: str = "",
        q: float | None = None,
        priority: float | None = None,
        publishes: bool = False,
    ) -> Person:
        """A further phone of the same person: how it calls itself, the q it gives, and what an administrator says.

        One that `publishes` says how its user is.
        """

    def first_rings(self, priority: float, *, agent: str = "", device: str = "", override: bool = False) -> None:
        """Phones that fit ring at this priority if they send no q; with `override` also if they do."""

    def rings_alike(self, person: Person) -> None:
        """The phones of this person are not told with which ring a call rings."""

    def chooses_ring(self, origin: str, **changes: Any) -> None:
        """The domain has its own ring for calls of this origin; fields of `model.ring.Ring`."""

    def hires(self, name: str, extension: str, domain: str = "") -> Person:
        """A new colleague, in force at once; in another domain if given."""

    def dismisses(self, person: Person) -> None:
        """The person is removed, in force at once."""

    def numbers(self, person: Person, number: str) -> None:
        """A further number reaches the person."""

    def provider(self, name: str = "provider", number: str = "+3225550100") -> Person:
        """A provider whose trunk takes all outside numbers; the first is tried first. It reads out what it is sent.

        `number` is our main number there.
        """

    def notices(self, provider: Person) -> None:
        """The system has found out, by itself, that a provider does not answer."""

    def is_a_branch_without(self, *elsewhere: Person) -> None:
        """This is a branch whose link is cut, and these people are at other places; simulated only."""

    def is_a_branch_that_loses(self, *elsewhere: Person) -> None:
        """The same, but the branch notices the cut only when these people's phones are silent; simulated only."""

    def calls_for_help_as(self, number: str) -> None:
        """The number that emergency services call back at the main site."""

    def allows(self, person: Person, *classes: str) -> None:
        """The person may make outside calls of these classes."""

    def forwards(self, person: Person, cause: str, *targets: Person | str, **settings: Any) -> None:
        """A row at the end of the person's table; `settings` as of `carillon forwarding add`."""

    def is_in_state(self, person: Person, state: str) -> None:
        """What the person, or an administrator, says: `away`, `dnd` and so on."""

    def knows(self, number: str, name: str, owner: Person | None = None) -> None:
        """An address book knows whose number that is: a shared one, or the person's own."""

    def asks_outside(self, names: dict[str, str]) -> None:
        """Another system, which knows these names by number, is asked by REST."""

    def has_heard(self, numbers: int) -> None:
        """The other system has said the names of so many numbers."""

    def carries(self, person: Person, mobile: str) -> None:
        """The person has this mobile telephone."""

    def trusts(self, provider: Person) -> None:
        """What this provider says of callers' numbers is believed."""

    def gives_pin(self, person: Person, pin: str) -> None:
        """The PIN of the person's mailbox."""

    def groups(self, name: str, *members: Person) -> None:
        """A new group of these people, in the domain of the first: they may pick each other up."""

    def lets_pick_up(self, person: Person, *of: Person | str, by: str = "group") -> None:
        """The person may pick up these besides, and may be picked up by those; as `carillon user set` has it."""

    def lists_callers(self, name: str, *callers: str) -> None:
        """A caller list."""

    def is_open(self, name: str, *, always: bool) -> None:
        """A schedule that is always open, or never."""

    def has_group(self, name: str, *members: Person, number: str = "", **settings: Any) -> None:
        """A ring group, reached by a number if given; `settings` are `ring`, `ring_s` and `then`."""

    def answers_at(self, number: str, target: str) -> None:
        """A number reaches something that answers by itself."""

    def lets_write(self, sender: Person, receiver: Person) -> None:
        """People of the one's domain may write to those of the other's."""

    def limits(self, whom: Person, most: int | None) -> None:
        """A person, or a provider's trunk, has at most so many calls at once."""

    def tells_of_callback(self, *, hint: bool) -> None:
        """Whether who finds a colleague busy is told how to be called back."""

    def limits_all(self, most: int | None) -> None:
        """All people of the domain together have at most so many calls at once."""

    def limits_group(self, name: str, most: int, *people: Person) -> None:
        """A group of these people; there are at most so many calls in which one of them is."""

    def wants_no_second_call(self, person: Person) -> None:
        """Who calls the person during a call finds him busy."""

    def counts(self, whom: Person, calls: int) -> None:
        """The person, of whom calls are counted, has so many; after a call has begun or ended that is so at once."""

    def frees(self, whom: Person) -> None:
        """The person has no call any more."""

    def is_quiet(self) -> None:
        """Nobody in the domain, of which calls are counted, has one any more."""

    def ladder(self) -> str:
        """What happened, with the rules beside it; printed when a scenario fails."""
