"""Is each engine healthy? One question to each, asked the way in which it is used."""

from __future__ import annotations

import functools
import subprocess
from datetime import UTC, datetime

import redis

from carillon.confgen import rtpengine
from carillon.confgen.asterisk import PREFIX
from carillon.confgen.tls.certificate import Certificate, read_certificate
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.supervision import rpc
from carillon.supervision.probes.health import PATIENCE_S, Health
from carillon.supervision.sipprobe import answers_options
from carillon.system import relay
from carillon.system.paths import SERVICE_USER, SystemPaths


def probe_kamailio(paths: SystemPaths, node: Node) -> Health:
    """Its control process says which version it is; a worker must answer SIP; its certificate must hold."""
    try:
        words = str(rpc.call(paths.kamailio_rpc, "core.version", timeout_s=PATIENCE_S)).split()
    except rpc.RpcFailed as failed:
        return Health(problem=str(failed))
    version = next((word for word in words if word[:1].isdigit()), None)
    answers = (answers_options(address, node.sip_port, address, PATIENCE_S) for address in node.addresses)
    silent = next(filter(None, answers), "")
    ended, ends_soon = certificate_words(certificate_in_force(paths), datetime.now(UTC))
    return Health(version, silent or ended, ends_soon)


def probe_presence(paths: SystemPaths, node: Node) -> Health:
    """Its control process says which version it is, and a worker must answer SIP."""
    try:
        words = str(rpc.call(paths.presence_rpc, "core.version", timeout_s=PATIENCE_S)).split()
    except rpc.RpcFailed as failed:
        return Health(problem=f"{failed}; lamps and presence stand still, calls go on")
    version = next((word for word in words if word[:1].isdigit()), None)
    return Health(version, answers_options(node.signalling[0], node.presence_port, node.signalling[0], PATIENCE_S))


def certificate_in_force(paths: SystemPaths) -> Certificate | None:
    """The certificate that phones are shown now; None when nothing runs, or none can be read."""
    try:
        return read_certificate((paths.run_tls / "certificate.pem").read_text())
    except (OSError, Refused):
        return None


def certificate_words(certificate: Certificate | None, now: datetime) -> tuple[str, str]:
    """The problem of a certificate that has ended, and the warning of one that will soon."""
    if certificate is None:
        return "", ""
    words = certificate.problem(now)
    return (words, "") if certificate.ends <= now else ("", words)


def probe_asterisk(paths: SystemPaths, node: Node) -> Health:
    """It must have booted, and answer SIP to us as it does to Kamailio."""
    text = _asterisk_says(paths, "core show version")
    version = next((line.split()[1] for line in text.splitlines() if line.startswith("Asterisk ")), None)
    if version is None:
        booting = not text or text.startswith("No such command")  # it listens before its own commands are there
        return Health(problem="it hasn't booted" if booting else text)
    silent = (answers_options(address, node.gateway_port, address, PATIENCE_S) for address in node.signalling)
    return Health(version.partition("+")[0], next(filter(None, silent), ""))


def probe_rtpengine(paths: SystemPaths, node: Node) -> Health:
    """It must answer a ping on its command port."""
    try:
        pong = relay.pings(rtpengine.control(node))
    except OSError as error:
        return Health(problem=f"no answer to a ping: {error}; encrypted calls fail, others go on")
    return Health(_rtpengine_version(), "" if pong else "it answers a ping with something else")


def probe_redis(paths: SystemPaths, node: Node) -> Health:
    """It must answer a PING."""
    client = redis.Redis(unix_socket_path=str(paths.redis_socket), socket_timeout=PATIENCE_S)
    try:
        client.ping()
        return Health(str(client.info("server")["redis_version"]))
    except redis.RedisError as error:
        return Health(problem=f"no answer to PING: {error}")
    finally:
        client.close()


@functools.cache
def _rtpengine_version() -> str:
    """`Version: 10.5.3.5-1+deb12u1` without what the distribution adds."""
    done = subprocess.run([str(rtpengine.PROGRAM), "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().rpartition(" ")[2].partition("-")[0]


def _asterisk_says(paths: SystemPaths, command: str) -> str:
    """What Asterisk's console answers; asked as its own user, who alone may."""
    arguments = [str(PREFIX / "bin/asterisk"), "-C", str(paths.run_asterisk / "asterisk.conf"), "-rx", command]
    try:
        done = subprocess.run(
            arguments,
            user=SERVICE_USER,
            group=SERVICE_USER,
            extra_groups=[],
            env={"HOME": str(paths.run_asterisk), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no answer on its console"
    return (done.stdout or done.stderr).strip()
