"""Whether a document that we send is one by the schema of its RFC."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import xmlschema

_SCHEMAS = xmlschema.XMLSchema(Path(__file__).with_name("all.xsd"))


def faults(document: str) -> list[str]:
    """What is wrong with a document; nothing when it is valid. Raises ElementTree.ParseError when it is no XML."""
    root = ElementTree.fromstring(document.encode())
    return [f"{each.path}: {each.reason}" for each in _SCHEMAS.iter_errors(root)]
