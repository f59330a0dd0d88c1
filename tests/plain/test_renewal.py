"""A worker whose file of secrets is replaced between two messages: it seals by the new one, and takes both."""

from __future__ import annotations

import re
import time
from unittest.mock import patch

from tests.plain.call import from_phone
from tests.plain.office import DOMAIN, SECRET, register
from tests.plain.ways import NOW, Arrival, Ways

from carillon.sip.digest import NonceState, nonce_state
from carillon.sip.seal import Secrets
from carillon.stores.secretring import FIRST, Ring

NEW = b"n" * 32


def asked(ways: Ways) -> str:
    """The nonce by which a stranger is asked, by the short path."""
    arrival, worker = Arrival(from_phone(register())).known(), ways.office.worker
    ways.paper.receives(arrival.message, arrival.transaction, arrival.kept)
    with patch.object(time, "time", lambda: NOW):
        worker.ksr_known_request(None, *arrival.given)
    found = re.search(r'nonce="([^"]+)"', str(ways.paper.lines))
    assert found
    return found[1]


def test_it_seals_by_the_new_one_with_the_next_message(ways: Ways) -> None:
    before = asked(ways)
    file = ways.office.place / "secrets"
    fresh = file.with_suffix(".new")
    fresh.write_text(Ring(FIRST, SECRET.current).offered(7, NEW, 0).sealing(time.time()).written())
    fresh.replace(file)
    after = asked(ways)
    assert nonce_state(SECRET, DOMAIN, before, NOW) is NonceState.FRESH
    assert nonce_state(Secrets(NEW), DOMAIN, after, NOW) is NonceState.FRESH
    both = ways.office.worker.node.secrets
    assert {nonce_state(both, DOMAIN, one, NOW) for one in (before, after)} == {NonceState.FRESH}
