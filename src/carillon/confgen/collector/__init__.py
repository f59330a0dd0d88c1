"""Target collector: what keeps the traces of calls and counts for Prometheus."""

from __future__ import annotations

from carillon.confgen.collector.target import (
    NAME,
    Context,
    command,
    context,
    environment,
    files,
    metrics_port,
    store_path,
    verify,
)

__all__ = ["NAME", "Context", "command", "context", "environment", "files", "metrics_port", "store_path", "verify"]
