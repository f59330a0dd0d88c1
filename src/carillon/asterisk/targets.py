"""Where a service sends its call when it is done with it: to a person, or to another service."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from carillon.asterisk import services
from carillon.asterisk.call import Call
from carillon.asterisk.dial import alone


class Service(Protocol):
    """A module of `services`."""

    async def run(self, call: Call) -> None:
        """Do what the caller asked for."""


def service(name: str) -> Service | None:
    """The script of a service, None when there is none."""
    module = name.replace("-", "_")
    directory = Path(services.__file__).parent
    if not module.isidentifier() or not (directory / f"{module}.py").exists():
        return None
    return cast(Service, import_module(f"{services.__name__}.{module}"))


async def goes_on(call: Call, target: str) -> None:
    """The call goes to a target, such as `102` or `voicemail:102`; never to one where it has been."""
    if target in call.been:
        await call.refuses(482, "Loop Detected", f"{target} sends the call back to itself")
        return
    name, colon, argument = target.partition(":")
    if not colon:
        await alone(call, f"{target}@{call.domain}")
        return
    script = service(name)
    if script is None:
        await call.refuses(404, "Not Found", f"There is no {target}")
    else:
        await script.run(call.at(name, argument))
