"""What the targets write, without any engine."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from carillon.confgen import asterisk, history, kamailio, redis, rtpengine, supervisor, tls
from carillon.confgen.asterisk.target import quote as quote_for_asterisk
from carillon.confgen.redis.target import quote as quote_for_redis
from carillon.confgen.supervisor.target import quote as quote_for_supervisor
from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.confgen.tls.selfsigned import ensure_certificate


def test_asterisk_listens_on_loopback_only_and_media_are_on_the_node(system: System) -> None:
    node = replace(system.node, address="192.0.2.7", advertise="203.0.113.9")
    files = asterisk.files(asterisk.context(replace(system, node=node)))
    assert "bind = 127.191.2.7:5080\n" in files["pjsip.conf"]
    assert "media_address = 192.0.2.7\n" in files["pjsip.conf"]
    assert "external_media_address = 203.0.113.9\n" in files["pjsip.conf"]
    assert "match = 127.191.2.7\n" in files["pjsip.conf"]


def test_asterisk_looks_up_no_number_of_a_transfer(system: System) -> None:
    """It would pass no rule: the one extension there says nothing of where the call goes."""
    files = asterisk.files(asterisk.context(system))
    context = files["extensions.conf"].partition("[transferred]\n")[2].partition("\n[")[0]
    assert re.findall("^exten => ([^,]*),", context, re.MULTILINE) == ["transfer"]
    assert "set_var = TRANSFER_CONTEXT=transferred\n" in files["pjsip.conf"]


@pytest.mark.parametrize("name", ["http.conf", "ari.conf"])
def test_nothing_else_of_asterisk_listens(system: System, name: str) -> None:
    assert "enabled = no" in asterisk.files(asterisk.context(system))[name]


def test_the_manager_interface_listens_on_loopback_with_a_secret_of_its_own(system: System) -> None:
    text = asterisk.files(asterisk.context(system))["manager.conf"]
    secret = re.search("secret = (.*)", text)
    assert f"bindaddr = {system.node.gateway_address}\n" in text
    assert secret is not None
    assert len(secret[1]) == 64


def test_no_name_stands_within_a_text_that_the_engine_takes_as_it_is(system: System) -> None:
    """Two strangers got the same nonce: of the text "$pp $ci", which should tell them apart, neither was filled in."""
    text = "".join(kamailio.files(kamailio.context(system)).values())
    given = re.findall(r"^\s*\$\w+\([^)]*\)\s*=\s*(.*?);", text, re.MULTILINE)
    assert '$TV(Sn) + "|" + $pp + "|" + $ci' in given
    assert [each for each in given if any("$" in part for part in re.findall('"([^"]*)"', each))] == []


def test_a_range_too_small_for_one_call_is_named(system: System) -> None:
    node = replace(system.node, rtp_start=20000, rtp_end=20001)
    problems = asterisk.verify(asterisk.context(replace(system, node=node)))
    assert [problem.split(":")[0] for problem in problems] == ["rtp_end"]


def test_trusted_networks_come_from_the_administrators_file(system: System) -> None:
    system.paths.trusted.write_text("192.0.2.0/24  # the office\n\n# nothing\n2001:db8::/32\n")
    context = kamailio.context(system)
    assert json.loads(context.settings)["trusted"] == ["192.0.2.0/24", "2001:db8::/32"]


def test_a_trusted_network_that_is_none_is_named(system: System) -> None:
    system.paths.trusted.write_text("192.0.2.0/24\n192.0.2.7/24\n")
    problems = kamailio.verify(kamailio.context(system))
    assert "trusted: '192.0.2.7/24' is no network; write one a line, such as 192.0.2.0/24." in problems


def test_nobody_is_trusted_without_the_file(system: System) -> None:
    assert json.loads(kamailio.context(system).settings)["trusted"] == []


def test_redis_listens_on_its_socket_only(system: System) -> None:
    text = redis.files(redis.context(system))["redis.conf"]
    assert "port 0\n" in text
    assert f"unixsocket {system.paths.redis_socket}\n" in text


def test_the_supervisor_starts_every_engine_through_the_launcher(system: System) -> None:
    programs = supervisor.context(system).programs
    assert [program.name for program in programs] == [
        "collector",
        "redis",
        "rtpengine",
        "asterisk",
        "services",
        "presence",
        "kamailio",
        "recordings",
        "trunks",
        "names",
        "calendars",
        "calls",
        "states",
        "nameserver",
        "watchdog",
    ]
    assert all("carillon.supervision.launch" in program.command for program in programs)


def test_quoting_follows_each_syntax() -> None:
    assert quote_for_asterisk("sip:a;lr") == "sip:a\\;lr"
    assert quote_for_redis('a "b"') == '"a \\"b\\""'
    assert quote_for_supervisor("100%") == "100%%"


@pytest.mark.parametrize("value", ["two\nlines", "bell\a"])
def test_a_value_never_breaks_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        one_line(value)


def test_a_template_with_an_unknown_name_fails(tmp_path: Path) -> None:
    (tmp_path / "x.jinja").write_text("{{ c.nothing }}")
    with pytest.raises(UndefinedError):
        render(tmp_path, ("x",), object(), str)


def test_the_first_certificate_fits_and_is_kept(system: System) -> None:
    directory = system.paths.tls
    assert ensure_certificate(directory, system.domains, (system.node.address,))
    assert not ensure_certificate(directory, system.domains, (system.node.address,))
    context = tls.context(system)
    assert tls.verify(context) == []
    assert (directory / "key.pem").stat().st_mode & 0o777 == 0o600
    late = replace(context, now=datetime.now(UTC) + timedelta(days=900))
    assert "ended on" in tls.verify(late)[0]


def test_a_new_domain_gets_into_our_own_certificate(system: System) -> None:
    ensure_certificate(system.paths.tls, ("a.test",), ())
    assert ensure_certificate(system.paths.tls, ("a.test", "b.test"), ())


def test_a_key_of_another_certificate_is_refused(system: System, tmp_path: Path) -> None:
    ensure_certificate(system.paths.tls, system.domains, ())
    ensure_certificate(tmp_path / "other", system.domains, ())
    context = replace(tls.context(system), key=(tmp_path / "other" / "key.pem").read_text())
    assert "doesn't belong" in tls.verify(context)[0]


def test_the_history_forgets_the_oldest(tmp_path: Path) -> None:
    for number in range(history.KEPT + 3):
        history.keep(tmp_path / "config", {"redis": {"redis.conf": str(number)}})
    assert history.latest(tmp_path / "config") == {"redis": {"redis.conf": str(history.KEPT + 2)}}
    assert len(list((tmp_path / "config").iterdir())) == history.KEPT


def test_the_relay_takes_commands_on_loopback_and_shares_no_port_with_asterisk(system: System) -> None:
    node = replace(system.node, address="192.0.2.7", advertise="203.0.113.9", rtp_start=10000, rtp_end=14999)
    here = replace(system, node=node)
    text = rtpengine.files(rtpengine.context(here))["rtpengine.conf"]
    assert "listen-ng = 127.191.2.7:5087\n" in text
    assert "interface = phones/192.0.2.7!203.0.113.9;gateway/192.0.2.7\n" in text
    assert "port-min = 12500\nport-max = 14999\n" in text
    assert "rtpend = 12499\n" in asterisk.files(asterisk.context(here))["rtp.conf"]


def test_the_relay_is_told_where_asterisk_is_when_phones_are_told_another_address(system: System) -> None:
    plain = kamailio.context(system)
    assert "read_sdp_pv" not in kamailio.files(plain)["kamailio.cfg"]
    assert json.loads(plain.settings)["advertised"] == []
    outside = replace(system.node, address="192.0.2.7", advertise="203.0.113.9")
    context = kamailio.context(replace(system, node=outside))
    assert 'modparam("rtpengine", "read_sdp_pv", "$avp(description)")' in kamailio.files(context)["kamailio.cfg"]
    assert json.loads(context.settings)["advertised"] == ["203.0.113.9", "192.0.2.7"]
