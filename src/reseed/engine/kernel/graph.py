"""Expressions as a graph in which every sub-expression stands once.

Building a node simplifies what is plain (zeros, ones, constants) and finds an equal one if there
is one, so common sub-expressions need no pass of their own. Sums and products are put into a
canonical order that depends on the System alone. Powers are split into the steps that others can
share: the logarithm of a base serves all its exponents, and the power serves its own derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from reseed.nouns.expression import Expression

Node = int
Derivatives = dict[int, Node]
TIME = "time"
_COMPARISONS = ("lt", "le", "eq", "ne")


class Graph:
    """Nodes as tuples (operator, arguments...); an argument is the number of an earlier node.

    Leaves: ("number", x), ("state", i), ("parameter", i), ("time",). `moves[n]` is a set of bits:
    bit i if the node depends on state i, bit `states` if on time.
    """

    def __init__(self, states: int) -> None:
        self.states = states
        self.nodes: list[tuple] = []
        self.moves: list[int] = []
        self._known: dict[tuple, Node] = {}
        self.zero, self.one = self.number(0.0), self.number(1.0)

    def _node(self, *key: object) -> Node:
        if key in self._known:
            return self._known[key]
        operator, *arguments = key
        if operator == "state":
            moves = 1 << int(arguments[0])  # type: ignore[call-overload]
        elif operator == TIME:
            moves = 1 << self.states
        else:
            moves = 0
            for argument in self._arguments(key):
                moves |= self.moves[argument]
        self._known[key] = len(self.nodes)
        self.nodes.append(key)
        self.moves.append(moves)
        return len(self.nodes) - 1

    @staticmethod
    def _arguments(key: tuple) -> list[Node]:
        if key[0] in ("number", "state", "parameter", TIME):
            return []
        if key[0] == "sum":
            return [node for _, node in key[1:]]
        return list(key[1:])

    def arguments(self, node: Node) -> list[Node]:
        """The nodes that this one is computed from."""
        return self._arguments(self.nodes[node])

    def number(self, value: float) -> Node:
        # -0.0 and 0.0 are equal as keys, and one of them is enough
        return self._node("number", float(value) + 0.0 if value == 0 else float(value))

    def state(self, index: int) -> Node:
        return self._node("state", index)

    def parameter(self, index: int) -> Node:
        return self._node("parameter", index)

    def time(self) -> Node:
        return self._node(TIME)

    def value(self, node: Node) -> float | None:
        """The number that a node is, or None."""
        return self.nodes[node][1] if self.nodes[node][0] == "number" else None

    # --- arithmetic --------------------------------------------------------------------------

    def sum(self, terms: Sequence[tuple[float, Node]]) -> Node:
        """A sum of signed nodes; equal ones are collected."""
        total = 0.0
        count: dict[Node, float] = {}
        for sign, node in terms:
            if self.nodes[node][0] == "neg":
                sign, node = -sign, self.nodes[node][1]
            number = self.value(node)
            if number is not None:
                total += sign * number
            else:
                count[node] = count.get(node, 0.0) + sign
        found = []
        for node, weight in sorted(count.items(), key=lambda item: self._order(item[0])):
            if weight in (1.0, -1.0):
                found.append((weight, node))
            elif weight:
                found.append((1.0, self.product(self.number(weight), node)))
        if total or total != total or not found:
            found.append((1.0, self.number(total)))
        if len(found) == 1:
            sign, node = found[0]
            return node if sign > 0 else self.negative(node)
        return self._node("sum", *found)

    def _order(self, node: Node) -> tuple[int, int]:
        return (1 if self.moves[node] else 0, node)

    def add(self, a: Node, b: Node) -> Node:
        return self.sum([(1.0, a), (1.0, b)])

    def negative(self, a: Node) -> Node:
        number = self.value(a)
        if number is not None:
            return self.number(-number)
        return self.nodes[a][1] if self.nodes[a][0] == "neg" else self._node("neg", a)

    def product(self, *factors: Node) -> Node:
        """Numbers first, then what does not move, then the rest; folded from the left."""
        sign, weight, rest = 1.0, 1.0, []
        for factor in factors:
            if self.nodes[factor][0] == "neg":
                sign, factor = -sign, self.nodes[factor][1]
            number = self.value(factor)
            if number is not None:
                weight *= number
            else:
                rest.append(factor)
        if weight == 0.0:
            return self.zero
        if weight < 0:
            sign, weight = -sign, -weight
        rest.sort(key=self._order)
        if weight != 1.0 or not rest:
            rest.insert(0, self.number(weight))
        made = rest[0]
        for factor in rest[1:]:
            made = self._node("product", made, factor)
        return made if sign > 0 else self.negative(made)

    def reciprocal(self, a: Node) -> Node:
        number = self.value(a)
        if number is not None:
            return self.number(1.0 / number if number else math.copysign(math.inf, number))
        if self.nodes[a][0] == "neg":
            return self.negative(self.reciprocal(self.nodes[a][1]))
        if self.nodes[a][0] == "reciprocal":
            return self.nodes[a][1]
        return self._node("reciprocal", a)

    def quotient(self, a: Node, b: Node) -> Node:
        if self.value(b) is not None and self.value(a) is not None:
            x, y = self.value(a), self.value(b)
            return self.number(_safe(lambda: x / y))  # type: ignore[operator]
        return self.product(a, self.reciprocal(b))

    def call(self, operator: str, a: Node) -> Node:
        """One of the functions of one number."""
        number = self.value(a)
        if number is not None:
            return self.number(_safe(lambda: _NUMBERS[operator](number)))
        return self._node(operator, a)

    def power(self, base: Node, exponent: Node) -> Node:
        """base ** exponent; whole literal exponents are products, others go by log2 and exp2."""
        number, of = self.value(exponent), self.value(base)
        if number is not None and of is not None:
            return self.number(_safe(lambda: math.pow(of, number)))
        if number is not None and number == int(number if abs(number) < 1e9 else 0):
            if abs(number) <= 16:
                return self._whole_power(base, int(number))
        if number == 0.5:
            return self.call("sqrt", base)
        if number == -0.5:
            return self.reciprocal(self.call("sqrt", base))
        size = self.call("base", base)
        value = self.call("power2", self.product(exponent, self.call("log2", size)))
        if self._never_negative(base):
            return value
        return self._node("signed", base, self.call("parity", exponent), value, exponent)

    def _never_negative(self, node: Node) -> bool:
        """Whether that can be seen from the form alone: squares, powers, sums of such."""
        operator, *arguments = self.nodes[node]
        if operator == "number":
            return bool(arguments[0] >= 0.0)
        if operator == "product":
            return arguments[0] == arguments[1] or all(map(self._never_negative, arguments))
        if operator == "sum":
            return all(sign > 0 and self._never_negative(term) for sign, term in arguments)
        return operator in ("exp", "power2", "sqrt", "abs", "base")

    def _whole_power(self, base: Node, exponent: int) -> Node:
        if exponent < 0:
            return self.reciprocal(self._whole_power(base, -exponent))
        made, square = self.one, base
        while exponent:
            if exponent & 1:
                made = self.product(made, square)
            exponent >>= 1
            if exponent:
                square = self.product(square, square)
        return made

    # --- choices -----------------------------------------------------------------------------

    def compare(self, operator: str, a: Node, b: Node) -> Node:
        return self._node(operator, a, b)

    def choose(self, condition: Node, yes: Node, no: Node) -> Node:
        return yes if yes == no else self._node("choose", condition, yes, no)

    # --- translation -------------------------------------------------------------------------

    def read(self, expression: Expression, table: Mapping[str, Node]) -> Node:
        """The node of an Expression; KeyError names a symbol or operator that is not known."""
        if isinstance(expression, str):
            return table[expression]
        if isinstance(expression, int | float):
            return self.number(float(expression))
        operator, *parts = expression
        if operator == "+":
            return self.sum(self._terms(expression, 1.0, table))
        if operator in ("-", "neg"):
            return self.sum(self._terms(expression, 1.0, table))
        if operator == "*":
            return self.product(*self._factors(expression, table))
        nodes = [self.read(part, table) for part in parts]
        return self._apply(operator, nodes)

    def _terms(
        self, expression: Expression, sign: float, table: Mapping[str, Node]
    ) -> list[tuple[float, Node]]:
        """The summands of nested sums as they are written."""
        if isinstance(expression, tuple):
            operator, *parts = expression
            if operator == "+":
                return [term for part in parts for term in self._terms(part, sign, table)]
            if operator == "-":
                second = self._terms(parts[1], -sign, table)
                return self._terms(parts[0], sign, table) + second
            if operator == "neg":
                return self._terms(parts[0], -sign, table)
        return [(sign, self.read(expression, table))]

    def _factors(self, expression: Expression, table: Mapping[str, Node]) -> list[Node]:
        """The factors of nested products and quotients as they are written."""
        if isinstance(expression, tuple):
            operator, *parts = expression
            if operator == "*":
                return [factor for part in parts for factor in self._factors(part, table)]
            if operator == "/":
                below = self.reciprocal(self.read(parts[1], table))
                return [*self._factors(parts[0], table), below]
        return [self.read(expression, table)]

    def _apply(self, operator: str, nodes: list[Node]) -> Node:
        if operator == "/":
            return self.quotient(*nodes)
        if operator == "^":
            return self.power(*nodes)
        if operator == "log10":
            return self.product(self.number(1.0 / math.log(10.0)), self.call("ln", nodes[0]))
        if operator == "tan":
            below = self.reciprocal(self.call("cos", nodes[0]))
            return self.product(self.call("sin", nodes[0]), below)
        if operator == "piecewise":
            made = nodes[-1]
            for index in range(len(nodes) - 3, -1, -2):
                made = self.choose(nodes[index + 1], nodes[index], made)
            return made
        if operator in ("max", "min"):
            best = nodes[0]
            for node in nodes[1:]:
                pair = (node, best) if operator == "max" else (best, node)
                best = self.choose(self.compare("lt", *pair), best, node)
            return best
        if operator in ("gt", "ge"):
            return self.compare({"gt": "lt", "ge": "le"}[operator], nodes[1], nodes[0])
        if operator in _COMPARISONS:
            return self.compare(operator, *nodes)
        if operator in ("and", "or"):
            made = nodes[0]
            for node in nodes[1:]:
                made = self._node(operator, made, node)
            return made
        if operator == "not":
            return self._node("not", nodes[0])
        if operator not in _NUMBERS:
            raise KeyError(operator)
        return self.call(operator, nodes[0])

    # --- derivatives -------------------------------------------------------------------------

    def derivatives(self, outputs: Sequence[Node]) -> list[Derivatives]:
        """For each output its derivatives by states (and by time, numbered `states`), no zeros."""
        found: dict[Node, Derivatives] = {}
        for node in self.reached(outputs):
            if self.moves[node]:
                found[node] = {
                    index: slope
                    for index, slope in self._derive(node, found).items()
                    if slope != self.zero
                }
        return [found.get(node, {}) for node in outputs]

    def reached(self, outputs: Sequence[Node]) -> list[Node]:
        """The outputs and all that they are computed from, in order."""
        seen, stack = set(outputs), list(outputs)
        while stack:
            for argument in self.arguments(stack.pop()):
                if argument not in seen:
                    seen.add(argument)
                    stack.append(argument)
        return sorted(seen)

    def _derive(self, node: Node, found: Mapping[Node, Derivatives]) -> Derivatives:
        operator, *arguments = self.nodes[node]
        if operator == "state":
            return {arguments[0]: self.one}
        if operator == TIME:
            return {self.states: self.one}
        if operator == "sum":
            terms: dict[int, list[tuple[float, Node]]] = {}
            for sign, term in arguments:
                for index, slope in found.get(term, {}).items():
                    terms.setdefault(index, []).append((sign, slope))
            return {index: self.sum(parts) for index, parts in terms.items()}
        if operator == "product":
            a, b = arguments
            return self._join(
                {i: self.product(s, b) for i, s in found.get(a, {}).items()},
                {i: self.product(a, s) for i, s in found.get(b, {}).items()},
            )
        if operator == "choose":
            condition, yes, no = arguments
            of_yes, of_no = found.get(yes, {}), found.get(no, {})
            return {
                i: self.choose(condition, of_yes.get(i, self.zero), of_no.get(i, self.zero))
                for i in sorted({*of_yes, *of_no})
            }
        if operator == "signed":
            return self._derive_power(node, found)
        outer = self._slope(operator, node, arguments)
        if outer is None:
            return {}
        inner = found.get(arguments[0], {})
        return {i: self.product(outer, slope) for i, slope in inner.items()}

    def _derive_power(self, node: Node, found: Mapping[Node, Derivatives]) -> Derivatives:
        """d(b^n) = n b^n / b db + ln(b) b^n dn, from the power itself."""
        base, parity, value, exponent = self.nodes[node][1:]
        size = self.call("base", base)
        turned = self._node("signed", base, self.negative(parity), value, exponent)
        by_base = self.product(exponent, self.reciprocal(size), turned)
        of_base = {i: self.product(by_base, s) for i, s in found.get(base, {}).items()}
        if not self.moves[exponent]:
            return of_base
        log = self.product(self.number(math.log(2.0)), self.call("log2", size))
        by_exponent = self.product(log, node)
        slopes = found.get(exponent, {})
        return self._join(of_base, {i: self.product(by_exponent, s) for i, s in slopes.items()})

    def _join(self, a: Derivatives, b: Derivatives) -> Derivatives:
        both = dict(a)
        for index, slope in b.items():
            both[index] = self.add(both[index], slope) if index in both else slope
        return both

    def _slope(self, operator: str, node: Node, arguments: list[Node]) -> Node | None:
        """The derivative of a function of one number; None where it is 0."""
        a = arguments[0]
        if operator == "neg":
            return self.number(-1.0)
        if operator == "reciprocal":
            return self.negative(self.product(node, node))
        if operator == "exp":
            return node
        if operator == "ln":
            return self.reciprocal(a)
        if operator == "log2":
            return self.product(self.number(1.0 / math.log(2.0)), self.reciprocal(a))
        if operator == "power2":
            return self.product(self.number(math.log(2.0)), node)
        if operator == "sqrt":
            return self.product(self.number(0.5), self.reciprocal(node))
        if operator in ("abs", "base"):
            negative = self.compare("lt", a, self.zero)
            return self.choose(negative, self.number(-1.0), self.one)
        if operator == "sin":
            return self.call("cos", a)
        if operator == "cos":
            return self.negative(self.call("sin", a))
        if operator == "tanh":
            return self.sum([(1.0, self.one), (-1.0, self.product(node, node))])
        if operator in ("sinh", "cosh"):
            return self.call("cosh" if operator == "sinh" else "sinh", a)
        if operator in ("asin", "acos"):
            # (1 - a)(1 + a): no digits are lost near 1
            below = self.product(self.add(self.one, self.negative(a)), self.add(self.one, a))
            slope = self.reciprocal(self.call("sqrt", below))
            return slope if operator == "asin" else self.negative(slope)
        if operator == "atan":
            return self.reciprocal(self.add(self.one, self.product(a, a)))
        return None  # floor, ceil, parity, conditions


def _safe(compute: Callable[[], float]) -> float:
    try:
        return float(compute())
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _parity(n: float) -> float:
    return 0.0 if n != math.floor(n) else 1.0 if n % 2 == 0 else -1.0


_NUMBERS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "ln": lambda x: math.log(x) if x else -math.inf,
    "log2": math.log2,
    "power2": lambda x: math.pow(2.0, x),
    "sqrt": math.sqrt,
    "abs": abs,
    "base": lambda x: max(abs(x), 1e-290),
    "parity": _parity,
    "floor": math.floor,
    "ceil": math.ceil,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
}
