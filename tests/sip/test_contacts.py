"""Contacts of a REGISTER: what is asked, and how many an address would have afterwards."""

from __future__ import annotations

import pytest

from carillon.sip.contacts import LONGEST, Contact, contacts, count_after, fault

A, B, C = (Contact(f"sip:101@10.0.0.{n}:5060") for n in (1, 2, 3))
INSTANCE = "<urn:uuid:1>"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("", ()),
        ("*", (Contact("*"),)),
        ("<sip:101@10.0.0.1:5060>", (A,)),
        ("sip:101@10.0.0.1:5060;expires=60", (Contact(A.uri, 60),)),
        ('"Martin, <Alice>" <sip:101@10.0.0.1:5060>;expires="0",<sip:101@10.0.0.2:5060>', (Contact(A.uri, 0), B)),
        ("Alice <sip:101@10.0.0.1:5060>;q=0.5 , <sip:101@10.0.0.2:5060>", (Contact(A.uri, q="0.5"), B)),
        (f'<{A.uri}>;+sip.instance="{INSTANCE}";reg-id=1', (Contact(A.uri, None, INSTANCE, 1),)),
        ("<sip:101@10.0.0.1;x=a,b>", (Contact("sip:101@10.0.0.1;x=a,b"),)),
    ],
)
def test_contacts_are_read_as_phones_write_them(headers: str, expected: tuple[Contact, ...]) -> None:
    assert contacts(headers) == expected


@pytest.mark.parametrize(
    ("bound", "asked", "count"),
    [
        ((A, B), (C,), 3),
        ((A, B), (A,), 2),
        ((A, B), (Contact(A.uri, 0), C), 2),
        ((A, B), (Contact("*"),), 0),
        ((A, B), (), 2),
        ((A, B), (C, C), 3),
        ((Contact(A.uri, None, INSTANCE),), (Contact(B.uri, None, INSTANCE),), 1),
        ((Contact(A.uri, None, INSTANCE, 1),), (Contact(B.uri, None, INSTANCE, 1),), 1),
        ((Contact(A.uri, None, INSTANCE, 1),), (Contact(B.uri, None, INSTANCE, 2),), 2),
    ],
)
def test_how_many_contacts_there_would_be(bound: tuple[Contact, ...], asked: tuple[Contact, ...], count: int) -> None:
    assert count_after(bound, asked, removes=False) == count


def test_contacts_without_an_expiry_take_that_of_the_request() -> None:
    assert count_after((A, B), (A,), removes=True) == 1


GOOD = f"<{A.uri}>"


@pytest.mark.parametrize(
    "headers",
    [
        "",
        GOOD,
        f"{GOOD};q=0.555, <{B.uri}>;q=1.0",
        f"{GOOD};q=0;expires=nonsense",
        f'{GOOD};+sip.instance="{INSTANCE}";reg-id=1',
        f"<sip:{'a' * (LONGEST - 10)}@b.c>",
    ],
)
def test_contacts_that_are_taken(headers: str) -> None:
    assert fault(headers, 600) is None


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ("<sip:101@10.0.0.1", "cannot be read"),
        (f"{GOOD}, <sip:102", "cannot be read"),
        (f"{GOOD}, <mailto:alice@example.org>", "no SIP address"),
        ("<sip:>", "no SIP address"),
        (f"<sip:{'a' * 4096}@10.0.0.1>", "too long"),
        (f'{GOOD};+sip.instance="{"a" * 300}"', "too long"),
        (f'{GOOD};q="2.0"', "q is a number"),
        (f"{GOOD};q=1.1", "q is a number"),
        (f"{GOOD};q=-1", "q is a number"),
        (f"{GOOD};q=0.1234", "q is a number"),
        (f'{GOOD};+sip.instance="{INSTANCE}";reg-id=0', "reg-id is a number"),
        (f'{GOOD};+sip.instance="{INSTANCE}";reg-id=1, <{B.uri}>', "has one Contact"),
        ("*", "stands alone"),
        (f"*, {GOOD}", "stands alone"),
    ],
)
def test_contacts_that_are_refused_with_a_word(headers: str, words: str) -> None:
    assert words in (fault(headers, 600) or "")


def test_everything_is_removed_by_expires_0_only() -> None:
    assert fault("*", 0) is None
    assert fault("*", None) is not None
