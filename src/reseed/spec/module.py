"""Modules: a folder with model text, ports, parameters, hazards, channels and a readme."""

from __future__ import annotations

import re
from pathlib import Path

from reseed.base import units
from reseed.nouns.module import ChannelRow, HazardRow, Module, Port
from reseed.spec.library import Library
from reseed.spec.parameters import read_parameters
from reseed.spec.shape import Line, Shape, fit, read_toml
from reseed.spec.sheet import Sheet, quoted
from reseed.spec.table import SYMBOL, Row, read_table, unique

PORT_COLUMNS = ("port", "symbol", "quantity", "unit", "direction", "note")
HAZARD_COLUMNS = ("hazard", "symbol", "recurrent", "ends", "adds", "note")
CHANNEL_COLUMNS = ("channel", "symbol", "adds", "note")
QUANTITIES = (
    "covariate",
    "count",
    "amount",
    "concentration",
    "rate",
    "dose",
    "exposure",
    "factor",
    "event",
    "hazard",
)
DIRECTIONS = ("in", "out", "owns", "shares", "dose")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PORT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MODEL = re.compile(r"^[ \t]*model[ \t]+\*?([A-Za-z_]\w*)", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)


class CheckShape(Shape):
    model_config = {**Shape.model_config, "extra": "allow"}
    kind: Line


class ChecksShape(Shape):
    check: list[CheckShape]


def read_module(folder: Path) -> Module:
    """The module of a folder; InvalidInput with every fault of its files."""
    sheet = Sheet(Path(folder), str(folder))
    module = load_module(sheet)
    sheet.refuse()
    return module


def load_module(sheet: Sheet) -> Module:
    """The module as far as it can be read; faults are on the sheet."""
    folder = sheet.path
    if not folder.is_dir():
        sheet.add("folder", "nothing", "the folder of a module")
        return Module(folder.name, "", "", (), (), (), sheet.file)
    if sheet.root and not folder.resolve().is_relative_to(sheet.root.resolve()):
        sheet.add("folder", "a link out of the library", "a folder inside the library")
        return Module(folder.name, "", "", (), (), (), sheet.file)
    if not _NAME.fullmatch(folder.name) or len(folder.name) > 64:
        sheet.add("folder", quoted(folder.name), "a name of lower-case letters, digits, single _")
    text = _text(sheet)
    code = _COMMENT.sub(" ", text)
    has_ports = bool(code.strip()) or (folder / "ports.tsv").exists()
    ports = _ports(sheet.beside("ports.tsv"), code) if has_ports else ()
    has_hazards = (folder / "hazards.tsv").exists()
    hazards = _hazards(sheet.beside("hazards.tsv"), ports, code) if has_hazards else ()
    has_channels = (folder / "channels.tsv").exists()
    channels = _channels(sheet.beside("channels.tsv"), ports, code) if has_channels else ()
    parameters = read_parameters(sheet.beside("parameters.tsv"))
    if (folder / "checks.toml").exists():
        checks = sheet.beside("checks.toml")
        data = read_toml(checks)
        if data is not None:
            fit(ChecksShape, data, checks)
    title = readme_title(sheet, optional=True)
    return Module(folder.name, title, text, ports, parameters, hazards, sheet.file, channels)


def load_modules(library: Library) -> tuple[Module, ...]:
    """All modules of a library as far as they can be read, whatever is wrong with them."""
    paths = [library.path("models", name) for name in library.names("models")]
    return tuple(load_module(library.sheet(path)) for path in paths)


def _text(sheet: Sheet) -> str:
    file = sheet.beside("model.ant")
    if not file.path.exists() and not file.path.is_symlink():
        return ""
    text = file.text() or ""
    models = _MODEL.findall(_COMMENT.sub(" ", text))
    if text.strip() and models != [sheet.path.name]:
        found = ", ".join(models[:5]) or "no model"
        file.add("model", found, f"one model, called {sheet.path.name} as the folder is")
    return text


def readme_title(sheet: Sheet, *, optional: bool = False) -> str:
    """The title of a folder from the first line of its readme, "" after a fault.

    Where the readme is `optional`, the folder's name serves without one.
    """
    readme = sheet.beside("README.md")
    if optional and not readme.path.exists() and not readme.path.is_symlink():
        return sheet.path.name.replace("_", " ").capitalize()
    text = readme.text()
    if text is None:
        return ""
    first = text.split("\n", 1)[0]
    if first.startswith("# ") and first[2:].strip() and first.isprintable():
        return first[2:].strip()[:200]
    readme.add("line 1", quoted(first), 'the title, as "# Title"')
    return ""


