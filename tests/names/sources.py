"""Systems outside that are asked for names: real HTTP servers on loopback, good and bad ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Asked(BaseHTTPRequestHandler):
    """One question to a source."""

    protocol_version = "HTTP/1.1"

    @property
    def number(self) -> str:
        return unquote(self.path.rpartition("/")[2])

    def says(self, body: bytes, code: int = 200, *headers: tuple[str, str]) -> None:
        """Answer with this body."""
        self.send_response(code)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Source)
        server.asked.append((self.number, self.headers.get("Authorization")))
        try:
            server.answer(self)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


class Source(ThreadingHTTPServer):
    """A source that answers as it is told; `asked` are the numbers and credentials that came."""

    daemon_threads = True
    answer: Callable[[Asked], object]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.asked: list[tuple[str, str | None]] = []
        self.freed = threading.Event()
        self.knows({})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/people/{{number}}"

    def knows(self, names: dict[str, str]) -> None:
        """Answer with `{"name": ...}`, or 404."""

        def answer(asked: Asked) -> None:
            name = names.get(asked.number)
            asked.says(json.dumps({"name": name}).encode(), 200 if name else 404)

        self.answer = answer

    def says(self, body: bytes, code: int = 200, *headers: tuple[str, str]) -> None:
        """Answer everything with this."""
        self.answer = lambda asked: asked.says(body, code, *headers)

    def hangs(self) -> None:
        """Take questions and answer none."""
        self.answer = lambda asked: self.freed.wait(60)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Source]:
        """A source that answers until the end of the block; its socket is where this thread is now."""
        with cls.running(cls()) as source:
            yield source

    @classmethod
    @contextmanager
    def running(cls, source: Source) -> Iterator[Source]:
        """It answers until the end of the block, wherever its socket is."""
        thread = threading.Thread(target=source.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield source
        finally:
            source.freed.set()
            source.shutdown()
            source.server_close()
