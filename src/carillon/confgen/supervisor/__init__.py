"""Target supervisor: what starts, restarts and stops the engines."""

from __future__ import annotations

from carillon.confgen.supervisor.target import NAME, Context, Program, context, files, verify

__all__ = ["NAME", "Context", "Program", "context", "files", "verify"]
