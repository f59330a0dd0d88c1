"""Phones without any server between them, each on a host of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.lab.network import Network
from tests.lab.prefix import prefix
from tests.phones.phone import Phone

PREFIX = prefix("ph-")
HOSTS = {"alice": "10.77.0.11", "bob": "10.77.0.12", "carol": "10.77.0.13"}

NewPhone = Callable[..., Phone]


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """Give three hosts on one switch."""
    with Network.build(PREFIX, HOSTS) as network:
        yield network


@pytest.fixture
def new_phone(network: Network) -> Iterator[NewPhone]:
    """Give a function that starts a phone on the host of its name; all are gone after the test."""
    with ExitStack() as phones:

        def start(name: str, **more: Any) -> Phone:
            place = {"namespace": network.namespace(name), "address": network.address(name), "proxy": None}
            return phones.enter_context(Phone(name, name, "unused", network.address(name), **{**place, **more}))

        yield start


@pytest.fixture
def alice(new_phone: NewPhone) -> Phone:
    """Give Alice's phone."""
    return new_phone("alice")


@pytest.fixture
def bob(new_phone: NewPhone) -> Phone:
    """Give Bob's phone."""
    return new_phone("bob")


@pytest.fixture
def carol(new_phone: NewPhone) -> Phone:
    """Give Carol's phone."""
    return new_phone("carol")
