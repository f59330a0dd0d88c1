"""Who is meant by an extension, also where the truth can't be read: on a satellite, in the midst of an upgrade."""

from __future__ import annotations

from carillon.cli.context import Cli
from carillon.model.refused import Refused


def person(cli: Cli, what: str) -> tuple[str, str]:
    """Extension and domain of somebody; of who has a device also while the truth can't be read. Raises `Refused`."""
    from carillon.provisioning import users
    from carillon.provisioning.system import load_node
    from carillon.stores.phonesknown import devices_of

    try:
        user = users.show(cli.truth, what).user
        return user.extension, user.domain
    except Refused:
        extension, _, domain = what.partition("@")
        known = extension, domain or load_node(cli.paths).default_domain
        if cli.paths.run_directory.exists() and known in devices_of(cli.paths.run_directory):
            return known
        raise
