"""Tab-separated tables: a header line, comments after #, one fault per wrong field."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from reseed.base import units
from reseed.base.words import one_of_these
from reseed.spec.sheet import Sheet, quoted

SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_MOST_ROWS = 5_000


@dataclass
class Row:
    """One line of a table; its readers note a fault and answer None for what does not fit."""

    sheet: Sheet
    line: int
    fields: dict[str, str]

    def fault(self, column: str, expected: str, found: str | None = None) -> None:
        """Notes a fault of this line, in a column."""
        what = quoted(self.fields[column]) if found is None else found
        self.sheet.add(f"line {self.line}, {column}", what if what != '""' else "nothing", expected)

    def text(self, column: str) -> str:
        """The field as it is."""
        return self.fields[column]

    def needed(self, column: str, what: str) -> str:
        """The field, which must not be empty."""
        if not self.fields[column]:
            self.fault(column, what)
        return self.fields[column]

    def number(self, column: str) -> float | None:
        """The field as a finite number, or None if it is empty or faulty."""
        text = self.fields[column]
        if not text:
            return None
        value = float(text) if _NUMBER.fullmatch(text) and len(text) <= 40 else math.nan
        if math.isfinite(value):
            return value
        self.fault(column, "a number")
        return None

    def unit(self, column: str) -> str | None:
        """The field as a readable unit, "" for none."""
        text = self.fields[column]
        try:
            units.check(text)
        except ValueError as error:
            self.fault(column, f"a unit that can be read ({error})")
            return None
        return "" if text == "1" else text

    def choice(self, column: str, options: Sequence[str]) -> str | None:
        """The field as one of the options."""
        text = self.fields[column]
        if text in options:
            return text
        named = [option or "nothing" for option in options]
        self.fault(column, one_of_these(text, named))
        return None

    def symbol(self, column: str) -> str | None:
        """The field as a name of the model text."""
        text = self.fields[column]
        if SYMBOL.fullmatch(text) and "__" not in text:
            return text
        self.fault(column, "a name of letters, digits and single _, not beginning with a digit")
        return None


def read_table(sheet: Sheet, columns: Sequence[str]) -> list[Row]:
    """The rows of a table with exactly these columns; faulty lines are noted and left out."""
    text = sheet.text()
    if text is None:
        return []
    rows: list[Row] = []
    header: list[str] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("\t")]
        if not line.replace("\t", "").isprintable():
            sheet.add(f"line {number}", "characters that cannot be printed", "plain text")
        elif header is None:
            header = fields
            if fields != list(columns):
                expected = "the columns " + ", ".join(columns) + ", separated by tabs"
                sheet.add(f"line {number}", "the columns " + ", ".join(fields), expected)
                return []
        elif len(fields) != len(columns):
            sheet.add(f"line {number}", _count(len(fields)), f"{len(columns)} fields")
        elif len(rows) >= _MOST_ROWS:
            sheet.add(f"line {number}", "more rows", f"at most {_MOST_ROWS} rows")
            break
        else:
            rows.append(Row(sheet, number, dict(zip(columns, fields, strict=True))))
    if header is None:
        sheet.add("file", "no header", "the columns " + ", ".join(columns))
    return rows


def unique(rows: Sequence[Row], column: str) -> None:
    """Notes every name that stands in a column a second time."""
    first: dict[str, int] = {}
    for row in rows:
        name = row.text(column)
        if name in first:
            row.fault(column, f"a name used once (it stands in line {first[name]} too)")
        first.setdefault(name, row.line)


def _count(number: int) -> str:
    return f"{number} field" + ("s" if number != 1 else "")
