"""The id that joins the two legs of a call; sealed, so that nobody but us can make one up."""

from __future__ import annotations

from carillon.sip.seal import Secrets, is_sealed, seal, sealer


def make_leg_id(secrets: Secrets, fresh: str) -> str:
    """A leg id from a fresh random text, `[0-9a-f]+`."""
    return f"{fresh}-{seal(secrets, 'leg', fresh)}"


def is_leg_id(secrets: Secrets, text: str) -> bool:
    """Whether `text` is a leg id that this system made."""
    fresh, _, sealed = text.partition("-")
    return is_sealed(secrets, "leg", fresh, sealed)


def secrets_of(secrets: Secrets, leg: str) -> Secrets:
    """By what all is sealed that belongs to a leg: as the leg itself, however long ago that began.

    So what is made of it again later, such as the name of its session at the media relay, is the same.
    """
    if not secrets.others:
        return secrets
    fresh, _, sealed = leg.partition("-")
    found = sealer(secrets, "leg", fresh, sealed)
    return secrets if found in (None, secrets.current) else Secrets(found)
