"""Functions in LLVM's text form, written in Python: values with operators, loops, conditions.

Arithmetic carries no fast-math flags and multiplications are joined with additions only where
`fma` says so. What a kernel computes is therefore a matter of IEEE 754 alone, the same for any
lane width and on any processor with a fused multiply-add.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

DOUBLE, LONG, BOOL, PTR = "double", "i64", "i1", "ptr"


class Value:
    """An SSA value: a name or literal, and its LLVM type; operators write instructions."""

    __slots__ = ("function", "name", "type")

    def __init__(self, function: Function, name: str, kind: str) -> None:
        self.function, self.name, self.type = function, name, kind

    def _two(self, real: str, whole: str, other: Value | float) -> Value:
        other = self.function.like(other, self)
        return self.function.emit(
            f"{real if self.is_real else whole} {self.type} {self.name}, {other.name}", self.type
        )

    @property
    def is_real(self) -> bool:
        return "double" in self.type

    def __add__(self, other: Value | float) -> Value:
        return self._two("fadd", "add", other)

    def __radd__(self, other: float) -> Value:
        return self.function.like(other, self) + self

    def __sub__(self, other: Value | float) -> Value:
        return self._two("fsub", "sub", other)

    def __rsub__(self, other: float) -> Value:
        return self.function.like(other, self) - self

    def __mul__(self, other: Value | float) -> Value:
        return self._two("fmul", "mul", other)

    def __rmul__(self, other: float) -> Value:
        return self.function.like(other, self) * self

    def __truediv__(self, other: Value | float) -> Value:
        return self._two("fdiv", "sdiv", other)

    def __rtruediv__(self, other: float) -> Value:
        return self.function.like(other, self) / self

    def __and__(self, other: Value | int) -> Value:
        return self._two("", "and", other)

    def __or__(self, other: Value | int) -> Value:
        return self._two("", "or", other)

    def __xor__(self, other: Value | int) -> Value:
        return self._two("", "xor", other)

    def __lshift__(self, other: Value | int) -> Value:
        return self._two("", "shl", other)

    def __rshift__(self, other: Value | int) -> Value:
        """A logical shift: zeros come in."""
        return self._two("", "lshr", other)

    def __neg__(self) -> Value:
        if self.is_real:
            return self.function.emit(f"fneg {self.type} {self.name}", self.type)
        return self.function.like(0, self) - self

    def __invert__(self) -> Value:
        """Of a truth value."""
        return self._two("", "xor", self.function.like(1, self))

    def _compare(self, real: str, whole: str, other: Value | float) -> Value:
        other = self.function.like(other, self)
        kind = self.type.replace("double", BOOL).replace("i64", BOOL)
        text = f"fcmp {real}" if self.is_real else f"icmp {whole}"
        return self.function.emit(f"{text} {self.type} {self.name}, {other.name}", kind)

    def __lt__(self, other: Value | float) -> Value:
        return self._compare("olt", "slt", other)

    def __le__(self, other: Value | float) -> Value:
        return self._compare("ole", "sle", other)

    def __gt__(self, other: Value | float) -> Value:
        return self._compare("ogt", "sgt", other)

    def __ge__(self, other: Value | float) -> Value:
        return self._compare("oge", "sge", other)

    def equals(self, other: Value | float) -> Value:
        return self._compare("oeq", "eq", other)

    def differs(self, other: Value | float) -> Value:
        """True also where either is not a number."""
        return self._compare("une", "ne", other)


class Variable:
    """A place on the stack, for what changes in a loop; LLVM turns it into a register."""

    def __init__(self, function: Function, start: Value) -> None:
        self.function, self.type = function, start.type
        self.place = function.stack(start.type)
        self.set(start)

    def get(self) -> Value:
        return self.function.load(self.place, self.type)

    def set(self, value: Value | float) -> None:
        self.function.store(self.function.like_type(value, self.type), self.place)


class Function:
    """One function under construction. `width` lanes make a vector."""

    def __init__(self, name: str, arguments: Sequence[tuple[str, str]], returns: str, width: int):
        self.name, self.returns, self.width = name, returns, width
        self.vector = f"<{width} x double>"
        self.arguments = arguments
        self.entry: list[str] = []
        self.lines: list[str] = []
        self.count = 0
        self.block = "entry"

    def __getitem__(self, argument: str) -> Value:
        return Value(self, f"%{argument}", {n: k for k, n in self.arguments}[argument])

    def emit(self, text: str, kind: str) -> Value:
        self.count += 1
        name = f"%v{self.count}"
        self.lines.append(f"  {name} = {text}")
        return Value(self, name, kind)

    def do(self, text: str) -> None:
        self.lines.append(f"  {text}")

    # --- numbers -----------------------------------------------------------------------------

    def real(self, number: float) -> Value:
        return Value(self, _hex(number), DOUBLE)

    def whole(self, number: int) -> Value:
        return Value(self, str(int(number)), LONG)

    def like_type(self, number: Value | float, kind: str) -> Value:
        """The number itself, or a literal of that type, repeated for a vector."""
        if isinstance(number, Value):
            return number
        scalar = kind.split(" x ")[-1].rstrip(">")
        text = _hex(float(number)) if scalar == DOUBLE else str(int(number))
        if kind.startswith("<"):
            text = "<" + ", ".join([f"{scalar} {text}"] * _count(kind)) + ">"
        return Value(self, text, kind)

    def like(self, number: Value | float, other: Value) -> Value:
        return self.like_type(number, other.type)

    def splat(self, value: Value | float) -> Value:
        """A scalar in every lane."""
        if not isinstance(value, Value):
            return self.like_type(value, self.vector)
        kind = f"<{self.width} x {value.type}>"
        one = self.emit(f"insertelement {kind} poison, {value.type} {value.name}, i32 0", kind)
        zeros = f"<{self.width} x i32> zeroinitializer"
        return self.emit(f"shufflevector {kind} {one.name}, {kind} poison, {zeros}", kind)

    def fma(self, a: Value | float, b: Value | float, c: Value | float) -> Value:
        """a*b + c with one rounding."""
        kind = next(value.type for value in (a, b, c) if isinstance(value, Value))
        x, y, z = (self.like_type(value, kind) for value in (a, b, c))
        return self.intrinsic("fma", x, y, z)

    def intrinsic(self, name: str, *values: Value) -> Value:
        """One of LLVM's own functions on numbers of one type, such as sqrt or floor."""
        kind = values[0].type
        short = kind.strip("<>").replace("double", "f64").replace(" x ", "")
        short = f"v{short}" if kind.startswith("<") else short
        text = ", ".join(f"{kind} {value.name}" for value in values)
        return self.emit(f"call {kind} @llvm.{name}.{short}({text})", kind)

    def select(self, condition: Value, yes: Value | float, no: Value | float) -> Value:
        kind = (yes if isinstance(yes, Value) else no).type  # type: ignore[union-attr]
        a, b = self.like_type(yes, kind), self.like_type(no, kind)
        text = f"{condition.type} {condition.name}, {kind} {a.name}, {kind} {b.name}"
        return self.emit(f"select {text}", kind)

    def cast(self, how: str, value: Value, kind: str) -> Value:
        return self.emit(f"{how} {value.type} {value.name} to {kind}", kind)

    def to_long(self, value: Value) -> Value:
        """Towards zero."""
        return self.cast("fptosi", value, value.type.replace(DOUBLE, LONG))

    def to_real(self, value: Value) -> Value:
        return self.cast("sitofp", value, value.type.replace(LONG, DOUBLE))

    def bits(self, value: Value) -> Value:
        """The same 64 bits as an integer, or as a number."""
        there = (DOUBLE, LONG) if value.is_real else (LONG, DOUBLE)
        return self.cast("bitcast", value, value.type.replace(*there))

    def any(self, truth: Value) -> Value:
        """Whether a vector of truth values has a true one."""
        return self.mask(truth).differs(0)

    def mask(self, truth: Value) -> Value:
        """Truth values as the low bits of an integer, lane 0 lowest."""
        if truth.type == BOOL:
            return self.cast("zext", truth, LONG)
        small = f"i{self.width}"
        packed = self.cast("bitcast", truth, small)
        return packed if small == LONG else self.cast("zext", packed, LONG)

    def lane(self, vector: Value, index: int) -> Value:
        kind = vector.type.split(" x ")[-1].rstrip(">")
        return self.emit(f"extractelement {vector.type} {vector.name}, i32 {index}", kind)

    def side_by_side(self, vectors: Sequence[Value]) -> Value:
        """2, 4, 8 ... vectors as one, for LLVM to work on in turns: no instruction is needed."""
        found = list(vectors)
        while len(found) > 1:
            found = [self._shuffle(a, b, 0, 2 * _count(a.type)) for a, b in _pairs(found)]
        return found[0]

    def apart(self, value: Value, count: int) -> list[Value]:
        """The vectors that `side_by_side` made one of."""
        size = _count(value.type) // count
        return [self._shuffle(value, value, i * size, size) for i in range(count)]

    def _shuffle(self, a: Value, b: Value, start: int, size: int) -> Value:
        places = ", ".join(f"i32 {i}" for i in range(start, start + size))
        text = f"shufflevector {a.type} {a.name}, {b.type} {b.name}, <{size} x i32> <{places}>"
        return self.emit(text, f"<{size} x {a.type.split(' x ')[1]}")

    # --- memory ------------------------------------------------------------------------------

    def at(self, base: Value, index: Value | int, kind: str = DOUBLE) -> Value:
        """The address of element `index` of an array."""
        place = index if isinstance(index, Value) else self.whole(index)
        text = f"getelementptr inbounds {kind}, ptr {base.name}, i64 {place.name}"
        return self.emit(text, PTR)

    def load(self, place: Value, kind: str = DOUBLE) -> Value:
        return self.emit(f"load {kind}, ptr {place.name}{_align(kind)}", kind)

    def store(self, value: Value, place: Value) -> None:
        self.do(f"store {value.type} {value.name}, ptr {place.name}{_align(value.type)}")

    def barrier(self) -> None:
        """LLVM moves no load or store across this, which itself becomes no instruction.

        In long straight code it would else load much too early, and spill.
        """
        self.do('fence syncscope("singlethread") seq_cst')

    def row(self, base: Value, index: Value | int) -> Value:
        """The vector in row `index` of an array of vectors."""
        return self.load(self.at(base, index, self.vector), self.vector)

    def put_row(self, base: Value, index: Value | int, value: Value) -> None:
        self.store(value, self.at(base, index, self.vector))

    def stack(self, kind: str) -> Value:
        self.count += 1
        name = f"%s{self.count}"
        self.entry.append(f"  {name} = alloca {kind}{_align(kind)}")
        return Value(self, name, PTR)

    def variable(self, start: Value) -> Variable:
        return Variable(self, start)

    # --- flow --------------------------------------------------------------------------------

    def label(self, hint: str) -> str:
        self.count += 1
        return f"{hint}{self.count}"

    def open(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        self.do(f"br label %{label}")

    def branch(self, condition: Value, yes: str, no: str) -> None:
        self.do(f"br i1 {condition.name}, label %{yes}, label %{no}")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """The body runs where the condition holds."""
        inside, after = self.label("then"), self.label("after")
        self.branch(condition, inside, after)
        self.open(inside)
        yield
        self.jump(after)
        self.open(after)

    @contextmanager
    def loop(self, start: Value | int, stop: Value | int) -> Iterator[Value]:
        """The body runs for each whole number from start to stop, exclusive."""
        index = self.variable(self.like_type(start, LONG))
        last = self.like_type(stop, LONG)
        head, inside, after = self.label("head"), self.label("body"), self.label("done")
        self.jump(head)
        self.open(head)
        now = index.get()
        self.branch(now < last, inside, after)
        self.open(inside)
        yield now
        index.set(now + 1)
        self.jump(head)
        self.open(after)

    @contextmanager
    def repeat(self, condition: Callable[[], Value]) -> Iterator[None]:
        """The body runs again as long as the condition holds before it."""
        head, inside, after = self.label("head"), self.label("body"), self.label("done")
        self.jump(head)
        self.open(head)
        self.branch(condition(), inside, after)
        self.open(inside)
        yield
        self.jump(head)
        self.open(after)

    @contextmanager
    def lanes(self, mask: Value) -> Iterator[Value]:
        """The body runs for each bit of the mask that is set, with the lane's number."""
        left = self.variable(mask)
        with self.repeat(lambda: left.get().differs(0)):
            now = left.get()
            place = self.emit(f"call i64 @llvm.cttz.i64(i64 {now.name}, i1 true)", LONG)
            left.set(now & (now - 1))
            yield place

    def call(self, name: str, returns: str, *values: Value) -> Value:
        text = f"call {returns} @{name}({', '.join(f'{v.type} {v.name}' for v in values)})"
        if returns == "void":
            self.do(text)
            return Value(self, "", "void")
        return self.emit(text, returns)

    def give(self, value: Value | None = None) -> None:
        self.do(f"ret {value.type} {value.name}" if value else "ret void")

    def text(self, linkage: str = "internal", attributes: str = "") -> str:
        """The definition; pointers of internal functions never overlap."""
        alone = " noalias" if linkage == "internal" else ""
        shown = ", ".join(
            f"{kind}{alone if kind == PTR else ''} %{name}" for kind, name in self.arguments
        )
        traits = f"nounwind noinline {attributes}"
        head = f"define {linkage} {self.returns} @{self.name}({shown}) {traits}{{"
        return "\n".join([head, "entry:", *self.entry, *self.lines, "}", ""])


def declarations(text: str) -> str:
    """Declarations of LLVM's own functions that a module's text calls."""
    import re

    found = {}
    for match in re.finditer(r"call ([^@]+) (@llvm\.[\w.]+)\((.*)\)$", text, re.MULTILINE):
        kinds = re.findall(r"(<\d+ x \w+>|\w+) (?:%[\w.]+|<[^>]*>|[-\w.]+)(?:, |$)", match[3])
        found[match[2]] = f"declare {match[1]} {match[2]}({', '.join(kinds)})"
    return "\n".join(found[name] for name in sorted(found)) + "\n"


def _hex(number: float) -> str:
    return f"0x{struct.unpack('<Q', struct.pack('<d', float(number)))[0]:016X}"


def _align(kind: str) -> str:
    return f", align {8 * _count(kind) if kind.startswith('<') else 8}"


def _count(kind: str) -> int:
    """How many numbers a vector holds."""
    return int(kind[1:].split()[0])


def _pairs(values: Sequence[Value]) -> Iterator[tuple[Value, Value]]:
    return zip(values[::2], values[1::2], strict=True)
