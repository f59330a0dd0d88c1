"""A body of several parts (multipart/related, RFC 2387), read by Python's own reader of mail."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_string
from xml.etree import ElementTree

RLMI = "{urn:ietf:params:xml:ns:rlmi}"


@dataclass(frozen=True)
class Related:
    """The list, and the document of each person that it names, by his SIP URI."""

    listed: ElementTree.Element
    documents: dict[str, str]
    kinds: frozenset[str]
    all: tuple[str, ...]

    @classmethod
    def read(cls, kind: str, body: str) -> Related:
        """Read one: the first part is the list, as `start` says. Raises KeyError when it names a part that isn't."""
        whole = message_from_string(f"Content-Type: {kind}\n\n{body}")
        assert not whole.defects
        assert whole.get_content_type() == "multipart/related"
        parts = {str(each["Content-ID"]): each for each in whole.walk() if not each.is_multipart()}
        texts = {id: str(each.get_payload()) for id, each in parts.items()}
        first = str(whole.get_param("start"))
        assert next(iter(parts)) == first
        assert parts[first].get_content_type() == whole.get_param("type") == "application/rlmi+xml"
        listed = ElementTree.fromstring(texts[first].encode())
        named = {
            resource.get("uri", ""): texts[f"<{instance.get('cid')}>"]
            for resource in listed.iter(f"{RLMI}resource")
            for instance in resource.iter(f"{RLMI}instance")
        }
        assert len(named) == len(texts) - 1, "each part is named by the list"
        kinds = frozenset(each.get_content_type() for id, each in parts.items() if id != first)
        return cls(listed, named, kinds, tuple(texts.values()))

    @property
    def is_full(self) -> bool:
        """Whether everybody is on the list."""
        return self.listed.get("fullState") == "true"

    @property
    def version(self) -> int:
        """The version of the list."""
        return int(self.listed.get("version", ""))

    @property
    def people(self) -> list[str]:
        """The SIP URIs on the list, in its order."""
        return [each.get("uri", "") for each in self.listed.iter(f"{RLMI}resource")]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [each.findtext(f"{RLMI}name", "") for each in self.listed.iter(f"{RLMI}resource")]
