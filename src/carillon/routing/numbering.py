"""What a dialled number means outside: normalised to E.164, and its class (slide "Number rewriting").

The library knows the numbering plans; here is only how people dial: spaces, an outside-line prefix, short numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ShortNumberCost, shortnumberinfo

from carillon.model.rights import NumberClass
from carillon.stores.ports import SiteProfile

_SEPARATORS = re.compile(r"[\s().\-/]")
_DIALLABLE = re.compile(r"\+?[0-9]{2,20}")

# Whatever extensions an administrator made, these call for help (ETSI EG 203 010; 911 in the American plan).
ALWAYS_EMERGENCY = frozenset({"112", "911", "999"})


@dataclass(frozen=True, slots=True)
class OutsideNumber:
    """An outside number as trunks are given it: E.164 with `+`, or a short number of the country."""

    number: str
    number_class: NumberClass


def cleaned(dialled: str) -> str:
    """What was dialled without the marks that people write between digits."""
    return _SEPARATORS.sub("", dialled)


def is_always_emergency(dialled: str, site: SiteProfile) -> bool:
    """Whether this calls for help even where an extension has the same digits."""
    number = _without_prefix(cleaned(dialled), site) or cleaned(dialled)
    return number in ALWAYS_EMERGENCY and shortnumberinfo.is_emergency_number(number, site.country)


@lru_cache(maxsize=1024)  # the rules of one call ask several times
def outside_number(dialled: str, site: SiteProfile) -> OutsideNumber | None:
    """The outside number that a person at this site means, or None when there is none."""
    text = cleaned(dialled)
    if not _DIALLABLE.fullmatch(text):
        return None
    if shortnumberinfo.is_emergency_number(text, site.country):
        return OutsideNumber(text, NumberClass.EMERGENCY)
    number = text if text.startswith("+") else _without_prefix(text, site)
    if number is None:
        return None
    if shortnumberinfo.is_emergency_number(number, site.country):
        return OutsideNumber(number, NumberClass.EMERGENCY)
    return _parsed(number, site.country)


def _without_prefix(text: str, site: SiteProfile) -> str | None:
    return text.removeprefix(site.outside_prefix) if text.startswith(site.outside_prefix) else None


def _parsed(number: str, country: str) -> OutsideNumber | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_valid_number(parsed):
        return OutsideNumber(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), _class(parsed, country))
    if not number.startswith("+") and shortnumberinfo.is_valid_short_number_for_region(parsed, country):
        costs = shortnumberinfo.expected_cost_for_region(parsed, country) == ShortNumberCost.PREMIUM_RATE
        return OutsideNumber(number, NumberClass.PREMIUM if costs else NumberClass.SPECIAL)
    return None


_AT_HOME = {
    PhoneNumberType.MOBILE: NumberClass.MOBILE,
    PhoneNumberType.PAGER: NumberClass.MOBILE,
    PhoneNumberType.TOLL_FREE: NumberClass.FREE,
    PhoneNumberType.SHARED_COST: NumberClass.SHARED,
    PhoneNumberType.PREMIUM_RATE: NumberClass.PREMIUM,
}


def _class(parsed: PhoneNumber, country: str) -> NumberClass:
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.PREMIUM_RATE:
        return NumberClass.PREMIUM
    if parsed.country_code != phonenumbers.country_code_for_region(country):
        return NumberClass.INTERNATIONAL
    return _AT_HOME.get(kind, NumberClass.NATIONAL)


def from_trunk(number: str, country: str) -> str:
    """A number as a provider writes it, in E.164 where it is one, else as it came."""
    text = cleaned(number)
    for candidate in (text, f"+{text}"):
        try:
            parsed = phonenumbers.parse(candidate, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
    return text
