"""Debian's baresip as a second make of phone: it registers, shows how its contacts are, and says how its user is."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from tests.phones.journal import Journal

MODULES = "/usr/lib/baresip/modules"
CONFIG = """module_path {modules}
sip_listen {address}:{port}
audio_player aubridge,nil
audio_source aubridge,nil
module stdio.so
module g711.so
module aubridge.so
module_app account.so
module_app contact.so
module_app menu.so
module_app presence.so
"""
FAREWELL_S = 5.0
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def lay(
    place: Path,
    user: str,
    password: str,
    domain: str,
    *,
    address: str,
    proxy: str = "",
    transport: str = "",
    interval_s: int = 300,
) -> None:
    """Write what `baresip -f PLACE` reads. Without a `proxy`, it asks the DNS for its domain."""
    (place / "config").write_text(CONFIG.format(modules=MODULES, address=address, port=5066))
    outbound = f';outbound="sip:{proxy}"' if proxy else ""
    by = f";transport={transport}" if transport else ""
    account = f"<sip:{user}@{domain}{by}>;auth_user={user};auth_pass={password}{outbound};pubint=60"
    (place / "accounts").write_text(f"{account};regint={interval_s}\n")
    (place / "contacts").touch()


class Baresip:
    """One phone, a process of its own; what it prints are events with the field `line`."""

    def __init__(
        self,
        user: str,
        password: str,
        domain: str,
        *,
        proxy: str,
        namespace: str,
        address: str,
        friends: tuple[str, ...] = (),
        transport: str = "",
        interval_s: int = 300,
    ) -> None:
        """Start it; it registers by itself, for so long each time, and watches `friends`, extensions of its domain."""
        self.journal = Journal(f"baresip {user}")
        self._place = tempfile.TemporaryDirectory()
        place = Path(self._place.name)
        own = {"address": address, "transport": transport}
        lay(place, user, password, domain, proxy=proxy, interval_s=interval_s, **own)
        contacts = (f'"{friend}" <sip:{friend}@{domain}>;presence=p2p\n' for friend in friends)
        (place / "contacts").write_text("".join(contacts))
        self._child = subprocess.Popen(
            ["ip", "netns", "exec", namespace, "baresip", "-f", str(place), "-v"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",  # it repeats what is typed byte by byte
            bufsize=1,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Baresip:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._child.terminate()
        try:
            self._child.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._place.cleanup()

    def says(self, words: str, timeout: float = 15.0, since: int = 0) -> None:
        """Wait until a line has these words; raises TimeoutError (seconds)."""

        def found() -> dict[str, str] | None:
            lines = self.journal.matching(event="printed")[since:]
            return next((each for each in lines if words in each["line"]), None)

        self.journal.until(found, timeout, words)

    def writes(self, words: str) -> None:
        """Send a message to the first of its friends."""
        assert self._child.stdin
        self._child.stdin.write(f"/message {words}\n")
        self._child.stdin.flush()

    def _read(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            self.journal.add({"event": "printed", "at": 0.0, "line": _COLOUR.sub("", line).rstrip()})
        self.journal.close("its process ended")
