"""Target tls: the certificate that phones see, copied to where the service user may read it."""

from __future__ import annotations

from carillon.confgen.tls.target import NAME, Context, context, files, verify

__all__ = ["NAME", "Context", "context", "files", "verify"]
