"""What the real Kamailio says of what it does not have: daemons that want it removed have what they wanted."""

from __future__ import annotations

import pytest
from tests.live.company import Company

from carillon.calls.dialognotes import KamailioNotes
from carillon.supervision.rpc import NotThere, RpcFailed, call

pytestmark = pytest.mark.engines

QUESTIONS = (
    ("htable.get", "dialogs", "nobody's"),
    ("htable.delete", "dialogs", "nobody's"),
    ("ul.lookup", "location", "nobody@example.org"),
    ("ul.rm_contact", "location", "nobody@example.org", "sip:nobody@192.0.2.1"),
    ("uac.reg_unregister", "l_uuid", "nobody"),
    ("uac.reg_remove", "nobody"),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda words: words[0])
def test_what_is_not_there_is_told_apart(company: Company, question: tuple[str, ...]) -> None:
    with pytest.raises(NotThere):
        call(company.building.paths.kamailio_rpc, *question)


@pytest.mark.parametrize("question", [("no.such.method",), ("htable.delete", "no-such-table", "nobody's")])
def test_what_is_refused_is_not_taken_for_it(company: Company, question: tuple[str, ...]) -> None:
    with pytest.raises(RpcFailed) as refused:
        call(company.building.paths.kamailio_rpc, *question)
    assert not isinstance(refused.value, NotThere)


def test_a_note_that_kamailio_removed_first_is_forgotten_without_a_word(company: Company) -> None:
    KamailioNotes(company.building.paths.kamailio_rpc).forget("nobody's")
