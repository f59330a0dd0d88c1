"""Reading XML that others have written: nothing in it is ever expanded."""

from __future__ import annotations

from xml.etree import ElementTree


class BadDocument(Exception):
    """It is no document that we read; the text says why."""


def parsed(body: str) -> ElementTree.Element:
    """The root. Raises BadDocument, also for a document that declares entities."""
    parser = ElementTree.XMLParser(target=_NoDeclarations())
    try:
        parser.feed(body.encode())
        root: ElementTree.Element = parser.close()
    except ElementTree.ParseError as error:
        raise BadDocument(f"it is no XML: {error}") from error
    return root


class _NoDeclarations(ElementTree.TreeBuilder):
    """A document type is where entities are declared; nobody's presence needs one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadDocument("it declares a document type")
