"""What the call logic says: exactly one outcome, effects in order, what to remember, and why."""

from __future__ import annotations

from typing import NamedTuple

from carillon.model.frozen import dataclass
from carillon.routing.anchor import Anchor, Side
from carillon.routing.bans import Guess
from carillon.routing.dialogs import LiveDialog
from carillon.routing.facts import Flow, Gateway
from carillon.routing.latefork import LateFork
from carillon.routing.memo import Memo
from carillon.routing.progress import Progress
from carillon.stores.ports import Limit, Place, RingProfile

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Relay:
    """Send the request to this gateway as `sip:called`; no answer at all within `silence_s` is silence."""

    gateway: Gateway
    called: str
    silence_s: float = 1.5
    answer_s: int = 300


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring the contacts of an AOR for `ring_s` seconds, by their q; a phone silent for `silence_s` is unreachable."""

    aor: str
    ring_s: int
    silence_s: float = 5.0


@dataclass(frozen=True, slots=True)
class RingNext:
    """Ring those contacts of an AOR that come after the ones that have failed, by their q, for `ring_s` seconds."""

    aor: str
    ring_s: int
    silence_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Trunk:
    """Send the request to this URI of a trunk; a far end that does not ring for `ring_s` seconds has not answered.

    It goes to `target`, a SIP URI with an address, "" for where the engine finds that of the trunk.
    """

    name: str
    uri: str
    ring_s: int = 180
    silence_s: float = 4.0
    target: str = ""


@dataclass(frozen=True, slots=True)
class Save:
    """Store the bindings of a REGISTER under this AOR and answer it (RFC 3261 §10.3); no `changes`: it only asks.

    `encrypted` is how they ring; `dialect` is the number of how their maker writes things; `priority` goes before
    their own q. `longest_s` is for how long they are stored at most, None for as long as the registrar does. With
    `removes` contacts are taken away.
    """

    aor: str
    encrypted: bool = False
    changes: bool = True
    dialect: int = 0
    priority: float | None = None
    longest_s: int | None = None
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Submit:
    """Send a SUBSCRIBE or PUBLISH about this AOR to the presence server, which answers within `silence_s`."""

    aor: str
    server: Gateway
    silence_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send a MESSAGE to every device of an AOR; when none takes it, to `keeper`, if that is given."""

    aor: str
    keeper: Gateway | None
    answer_s: float = 8.0
    silence_s: float = 4.0


@dataclass(frozen=True, slots=True)
class RingFlow:
    """Send the request to one phone, by the way that its registration has kept; its node of the call waits longer."""

    flow: Flow
    answer_s: int = 400
    silence_s: float = 4.0


@dataclass(frozen=True, slots=True)
class SaveCopy:
    """Store what another node has said of a phone that it is home to, under this AOR."""

    aor: str


@dataclass(frozen=True, slots=True)
class LetGo:
    """Close the connection that the request names: its phone is to come to another node."""


@dataclass(frozen=True, slots=True)
class EndWatch:
    """Send a NOTIFY of the daemon `siblings` to a phone, by the way that it names."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Relay an in-dialog request: to this gateway, whatever it says; None: along its route set (RFC 3261 §16.12)."""

    gateway: Gateway | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Send a CANCEL of no transaction here on: to this gateway, these places outside, or the phones of this AOR."""

    gateway: Gateway | None = None
    aor: str = ""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with this final code, reason phrase and further headers."""

    code: int
    reason: str
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class ForkLate:
    """End a call with the answer `said`, and ring the phone at `place` that has made it as one more of another one.

    That is named in `fork`, and `headers` come to the phone with it. If somebody has done so a moment ago: `late`.
    """

    fork: LateFork
    place: tuple[str, int]
    said: Reply
    late: Reply
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """Ask for credentials: 401 where we are the end, 407 where we are on the way (RFC 3261 §22)."""

    code: int
    realm: str
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Say nothing: what RFC 3261 wants for a stray ACK, and what the banned get."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Let a reply or a failure go on as it is."""


