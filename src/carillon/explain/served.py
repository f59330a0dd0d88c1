"""What happens at a service, in words."""

from __future__ import annotations

from carillon.routing import access
from carillon.routing.groups import described
from carillon.stores.ports import Directory


def served(service: str, domain: str, directory: Directory) -> str:
    """`rings group sales: 101, 102 at once for 20 s`, for `group:sales`; raises StoreDown."""
    name, _, argument = service.partition(":")
    match name:
        case "group":
            group = directory.groups().get((domain, argument))
            return described(group) if group else f"the caller gets 404 Not Found: there is no group {argument}"
        case "voicemail":
            return f"goes to voicemail of {argument}"
        case "announcement":
            return f"plays announcement {argument}"
        case access.SERVICE:
            return access.described(domain, argument, directory)
        case _:
            return f"is answered by {service}"
