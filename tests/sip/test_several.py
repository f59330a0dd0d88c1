"""Values that are read together are the same as when each is read alone, whatever a sender writes."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("caller", "called"),
    [("101", "102"), ("", "102"), ("10\x1e1", "102"), ("Jos\xe9", "102"), ("101", "\x1e")],
    ids=["plain", "no value", "our separator", "not UTF-8", "only our separator"],
)
def test_each_value_arrives(caller: str, called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"$fU": caller, "$rU": called}

    def get(variable: str) -> str | None:
        if "s.encode.hexa" in variable:
            return values["$" + variable[2:].partition("{")[0]].encode("latin-1").hex()
        if variable.startswith("$_s("):
            parts = variable[4:-1].split("\x1e")
            found: str | None = "\x1e".join(values[part] or "<null>" for part in parts)
        else:
            found = values[variable] or None
        return None if found is None else found.encode("latin-1").decode()

    known = set(sys.modules)
    monkeypatch.setitem(sys.modules, "KSR", ModuleType("KSR"))
    from carillon.kamailio import ksr

    try:
        monkeypatch.setattr(ksr, "KSR", SimpleNamespace(pv=SimpleNamespace(get=get)))
        assert ksr.Several("$fU", "$rU").texts() == [caller, called]
    finally:
        for name in set(sys.modules) - known:
            if name.startswith("carillon.kamailio"):
                del sys.modules[name]