@dataclass(frozen=True, slots=True)
class Retarget:
    """The call is for somebody else now: decide again, for `called` (`user@domain`) with these private headers."""

    called: str
    progress: Progress
    private: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """End this leg so that Asterisk dials again, with this token of the call's progress. It is for our eyes only."""

    token: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Decide again, knowing whether there is room for this call under all these limits.

    A place is taken under all of them and on the first of `lines` that has one, or nowhere; at the same instant another
    call gets it or not. `instead` is a call whose places this one takes over. `parties` are people (addresses of
    record): of each the same trip asks which Asterisk has a call.
    """

    leg: str
    limits: tuple[Limit, ...]
    lines: tuple[Limit, ...] = ()
    instead: str = ""
    parties: tuple[str, ...] = ()


_Sent = Relay | Ring | RingNext | Trunk | Submit | Deliver | Follow | Cancel
Outcome = (
    _Sent
    | RingFlow
    | ForkLate
    | Save
    | SaveCopy
    | LetGo
    | EndWatch
    | Reply
    | Challenge
    | Drop
    | Pass
    | Retarget
    | Resume
    | Claim
)


@dataclass(frozen=True, slots=True)
class StripPrivate:
    """Remove every private header: this message crosses a border."""


@dataclass(frozen=True, slots=True)
class RemoveHeader:
    """Remove all headers of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class AddHeader:
    """Append a header."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SetFrom:
    """Show this caller: display name and URI, restored in replies of the dialog by the engine."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class GoDirect:
    """In a branch: leave the phone's home out, and send to where the phone says that it is."""


@dataclass(frozen=True, slots=True)
class RingAs:
    """Tell each phone that is to ring, in the words of its maker, that this is a call of such an origin."""

    origin: str
    ring: RingProfile


@dataclass(frozen=True, slots=True)
class RecordRoute:
    """Stay in the dialog's path and mark it as ours with this proof, and with what the relay carries of it."""

    proof: str
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class MarkWatched:
    """Say in the Record-Route whom a subscription is about, and whose it is: `by`, an extension of the same domain."""

    aor: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class MarkOutside:
    """Say in the Record-Route that the other end of the dialog is outside, behind a trunk."""


@dataclass(frozen=True, slots=True)
class MarkRoute:
    """Say in the Record-Route of one branch what the relay carries of it."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class MarkTimer:
    """Say in our Record-Route how long an interval of the call's session timer may be, in seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AnchorMedia:
    """Have the relay carry the sound: rewrite this message's description, an offer or an answer, for `side`.

    What is done to the sound follows from the anchor's reasons; `options` go to the relay as they are. From an answer
    with `record` on the sound is written down, and this text is kept with it.
    """

    anchor: Anchor
    side: Side
    answer: bool = False
    options: tuple[str, ...] = ()
    record: str = ""


@dataclass(frozen=True, slots=True)
class NoteLoss:
    """Keep among the recordings that this one could not be made, and why. `recording` is its text."""

    recording: str
    why: str


@dataclass(frozen=True, slots=True)
class ReleaseMedia:
    """Have the relay forget a session."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class ExpectAnswer:
    """The replies to this request describe sound that the relay carries; `answer` unless they make the offer."""

    anchor: Anchor
    side: Side
    answer: bool = True

    def __str__(self) -> str:
        return f"{self.anchor} {self.side} {'answer' if self.answer else 'offer'}"

    @classmethod
    def parse(cls, text: str) -> ExpectAnswer:
        """What `str()` wrote; raises ValueError on anything else."""
        anchor, side, kind = text.split()
        known = Anchor.parse(anchor)
        if known is None:
            raise ValueError(f"{anchor!r} is no anchor")
        return cls(known, Side(side), kind == "answer")


@dataclass(frozen=True, slots=True)
class RewriteReply:
    """Change the code and reason of the reply that is passing."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class NoteRefusal:
    """Remember in the transaction that a phone refused with this code, in case another one stays silent."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """Prove to a trunk who we are, by one of its challenges (header, value). The password is nowhere in a decision."""

    domain: str
    trunk: str
    uri: str
    challenges: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class NoteRinging:
    """Remember in the transaction that the far end rang: from now on nothing else is tried."""


@dataclass(frozen=True, slots=True)
class AskName:
    """Have sources outside be asked, in the background, who an outside number (E.164) of a domain is."""

    domain: str
    number: str


@dataclass(frozen=True, slots=True)
class MarkLeg:
    """Note in the node's shared memory that the far end of a leg gave this final code."""

    leg: str
    code: int


@dataclass(frozen=True, slots=True)
class PutHandOver:
    """Tell the inbound leg, through the hand-over store, the real code, reason and headers."""

    leg: str
    code: int
    reason: str
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepDialog:
    """Note in the node's shared memory the dialog that begins with this request."""

    dialog: LiveDialog


