"""Counters of calls in this node's Redis: leased places, claimed and counted in one step, so that two never get one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from carillon.routing.decision import Claim
from carillon.routing.facts import Slots
from carillon.stores import keys
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import Limit

# KEYS: a set for each limit, then for each line, then the stream of claims.
# ARGV: now, end of the lease, leg, the call that it replaces, how many limits, of each its most (-1: any), its name.
# The gateways of people are among KEYS behind the stream.
# Gives: which limit is full (0: none), which line was chosen (0: none), then of each how many others, and whether new;
# then of each of those people where he has a call ('': nowhere).
CLAIM = """
local now, till, leg, instead, limits = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local sets = (#ARGV - 5) / 2
local others, answer = {}, {}
local function has_room(i)
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', '(' .. now)
  local count, most = redis.call('ZCARD', KEYS[i]), tonumber(ARGV[4 + 2 * i])
  local mine = redis.call('ZSCORE', KEYS[i], leg) and 1 or 0
  if instead ~= '' and redis.call('ZSCORE', KEYS[i], instead) then mine = mine + 1 end
  others[i] = count - mine
  return mine > 0 or most < 0 or others[i] < most
end
local full, line = 0, 0
for i = 1, limits do
  if not has_room(i) and full == 0 then full = i end
end
for i = limits + 1, sets do
  if has_room(i) and line == 0 then line = i end
end
if full == 0 and line == 0 and sets > limits then full = limits + 1 end
local names = {}
local function take(i)
  if instead ~= '' then redis.call('ZREM', KEYS[i], instead) end
  local new = redis.call('ZADD', KEYS[i], 'GT', till, leg)
  redis.call('EXPIRE', KEYS[i], 60)
  if new == 1 then names[#names + 1] = ARGV[5 + 2 * i] end
  return new
end
local new = {}
if full == 0 then
  for i = 1, limits do new[i] = take(i) end
  if line > 0 then new[line] = take(line) end
  if #names > 0 then
    redis.call('XADD', KEYS[sets + 1], 'MAXLEN', '~', 10000, '*', 'leg', leg, 'scopes', table.concat(names, '\\n'))
    redis.call('EXPIRE', KEYS[sets + 1], 7200)
  end
end
answer[1], answer[2] = full, line
for i = 1, sets do
  answer[#answer + 1] = others[i]
  answer[#answer + 1] = new[i] or 0
end
for i = sets + 2, #KEYS do answer[#answer + 1] = redis.call('GET', KEYS[i]) or '' end
return answer
"""


class RedisCallCounts:
    """Places of calls, see `routing.limits`. Every method raises StoreDown."""

    def __init__(self, node: NodeRedis) -> None:
        self._node = node
        self._claim = node.redis.register_script(CLAIM)

    def claim(self, wanted: Claim) -> Slots:
        """Take a place under every limit and on a line, or nowhere."""
        asked = (*wanted.limits, *wanted.lines)
        places = [keys.calls(one.scope, one.name) for one in asked]
        now = time.time()
        described = [text for one in asked for text in (-1 if one.most is None else one.most, str(one))]
        values = [now, now + keys.CLAIM_S, wanted.leg, wanted.instead, len(wanted.limits), *described]
        people = [keys.gateway(aor) for aor in wanted.parties]
        answer = self._node.ask(lambda: self._claim(keys=[*places, keys.CLAIMS, *people], args=values))
        numbers, told = answer[: 2 + 2 * len(asked)], answer[2 + 2 * len(asked) :]
        gateways = {aor: at.decode() for aor, at in zip(wanted.parties, told, strict=True) if at}
        return replace(slots_of(wanted, [int(number) for number in numbers]), gateways=gateways)

    def release(self, leg: str, names: Iterable[str]) -> None:
        """Give places back; `names` are `SCOPE NAME`. Who reads claims reads that, too."""
        gone = tuple(names)

        def trip() -> None:
            pipeline = self._node.redis.pipeline(transaction=False)
            for name in gone:
                pipeline.zrem(f"{keys.COUNTER}{name}", leg)
            left = {"leg": leg, "left": "\n".join(gone)}
            pipeline.xadd(keys.CLAIMS, left, maxlen=keys.CLAIMS_KEPT, approximate=True)  # type: ignore[arg-type]
            pipeline.execute()

        self._node.ask(trip)

    def counts(self, limits: Sequence[Limit]) -> dict[Limit, int]:
        """How many calls there are now; takes nothing."""

        def trip() -> list[int]:
            pipeline = self._node.redis.pipeline(transaction=False)
            for one in limits:
                pipeline.zcount(keys.calls(one.scope, one.name), time.time(), "+inf")
            return list(pipeline.execute())

        return dict(zip(limits, self._node.ask(trip), strict=True)) if limits else {}


def slots_of(wanted: Claim, answer: Sequence[int]) -> Slots:
    """What the script's numbers mean."""
    asked = (*wanted.limits, *wanted.lines)
    full, line, *rest = answer
    others, new = rest[0::2], rest[1::2]
    counts = dict(zip(asked, others, strict=True))
    return Slots(
        wanted.leg,
        asked,
        counts,
        tuple(one for one, is_new in zip(asked, new, strict=True) if is_new),
        asked[full - 1] if full else None,
        asked[line - 1] if line else None,
        frozenset(one for one in wanted.lines if one.most is not None and counts[one] >= one.most),
    )


def would_claim(wanted: Claim, counts: Mapping[Limit, int]) -> Slots:
    """What a claim would give with these counts of other calls: the same rule, for worlds without Redis."""
    asked = (*wanted.limits, *wanted.lines)

    def has_room(one: Limit) -> bool:
        return one.most is None or counts.get(one, 0) < one.most

    full = next((place for place, one in enumerate(wanted.limits, 1) if not has_room(one)), 0)
    line = next((place for place, one in enumerate(wanted.lines, len(wanted.limits) + 1) if has_room(one)), 0)
    if not full and not line and wanted.lines:
        full = len(wanted.limits) + 1
    taken = () if full else (*range(1, len(wanted.limits) + 1), *((line,) if line else ()))
    numbers = [(counts.get(one, 0), int(place in taken)) for place, one in enumerate(asked, 1)]
    return slots_of(wanted, [full, line, *(number for pair in numbers for number in pair)])
