"""Configurations compared and listed, without any engine."""

from __future__ import annotations

from pathlib import Path

from carillon.confgen import history
from carillon.confgen.difference import MASK, difference, differing

MANAGER = "[carillon]\nsecret = {}\nread = all\n"
KEY = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"


def test_a_difference_names_the_file_and_both_sides() -> None:
    before, after = {"redis": {"redis.conf": "maxmemory 1\nport 0"}}, {"redis": {"redis.conf": "maxmemory 2\nport 0"}}
    assert difference(before, after) == (
        "--- redis/redis.conf (in force)\n+++ redis/redis.conf (at the next start)\n"
        "@@ -1,2 +1,2 @@\n-maxmemory 1\n+maxmemory 2\n port 0\n"
    )
    assert differing(before, after) == ["redis"]
    assert difference(after, after) == ""
    assert differing(after, after) == []


def test_no_secret_is_shown() -> None:
    before = {"asterisk": {"manager.conf": MANAGER.format("hunter2")}, "tls": {"key.pem": KEY.format("AAAA")}}
    after = {"asterisk": {"manager.conf": MANAGER.format("swordfish")}, "tls": {"key.pem": KEY.format("BBBB")}}
    text = difference(before, after)
    assert text == (
        "asterisk/manager.conf: a secret differs, which is not shown\n"
        "tls/key.pem: a secret differs, which is not shown\n"
    )
    text = difference({}, {**after, "kamailio": {"kamailio.cfg": 'modparam("uac", "restore_passwd", "abc123")\n'}})
    assert MASK in text
    assert not [secret for secret in ("swordfish", "BBBB", "abc123") if secret in text]


def test_the_history_tells_what_changed_and_gives_each_back(tmp_path: Path) -> None:
    assert history.listing(tmp_path) == []
    first = {"redis": {"redis.conf": "1"}, "tls": {"certificate.pem": "C", "key.pem": "K"}}
    second = {**first, "redis": {"redis.conf": "2"}}
    history.keep(tmp_path, first)
    history.keep(tmp_path, second)
    assert [(each.number, each.changed) for each in history.listing(tmp_path)] == [
        (1, ("redis", "tls")),
        (2, ("redis",)),
    ]
    assert history.generation(tmp_path, 1) == {"redis": {"redis.conf": "1"}, "tls": {"certificate.pem": "C"}}
    assert history.generation(tmp_path, 3) == {}
