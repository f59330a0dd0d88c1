"""Outside numbers as ITU-T E.164 writes them, `+3225551234`, and as people write them."""

from __future__ import annotations

import re

from carillon.model.refused import Refused

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_TYPED = re.compile(r"[+0-9 .()/\u00a0\u202f-]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
EXAMPLE = "+3225551234"


def is_e164(text: str) -> bool:
    """Whether `text` is written as E.164 §6 has it: `+`, then 2 to 15 digits. That it exists isn't asked."""
    return _E164.fullmatch(text) is not None


def require_e164(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` is written as an E.164 number."""
    if not is_e164(text):
        raise Refused(field, f"{text!r} is no outside number; write one like {EXAMPLE}.")


def require_prefix(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` is the beginning of E.164 numbers, or empty for all."""
    if text and not _PREFIX.fullmatch(text):
        raise Refused(field, f"{text!r} is no prefix; write one like +32, or '' for every number.")


def e164(field: str, text: str, country: str | None = None) -> str:
    """The canonical form of a number that somebody typed: `+32 2 555 12 34` gives `+3225551234`.

    A national form is understood with `country`, ISO 3166-1. A number need not be assigned, its country and
    length must be possible: lists of assigned ranges are always behind. Raises `Refused`, naming `field`.
    """
    import phonenumbers  # 40 ms: most commands and all reads do without

    if not _TYPED.fullmatch(text):
        raise Refused(field, f"{text!r} is no outside number; write one like {EXAMPLE}.")
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise Refused(field, f"{text!r} is no outside number; begin with + and the country's code.") from error
    found: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    possible = phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or not is_e164(found):
        raise Refused(field, f"{text!r} can't be a number of its country: it is too short or too long.")
    return found


def require_country(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` is written as ISO 3166-1 alpha-2 has it."""
    if not _COUNTRY.fullmatch(text):
        raise Refused(field, f"{text!r} is no country code; write two capitals like BE.")


def country_code(field: str, text: str) -> str:
    """The canonical form of a country, ISO 3166-1 alpha-2 in capitals. Raises `Refused`, naming `field`."""
    import phonenumbers

    code = text.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused(field, f"{text!r} is no country code; write two letters like BE.")
    return code
