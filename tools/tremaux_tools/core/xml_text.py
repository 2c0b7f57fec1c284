"""Which characters a text in XML may hold: https://www.w3.org/TR/xml/#charsets."""

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|(\d{1,8}));")


def legal(text: str) -> str:
    """The text without what no XML document may hold, not even escaped."""
    return _ILLEGAL.sub("", text)


def legal_document(document: str) -> str:
    """A document that a careless writer made, without characters and references that make it unreadable."""
    return _REFERENCE.sub(_without_illegal, legal(document))


def _without_illegal(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code <= 0x10FFFF and legal(chr(code)) else ""
