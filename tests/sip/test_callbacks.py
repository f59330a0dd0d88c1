"""The engine calls us by names: a missing one poisons a worker, and a missing case leaves a caller in silence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import get_args

import pytest

from carillon.kamailio.routes import Callback, PresenceCallback
from carillon.routing.decision import Effect, Outcome


@pytest.fixture
def engine_stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module that only Kamailio has, to import ours; the imports are forgotten afterwards."""
    known = set(sys.modules)
    monkeypatch.setitem(sys.modules, "KSR", ModuleType("KSR"))
    yield
    for name in set(sys.modules) - known:
        if name.startswith("carillon.kamailio"):
            del sys.modules[name]


@pytest.mark.parametrize("callback", Callback)
@pytest.mark.usefixtures("engine_stub")
def test_each_callback_is_there(callback: Callback) -> None:
    from carillon.kamailio.worker import Worker

    assert callable(getattr(Worker, callback))


@pytest.mark.parametrize("callback", PresenceCallback)
@pytest.mark.usefixtures("engine_stub")
def test_each_callback_of_the_presence_server_is_there(callback: PresenceCallback) -> None:
    from carillon.kamailio.notifier import Notifier

    assert callable(getattr(Notifier, callback))


@pytest.mark.usefixtures("engine_stub")
def test_each_effect_is_carried_out() -> None:
    from carillon.kamailio.effects import GROUPS

    assert GROUPS.keys() == set(get_args(Effect))


@pytest.mark.parametrize("kind", get_args(Outcome))
@pytest.mark.usefixtures("engine_stub")
def test_each_outcome_is_carried_out(kind: type) -> None:
    from carillon.kamailio import perform

    assert getattr(perform, kind.__name__) is kind
