"""Sources with their DOI, PMID or PMC numbers turned into links; nothing else becomes one."""

from __future__ import annotations

import re

from reseed.report.blocks import Piece

_FOUND = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/[^\s;,<>\"']+)"
    r"|PMID:?\s*(?P<pmid>\d{1,9})\b"
    r"|\b(?P<pmc>PMC\d{1,9})\b"
    r"|(?P<url>https://[^\s;,<>\"']+)",
    re.IGNORECASE,
)


def linked(text: str) -> tuple[Piece, ...]:
    """The text as pieces in their order; their joined texts are the text itself."""
    pieces: list[Piece] = []
    at = 0
    for match in _FOUND.finditer(text):
        end = match.end() - _trailing(match[0])
        if match.start() > at:
            pieces.append(Piece(text[at : match.start()]))
        pieces.append(Piece(text[match.start() : end], _address(match)))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)


def _trailing(found: str) -> int:
    """How many characters at the end belong to the sentence and not to the identifier."""
    kept = found
    while kept and (kept[-1] in ".:]" or (kept[-1] == ")" and kept.count("(") < kept.count(")"))):
        kept = kept[:-1]
    return len(found) - len(kept)


def _address(match: re.Match[str]) -> str:
    """Where an identifier leads; a plain address leads to itself, and only by https."""
    cut = _trailing(match[0])
    if match["doi"]:
        return "https://doi.org/" + match["doi"][: len(match["doi"]) - cut]
    if match["pmid"]:
        return f"https://pubmed.ncbi.nlm.nih.gov/{match['pmid']}/"
    if match["pmc"]:
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{match['pmc'].upper()}/"
    return match["url"][: len(match["url"]) - cut]
