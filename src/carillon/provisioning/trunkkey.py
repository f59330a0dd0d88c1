"""The key that seals trunk passwords: unlike a phone's, they must be told to the provider, so a hash won't do."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from carillon.model.refused import Refused
from carillon.system.paths import SystemPaths

FILE = "trunk.key"


class TrunkKey:
    """The key in a file of mode 0600, made when the first password is sealed. A backup needs it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, paths: SystemPaths) -> TrunkKey:
        """The key of a system."""
        return cls(paths.directory / FILE)

    def seal(self, password: str) -> str:
        """The password as it is kept. Raises `Refused` when the key can't be read or made."""
        try:
            self._make()
            return self._fernet().encrypt(password.encode()).decode()
        except OSError as error:
            raise Refused("password", f"{self.path} can't be used ({error.strerror}); run this as root.") from error

    def open(self, sealed: str) -> str:
        """The password again. Raises `Refused` when this key didn't seal it."""
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except (OSError, InvalidToken, ValueError) as error:
            raise Refused(
                "password", f"can't be read with {self.path}; restore that file, or set the trunk's password again."
            ) from error

    def ensure(self) -> None:
        """Make the key now: nodes that make it each for themselves can't read what others sealed. Raises `Refused`."""
        try:
            self._make()
        except OSError as error:
            raise Refused("dir", f"{self.path} can't be made ({error.strerror}); run this as root.") from error

    def _make(self) -> None:
        """Make the file by link: two who make it at once end with the same key."""
        if self.path.exists():
            return
        fresh = self.path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
        try:
            os.link(fresh, self.path)
        except FileExistsError:
            return
        finally:
            fresh.unlink()

    def _fernet(self) -> Fernet:
        return Fernet(self.path.read_bytes())