def _ports(sheet: Sheet, code: str) -> tuple[Port, ...]:
    rows = read_table(sheet, PORT_COLUMNS)
    unique(rows, "port")
    found = [_port(row, code) for row in rows]
    return tuple(port for port in found if port)


def _port(row: Row, code: str) -> Port | None:
    name = row.text("port")
    if not _PORT.fullmatch(name):
        row.fault("port", "a word of lower-case letters, digits and _")
    symbol, unit = row.symbol("symbol"), row.unit("unit")
    quantity = row.choice("quantity", QUANTITIES)
    direction = row.choice("direction", DIRECTIONS)
    if symbol and code.strip() and not _mentions(code, symbol):
        row.fault("symbol", "a name that the model text uses")
    default = default_of(row.text("note"))
    if default == "?":
        row.fault("note", "default=NUMBER")
    if not _PORT.fullmatch(name) or None in (symbol, unit, quantity, direction):
        return None
    return Port(name, symbol or "", quantity or "", unit or "", direction or "", row.text("note"))


def default_of(note: str) -> str:
    """The number after `default=` in a port's note, "" without one, "?" if it is none."""
    found = re.search(r"\bdefault=([^\s;,]*)", note)
    if not found:
        return ""
    number = re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", found[1])
    return found[1] if number else "?"


def is_optional(port: Port) -> bool:
    """Whether a shared species may be missing: what this module would do to it is then left out."""
    return port.direction == "shares" and re.match(r"optional\b", port.note) is not None


def _hazards(sheet: Sheet, ports: tuple[Port, ...], code: str) -> tuple[HazardRow, ...]:
    rows = read_table(sheet, HAZARD_COLUMNS)
    unique(rows, "hazard")
    found = []
    for row in rows:
        row.needed("hazard", "the name of the hazard")
        symbol, recurrent = _rate(row, ports, code), row.choice("recurrent", ("yes", "no"))
        adds = _adds(row, ports, code)
        if symbol and recurrent:
            yes = recurrent == "yes"
            found.append(HazardRow(row.text("hazard"), symbol, yes, row.text("ends"), adds))
    return tuple(found)


def _channels(sheet: Sheet, ports: tuple[Port, ...], code: str) -> tuple[ChannelRow, ...]:
    rows = read_table(sheet, CHANNEL_COLUMNS)
    unique(rows, "channel")
    found = []
    for row in rows:
        row.needed("channel", "the name of the channel")
        symbol, adds = _rate(row, ports, code), _adds(row, ports, code)
        if not row.text("adds") or any(not amount.is_integer() or not amount for _, amount in adds):
            row.fault("adds", "whole amounts that are not 0")
        if symbol:
            found.append(ChannelRow(row.text("channel"), symbol, adds))
    return tuple(found)


def _rate(row: Row, ports: tuple[Port, ...], code: str) -> str | None:
    """The symbol of a rate in the model text."""
    symbol = row.symbol("symbol")
    if symbol and not _mentions(code, symbol):
        row.fault("symbol", "a name that the model text uses")
    port = next((port for port in ports if port.symbol == symbol), None)
    if port and not units.compatible(port.unit, "1/day"):
        row.fault("symbol", "a rate, in 1/day or alike", f"{symbol} in {port.unit or '1'}")
    return symbol


def _adds(row: Row, ports: tuple[Port, ...], code: str) -> tuple[tuple[str, float], ...]:
    """Pairs of "port=amount" or "symbol=amount", joined by ;."""
    known = {port.name for port in ports}
    adds = []
    for part in filter(None, (part.strip() for part in row.text("adds").split(";"))):
        name, sign, amount = (piece.strip() for piece in part.partition("="))
        whole = Row(row.sheet, row.line, {"adds": amount})
        value = whole.number("adds") if sign else None
        if not SYMBOL.fullmatch(name) or value is None:
            row.fault("adds", '"port=amount" or "symbol=amount", joined by ;')
        elif name not in known and not _mentions(code, name):
            row.fault("adds", f"a port or a name of the model text instead of {name}")
        else:
            adds.append((name, value))
    return tuple(adds)


def _mentions(code: str, symbol: str) -> bool:
    return re.search(rf"\b{re.escape(symbol)}\b", code) is not None
