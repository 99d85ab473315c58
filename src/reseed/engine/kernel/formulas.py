"""The functions of one model as vector code: rates, derivatives, factors, triggers, observables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reseed.engine.kernel import maths
from reseed.engine.kernel.graph import Node
from reseed.engine.kernel.ir import DOUBLE, PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.program import Program

_ONE = {
    "exp": maths.exp,
    "ln": maths.ln,
    "log2": maths.log2_positive,
    "power2": maths.power2,
    "base": maths.base_of_power,
    "parity": maths.parity,
    "sin": maths.sine,
    "cos": lambda f, x: maths.sine(f, x, 1),
    "tanh": maths.tanh,
    "sinh": maths.sinh,
    "cosh": maths.cosh,
    "asin": maths.asin,
    "acos": maths.acos,
    "atan": maths.atan,
    "sqrt": lambda f, x: f.intrinsic("sqrt", x),
    "abs": lambda f, x: f.intrinsic("fabs", x),
    "floor": lambda f, x: f.intrinsic("floor", x),
    "ceil": lambda f, x: f.intrinsic("ceil", x),
    "reciprocal": lambda f, x: 1.0 / x,
    "neg": lambda f, x: -x,
    "not": lambda f, x: ~x,
}


# What takes long, and how many of a kind are computed side by side, in turns (measured: 2 and 8
# are slower, 1 by a fifth of all rates).
_LONG = ("exp", "ln", "log2", "power2")
ABREAST = 4

_TRUTHS = ("lt", "le", "eq", "ne", "and", "or", "not")


class Formulas:
    """Writes nodes into one function, each once, in the order in which they are needed.

    `scalar` functions work on single numbers, from uniform parameters alone.
    """

    def __init__(
        self, f: Function, program: Program, layout: Layout, wanted: Sequence[Node],
        *, known: bool = True, scalar: bool = False,
    ) -> None:  # fmt: skip
        self.f, self.graph, self.layout = f, program.graph, layout
        self.known, self.scalar = known, scalar
        self.made: dict[Node, Value] = {}
        self.uses: Counter[Node] = Counter()
        computed = self._computed(wanted)
        for node in computed:
            self.uses.update(self.graph.arguments(node))
        self.uses.update(wanted)
        self.teams = {} if scalar else self._teams(computed)

    def _computed(self, wanted: Sequence[Node]) -> list[Node]:
        seen, stack = set(), list(wanted)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if not self._has_place(node):
                stack.extend(self.graph.arguments(node))
        return sorted(seen)

    def _has_place(self, node: Node) -> bool:
        return self.known and (node in self.layout.hoisted or node in self.layout.uniform)

    def _teams(self, nodes: Sequence[Node]) -> dict[Node, tuple[Node, ...]]:
        """Those of a kind that do not wait for each other.

        Side by side, each constant is loaded once for all of them, and while one waits for its
        last result another goes on.
        """
        level: dict[Node, int] = {}  # how many long ones come before
        kinds: dict[tuple[str, int], list[Node]] = {}
        for node in nodes:
            if self._has_place(node):
                level[node] = 0
                continue
            kind = self.graph.nodes[node][0]
            level[node] = max((level[a] for a in self.graph.arguments(node)), default=0)
            if kind in _LONG:
                kinds.setdefault((kind, level[node]), []).append(node)
                level[node] += 1
        teams = {}
        for members in kinds.values():
            while members:
                size = min(ABREAST, 1 << (len(members).bit_length() - 1))
                team, members = tuple(members[:size]), members[size:]
                teams.update(dict.fromkeys(team, team))
        return teams

    def __getitem__(self, node: Node) -> Value:
        stack = [node]
        while stack:
            now = stack[-1]
            if now in self.made:
                stack.pop()
                continue
            team = self.teams.get(now, (now,))
            missing = [a for member in team for a in self._needs(member) if a not in self.made]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            if len(team) == 1:
                self.made[now] = self._write(now)
            else:
                self.made.update(zip(team, self._write_abreast(team), strict=True))
        return self.made[node]

    def _write_abreast(self, team: Sequence[Node]) -> list[Value]:
        operator = self.graph.nodes[team[0]][0]
        values = [self.made[self.graph.arguments(node)[0]] for node in team]
        value = _ONE[operator](self.f, self.f.side_by_side(values))
        return self.f.apart(value, len(team))

    def _needs(self, node: Node) -> list[Node]:
        if self._has_place(node):
            return []
        if self.graph.nodes[node][0] != "sum":
            arguments = self.graph.arguments(node)
            # the exponent of a power stands there for its derivative only
            return arguments[:3] if self.graph.nodes[node][0] == "signed" else arguments
        found: list[Node] = []
        for _, term in self.graph.nodes[node][1:]:
            found += self.graph.arguments(term) if self._fuses(term) else [term]
        return found

    def _fuses(self, term: Node) -> bool:
        """Whether a product is computed inside the one sum that needs it, by fma.

        Not in constants: which of them are computed together depends on what varies in a cohort,
        and their last digits must not.
        """
        if not self.known:
            return False
        alone = self.uses[term] == 1 and term not in self.made and not self._has_place(term)
        return alone and self.graph.nodes[term][0] == "product"

    def _uniform(self, place: int) -> Value:
        value = self.f.load(self.f.at(self.f["u"], place))
        return value if self.scalar else self.f.splat(value)

    def _write(self, node: Node) -> Value:
        f, layout = self.f, self.layout
        operator, *arguments = self.graph.nodes[node]
        if self._has_place(node):
            uniform = node in layout.uniform
            kept = (
                self._uniform(layout.uniform[node])
                if uniform
                else f.row(f["c"], layout.hoisted[node])
            )
            return kept > 0.5 if operator in _TRUTHS else kept
        if operator == "number":
            return f.like_type(arguments[0], DOUBLE if self.scalar else f.vector)
        if operator == "state":
            return f.row(f["y"], arguments[0])
        if operator == "time":
            return f["t"]
        if operator == "parameter":
            row = layout.parameter_rows.get(arguments[0])
            if row is None:
                return self._uniform(arguments[0])
            return f.row(f["s"], layout.parameters + row)
        if operator == "sum":
            return self._sum(arguments)
        values = [self.made[a] for a in arguments if a in self.made]
        if operator in _ONE:
            return _ONE[operator](f, values[0])
        if operator == "signed":
            base, parity, value = (self.made[a] for a in arguments[:3])
            return f.select(base < 0.0, parity * value, value)
        return self._two(operator, [self.made[a] for a in arguments])

    def _two(self, operator: str, values: list[Value]) -> Value:
        if operator == "choose":
            return self.f.select(*values)
        a, b = values
        if operator == "product":
            return a * b
        if operator == "lt":
            return a < b
        if operator == "le":
            return a <= b
        if operator == "eq":
            return a.equals(b)
        if operator == "ne":
            return a.differs(b)
        if operator == "and":
            return a & b
        if operator == "or":
            return a | b
        raise KeyError(operator)

    def _sum(self, terms: Sequence[tuple[float, Node]]) -> Value:
        fused = [term for term in terms if self._fuses(term[1])]
        whole = [term for term in terms if not self._fuses(term[1])]
        total: Value | None = None
        for sign, node in whole:
            value = self.made[node]
            if total is None:
                total = value if sign > 0 else -value
            else:
                total = total + value if sign > 0 else total - value
        for sign, node in fused:
            a, b = (self.made[x] for x in self.graph.arguments(node))
            if total is None:
                total = a * b if sign > 0 else -(a * b)
            else:
                total = self.f.fma(a if sign > 0 else -a, b, total)
        assert total is not None
        return total


def _number(f: Function, value: Value) -> Value:
    """Truth values become 1 and 0."""
    if value.is_real:
        return value
    one = f.splat(1.0) if value.type.startswith("<") else f.real(1.0)
    return f.select(value, one, 0.0)


MODEL = [(PTR, "y"), (PTR, "s"), (PTR, "c"), (PTR, "u")]


class Writer:
    """Writes the functions of one model for vectors of `width` lanes.

    All take pointers to the state `y`, the lane's rows `s`, its constants `c`, the uniform
    numbers `u`, and the time `t`; results go to `out`, a row each.
    """

    def __init__(self, program: Program, layout: Layout, width: int) -> None:
        self.program, self.layout, self.width = program, layout, width

    def _function(self, name: str, *more: tuple[str, str], returns: str = "void") -> Function:
        kind = f"<{self.width} x double>"
        return Function(name, [*MODEL, (kind, "t"), *more], returns, self.width)

    def values(self, name: str, nodes: Sequence[Node]) -> str:
        """out[i] = node i; truth values become 1 and 0."""
        f = self._function(name, (PTR, "out"))
        write = Formulas(f, self.program, self.layout, nodes)
        for place, node in enumerate(nodes):
            f.put_row(f["out"], place, _number(f, write[node]))
        f.give()
        return f.text()

    def tell(self) -> str:
        """Function `tell`: what a host has to know of events, the triggers by their own function.

        Another one might join a product with a sum that this one does not, and a last digit may
        decide what is true.
        """
        count = len(self.program.triggers)
        f = self._function("tell", (PTR, "out"))
        given = [f[name] for name in ("y", "s", "c", "u", "t")]
        f.call("triggers", "void", *given, f["out"])
        f.call("facts", "void", *given, f.at(f["out"], count, f.vector))
        f.give()
        return self.values("facts", self.program.told[count:]) + f.text()

    def rates_and_slopes(self, places: Mapping[tuple[int, int], int]) -> str:
        """Rates to `out`, derivatives to `m`, d rates / d time to `tilt`; returns the worst base.

        That is the most negative base of a power that has no value there, or 0.
        """
        program = self.program
        entries, tilts = program.jacobian, program.tilts
        wanted = [*program.rates, *entries.values(), *tilts.values()]
        vector = f"<{self.width} x double>"
        f = self._function("slopes", (PTR, "out"), (PTR, "m"), (PTR, "tilt"), returns=vector)
        write = Formulas(f, program, self.layout, wanted)
        by_row: dict[int, list[tuple[int, int]]] = {}
        for row, column in entries:
            by_row.setdefault(row, []).append((row, column))
        for row, node in enumerate(program.rates):
            f.put_row(f["out"], row, write[node])
            for place in by_row.get(row, []):
                f.put_row(f["m"], places[place], write[entries[place]])
            if tilts:
                slope = write[tilts[row]] if row in tilts else f.splat(0.0)
                f.put_row(f["tilt"], row, slope)
        worst = f.splat(0.0)
        for node in program.graph.reached(program.rates):
            if program.graph.nodes[node][0] == "signed" and program.graph.moves[node]:
                base, parity = (write[a] for a in program.graph.nodes[node][1:3])
                lost = f.select(parity.equals(0.0), base, 0.0)
                worst = f.select(lost < worst, lost, worst)
        f.give(worst)
        return f.text()

    def hoist(self) -> str:
        """A lane's constants into `c`, from its parameters in `s`."""
        f = Function("hoist", [(PTR, "s"), (PTR, "u"), (PTR, "c")], "void", self.width)
        nodes = list(self.layout.hoisted)
        write = Formulas(f, self.program, self.layout, nodes, known=False)
        for node, place in self.layout.hoisted.items():
            f.put_row(f["c"], place, _number(f, write[node]))
        f.give()
        return f.text()

    def hoist_uniform(self) -> str:
        """What depends on uniform parameters alone, behind them in `u`."""
        f = Function("hoist_uniform", [(PTR, "u")], "void", self.width)
        nodes = list(self.layout.uniform)
        write = Formulas(f, self.program, self.layout, nodes, known=False, scalar=True)
        for node, place in self.layout.uniform.items():
            f.store(_number(f, write[node]), f.at(f["u"], place))
        f.give()
        return f.text()

    def factorise(self, places: Mapping[tuple[int, int], int]) -> str:
        """J - M/(h gamma) into unit lower and upper factors in `m`; diagonals are inverted.

        M is 1 on the diagonal, and 0 for algebraic states. Returns the smallest pivot relative to
        the diagonal it started from: a small one says that elimination without exchanges has lost
        its digits.
        """
        vector = f"<{self.width} x double>"
        f = Function("factorise", [(PTR, "m"), (vector, "shift")], vector, self.width)
        order = self.program.order
        algebraic = self.program.algebraic
        rank = {state: k for k, state in enumerate(order)}
        entry: dict[tuple[int, int], Value] = {}
        for i, j in self.program.pattern:
            given = (i, j) in self.program.jacobian
            if given:
                entry[i, j] = f.row(f["m"], places[i, j])
            if i == j and i in algebraic:
                entry.setdefault((i, j), f.splat(0.0))
            elif i == j:
                entry[i, j] = entry[i, j] - f["shift"] if given else -f["shift"]
        start = {i: entry[i, i] for i in order}
        worst = f.splat(1.0)
        for k in order:
            pivot = entry[k, k]
            if pivot is not start[k]:
                ratio = f.intrinsic("fabs", pivot) - f.intrinsic("fabs", start[k]) * 1e-10
                worst = f.select(ratio < worst, ratio, worst)
            inverse = 1.0 / pivot
            f.put_row(f["m"], places[k, k], inverse)
            across = [j for (i, j) in self.program.pattern if i == k and rank[j] > rank[k]]
            down = [i for (i, j) in self.program.pattern if j == k and rank[i] > rank[k]]
            for j in across:
                f.put_row(f["m"], places[k, j], entry[k, j])
            for i in down:
                factor = entry[i, k] * inverse
                f.put_row(f["m"], places[i, k], factor)
                for j in across:
                    if (i, j) in entry:
                        entry[i, j] = f.fma(-factor, entry[k, j], entry[i, j])
                    else:
                        entry[i, j] = -(factor * entry[k, j])
        f.give(worst)
        return f.text()

    def substitute(self, places: Mapping[tuple[int, int], int], pulled: bool) -> str:
        """Solves with the factors of J - M/(h gamma) for the rates in `b`: a stage to `out`.

        `pulled` stages also have what earlier ones add, `pull` times 1/h, to all that has a rate.
        """
        vector = f"<{self.width} x double>"
        more = [(PTR, "pull"), (vector, "per_step")] if pulled else []
        name = "substitute" if pulled else "substitute_first"
        arguments = [(PTR, "m"), (PTR, "b"), *more, (PTR, "out")]
        f = Function(name, arguments, "void", self.width)
        order = self.program.order
        rank = {state: k for k, state in enumerate(order)}
        lower: dict[int, list[int]] = {i: [] for i in order}
        upper: dict[int, list[int]] = {i: [] for i in order}
        for i, j in self.program.pattern:
            if i != j:
                (lower if rank[j] < rank[i] else upper)[i].append(j)
        x: dict[int, Value] = {}
        for number, i in enumerate(order):
            if number % 4 == 0:
                f.barrier()
            rate = f.row(f["b"], i)
            added = pulled and i not in self.program.algebraic
            x[i] = f.fma(-f["per_step"], f.row(f["pull"], i), -rate) if added else -rate
            for j in sorted(lower[i], key=rank.__getitem__):
                x[i] = f.fma(-f.row(f["m"], places[i, j]), x[j], x[i])
        for i in reversed(order):
            for j in sorted(upper[i], key=rank.__getitem__, reverse=True):
                x[i] = f.fma(-f.row(f["m"], places[i, j]), x[j], x[i])
            x[i] = x[i] * f.row(f["m"], places[i, i])
            f.put_row(f["out"], i, x[i])
        f.give()
        return f.text()

    def newton(self) -> str:
        """Function `newton`: the change that makes all algebraic formulas 0, if they are straight.

        For each algebraic state what has to be taken away goes to `out`, in their order; the sum
        of the squares of the formulas is returned.
        """
        program, vector = self.program, f"<{self.width} x double>"
        rows = program.algebraic
        inner = {(i, j): node for (i, j), node in program.jacobian.items() if {i, j} <= {*rows}}
        f = self._function("newton", (PTR, "out"), returns=vector)
        wanted = [*(program.rates[i] for i in rows), *inner.values()]
        write = Formulas(f, program, self.layout, wanted)
        x = {i: write[program.rates[i]] for i in rows}
        total = f.splat(0.0)
        for i in rows:
            total = f.fma(x[i], x[i], total)
        entry = {place: write[node] for place, node in inner.items()}
        for i in rows:
            entry.setdefault((i, i), f.splat(0.0))
        left = [i for i in program.order if i in rows]
        done: list[int] = []
        while left:
            k = left.pop(0)
            done.append(k)
            across = [j for j in left if (k, j) in entry]
            for i in [i for i in left if (i, k) in entry]:
                factor = entry[i, k] / entry[k, k]
                x[i] = f.fma(-factor, x[k], x[i])
                for j in across:
                    old = entry.get((i, j), f.splat(0.0))
                    entry[i, j] = f.fma(-factor, entry[k, j], old)
        for number, i in reversed([*enumerate(done)]):
            for j in done[number + 1 :]:
                if (i, j) in entry:
                    x[i] = f.fma(-entry[i, j], x[j], x[i])
            x[i] = x[i] / entry[i, i]
        for place, i in enumerate(rows):
            f.put_row(f["out"], place, x[i])
        f.give(total)
        return f.text()
