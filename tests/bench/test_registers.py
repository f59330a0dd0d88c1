"""What counts as a failed registration in the benchmark: a challenge of what was proved, and not a late one of what was
asked before, which a phone knows by its transaction."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.engines

SCENARIO = Path(__file__).parents[2] / "bench" / "scenarios" / "registers.xml"
CHALLENGE = 'WWW-Authenticate: Digest realm="bench.test", nonce="n{}", algorithm=MD5, qop="auth"\r\n'


def reply(request: str, code: int, header: str = "") -> bytes:
    """A reply to a request, with its own headers."""
    own = re.findall(r"(?m)^(?:Via|From|To|Call-ID|CSeq):.*\r\n", request)
    return f"SIP/2.0 {code} Said\r\n{''.join(own)}{header}Content-Length: 0\r\n\r\n".encode()


def registers(tmp_path: Path, late: bool) -> int:
    """How sipp ends when it is challenged twice: for its first REGISTER, `late`, or for the one with credentials."""
    registrar = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    registrar.bind(("127.0.0.1", 0))

    def serves() -> None:
        first, phone = registrar.recvfrom(65536)
        registrar.sendto(reply(first.decode(), 401, CHALLENGE.format(1)), phone)
        proved, _ = registrar.recvfrom(65536)
        registrar.sendto(reply((first if late else proved).decode(), 401, CHALLENGE.format(2)), phone)
        registrar.sendto(reply(proved.decode(), 200), phone)

    people = tmp_path / "people.csv"
    people.write_text("SEQUENTIAL\n101;[authentication username=101 password=secret]\n")
    server = threading.Thread(target=serves)
    server.start()
    place = f"127.0.0.1:{registrar.getsockname()[1]}"
    argv = ["sipp", place, "-sf", str(SCENARIO), "-inf", str(people), "-m", "1", "-i", "127.0.0.1", "-nostdin"]
    done = subprocess.run([*argv, "-timeout", "10"], capture_output=True, check=False, cwd=tmp_path)
    server.join()
    registrar.close()
    return done.returncode


def test_a_late_challenge_of_the_first_register_is_no_failure(tmp_path: Path) -> None:
    assert registers(tmp_path, late=True) == 0


def test_a_challenge_of_the_proved_register_is_one(tmp_path: Path) -> None:
    assert registers(tmp_path, late=False) != 0
