"""A copy of our package that daemons can read: a checkout may lie in a private home."""

from __future__ import annotations

import compileall
import hashlib
import shutil
import tempfile
from pathlib import Path

from carillon.system.paths import CACHE_ROOT, RUN_ROOT

CODE_ROOT = CACHE_ROOT / "code"
KEPT = 4
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def install_code(package: Path, root: Path = CODE_ROOT) -> Path:
    """Copy the package directory to `root`/HASH/carillon unless it is there; returns `root`/HASH.

    The copy belongs to root and everybody can read it. Old copies that no running system uses go.
    """
    root.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".new-") as name:
        fresh = Path(name) / "code"
        shutil.copytree(package, fresh / "carillon", ignore=_IGNORED)
        home = root / _content_hash(fresh)  # of the copy: the checkout may change meanwhile
        if not home.exists():
            compileall.compile_dir(fresh, quiet=2)
            _open_to_everybody(fresh)
            _move(fresh, home)
    home.touch()
    _forget_old(root)
    return home


def _move(fresh: Path, home: Path) -> None:
    try:
        fresh.rename(home)
    except OSError:
        if not home.exists():  # else another start has just made the same copy
            raise


def _content_hash(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(directory)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _open_to_everybody(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _forget_old(root: Path) -> None:
    copies = sorted((path for path in root.glob("[0-9a-f]*") if path.is_dir()), key=lambda path: path.stat().st_mtime)
    used = "".join(file.read_text() for file in RUN_ROOT.glob("*/supervisord.conf"))
    for old in copies[:-KEPT]:
        if old.name not in used:
            shutil.rmtree(old, ignore_errors=True)  # another start may be at it too
