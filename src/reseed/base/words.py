"""Hints for words that nothing knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name most like the word, or ""."""
    found = get_close_matches(str(word)[:100], sorted(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def one_of_these(word: str, options: Sequence[str]) -> str:
    """A few fixed choices in their order, and the one that is most like the word."""
    near = nearest(word, options)
    return "one of " + ", ".join(options) + (f'; did you mean "{near}"?' if near else "")


def meant(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: the one that is most like it, or the names that there are."""
    names = sorted(known)
    if near := nearest(word, names):
        return f'did you mean "{near}"?'
    some = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"there are: {some}" if names else "there is none"


def one_of(word: str, known: Iterable[str], what: str) -> str:
    """What was expected instead of an unknown word: the nearest known name, or some of them."""
    hint = meant(word, known)
    return f"{what}: {hint.removeprefix('there are: ')}" if ": " in hint else f"{what}; {hint}"