@dataclass(frozen=True, slots=True)
class FollowCall:
    """Have the engine follow the call that begins with this request, as no Asterisk does: see `calls.spirals`.

    `caller` and `called` are addresses; `caller_is` and later `NameParty` are what `PrivateHeader.PARTY` says.
    """

    leg: str
    caller: str
    called: str
    caller_is: str = ""


@dataclass(frozen=True, slots=True)
class NameParty:
    """Note with a call that the engine follows who is being called now, as `PrivateHeader.PARTY` says it."""

    party: str


@dataclass(frozen=True, slots=True)
class NoteTaken:
    """Note in the node's shared memory that a ringing call is being picked up: its phones are told so when they stop.

    `taken` is False where that has failed.
    """

    call_id: str
    taken: bool = True


@dataclass(frozen=True, slots=True)
class NoteKept:
    """Note in the node's shared memory that nobody at the other side of this call can give it to somebody else.

    Further phones may come to ring for it, see `ForkLate`.
    """

    call_id: str


@dataclass(frozen=True, slots=True)
class EndRinging:
    """Have the engine end a call that rings, by its Call-ID, as if its caller had hung up."""

    call_id: str


@dataclass(frozen=True, slots=True)
class NoteReferral:
    """Note in the node's shared memory that somebody (`by`) sends the other side of his call into this dialog."""

    call_id: str
    by: str


@dataclass(frozen=True, slots=True)
class NoteBusy:
    """Note in the node's shared memory that a caller found somebody busy; both by address of record."""

    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class DialogRings:
    """A phone rings, in the dialog of the reply that is passing: its note says so, with the phone's tag."""


@dataclass(frozen=True, slots=True)
class DialogUp:
    """A phone has taken the call, in the dialog of the reply that is passing."""


@dataclass(frozen=True, slots=True)
class DialogEnds:
    """The dialog of the message is over: its note goes."""


@dataclass(frozen=True, slots=True)
class ReleaseSlots:
    """Give back the places of a call that did not come about, by `Limit` as text."""

    leg: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteTold:
    """Leave for the inbound leg what its caller is to be told of who rings, in the node's shared memory."""

    leg: str
    text: str


@dataclass(frozen=True, slots=True)
class Journal:
    """Write a line to the log, for administrators."""

    text: str


@dataclass(frozen=True, slots=True)
class SpendNonce:
    """Note by which request this use of a nonce is taken: nothing else passes with it (RFC 7616 §3.4)."""

    use: str
    by: str


@dataclass(frozen=True, slots=True)
class CountGuess:
    """Count wrong credentials; too many of them are a ban."""

    guess: Guess


@dataclass(frozen=True, slots=True)
class SetBody:
    """Send this body, of this media type, in place of what is there."""

    body: str
    kind: str


@dataclass(frozen=True, slots=True)
class CountMessage:
    """Count a message of this device (`user@domain`), or what it asks, with the method before it."""

    device: str


_OfHeaders = StripPrivate | RemoveHeader | AddHeader | SetFrom | RingAs
OfMessage = _OfHeaders | SetBody | RewriteReply | GoDirect | AnswerChallenge
"""What the message says, and where it goes."""

OfRoute = RecordRoute | MarkRoute | MarkTimer | MarkWatched | MarkOutside
"""What our Record-Route says."""

OfSound = AnchorMedia | NoteLoss | ReleaseMedia | ExpectAnswer
"""What the media relay does."""

OfDialog = KeepDialog | DialogRings | DialogUp | DialogEnds
"""What the note of a dialog says."""

OfCall = FollowCall | NameParty | NoteTaken | NoteKept | EndRinging | NoteReferral
"""What becomes of a call, this one or another."""

Noted = NoteRinging | SpendNonce | NoteRefusal | MarkLeg | NoteTold | NoteBusy | CountMessage
"""What is remembered in the transaction, or in the node's shared memory."""

Told = Journal | AskName | CountGuess | PutHandOver | ReleaseSlots
"""What others are told: administrators, daemons, stores."""

Effect = OfMessage | OfRoute | OfSound | OfDialog | OfCall | Noted | Told


class TraceRow(NamedTuple):
    """One rule's word: `verdict` is short (`passed`, `refused`, …), `fact` is what decided."""

    rule: str
    verdict: str
    fact: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer of a route. `memo` is what later routes of the same transaction need."""

    outcome: Outcome
    effects: tuple[Effect, ...] = ()
    memo: Memo | None = None
    trace: tuple[TraceRow, ...] = ()
