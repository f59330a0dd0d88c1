"""What a certificate must be, without any engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.supervision.authority import signs

from carillon.confgen.tls.certificate import read_certificate, require_pair
from carillon.model.refused import Refused
from carillon.supervision.probes.engines import certificate_words

NOW = datetime.now(UTC)


def test_a_pair_that_fits_is_taken(tmp_path: Path) -> None:
    certificate, key = signs(tmp_path, "example.org", "*.example.com")
    found = require_pair(certificate.read_text(), key.read_text(), NOW)
    assert found.names == ("example.org", "*.example.com")
    assert found.days_left(NOW) == 90
    assert found.problem(NOW) == ""


@pytest.mark.parametrize(
    ("domain", "covered"),
    [
        ("example.org", True),
        ("EXAMPLE.org", True),
        ("phones.example.com", True),
        ("example.com", False),
        ("a.b.example.com", False),
        ("example.net", False),
    ],
)
def test_the_domains_that_it_is_for(tmp_path: Path, domain: str, covered: bool) -> None:
    certificate, _ = signs(tmp_path, "example.org", "*.example.com")
    assert read_certificate(certificate.read_text()).covers(domain) is covered


def test_another_key_is_refused(tmp_path: Path) -> None:
    certificate, _ = signs(tmp_path / "one", "example.org")
    _, key = signs(tmp_path / "two", "example.org")
    with pytest.raises(Refused, match="key: doesn't belong"):
        require_pair(certificate.read_text(), key.read_text(), NOW)


def test_a_certificate_that_does_not_hold_now_is_refused(tmp_path: Path) -> None:
    certificate, key = signs(tmp_path, "example.org")
    for moment, words in ((timedelta(days=91), "certificate: ended on"), (timedelta(days=-2), "holds only from")):
        with pytest.raises(Refused, match=words):
            require_pair(certificate.read_text(), key.read_text(), NOW + moment)


def test_nonsense_is_refused_by_its_field(tmp_path: Path) -> None:
    certificate, key = signs(tmp_path, "example.org")
    with pytest.raises(Refused, match="certificate: is no PEM certificate"):
        require_pair(key.read_text(), key.read_text(), NOW)
    with pytest.raises(Refused, match="key: is no PEM private key"):
        require_pair(certificate.read_text(), certificate.read_text(), NOW)


def test_the_last_days_are_a_warning_and_the_end_is_a_problem(tmp_path: Path) -> None:
    certificate = read_certificate(signs(tmp_path, "example.org", days=30.5)[0].read_text())
    assert certificate_words(certificate, NOW) == ("", "")
    problem, warning = certificate_words(certificate, NOW + timedelta(days=20))
    assert problem == ""
    assert "ends in 10 days" in warning
    problem, warning = certificate_words(certificate, NOW + timedelta(days=31))
    assert "ended on" in problem
    assert warning == ""
