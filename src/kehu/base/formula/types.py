"""Checks a formula against the kinds of its fields and makes every conversion explicit.

The result is a small typed tree that both the compiler and a plain evaluator follow step by step. Options are
resolved here (label or key → key). Sizes of numbers are bounded here too, so that no database ever meets an
overflow while a record is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kehu.base.formula.functions import FUNCTIONS, UNITS, Kind
from kehu.base.formula.parse import FormulaError, Node
from kehu.base.schema.model import Option

LARGEST = 2.0**63
SMALLEST_SIZE, LARGEST_SIZE = 1e-250, 1e250


@dataclass(frozen=True, slots=True)
class Operand:
    """What a formula may know about a field, or about the place that its result goes to.

    scale: a number is stored as value * scale. options: of a select (and of tags that have them).
    """

    kind: Kind
    scale: float = 1.0
    options: tuple[Option, ...] = ()
    read_time: bool = False  # holds today


@dataclass(frozen=True, slots=True)
class Expr:
    """One step of a checked formula. `value` belongs to some steps only (literal, field key, digits, unit).

    low and high bound the size of a number that is not zero.
    """

    op: str
    kind: Kind
    args: tuple[Expr, ...] = ()
    value: float | str | bool | tuple[float | str, ...] | None = None
    options: tuple[Option, ...] = field(default=(), compare=False)
    low: float = 1.0
    high: float = 1.0

    def walk(self) -> Iterator[Expr]:
        """Yield this step and all below."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.args))


NOTHING = Expr("null", "empty")


def check(node: Node, fields: Mapping[str, Operand], result: Operand) -> Expr:
    """Return the typed tree of a formula whose value is stored as `result`. Raises FormulaError."""
    return _Check(fields).as_result(node, result)


class _Check:
    def __init__(self, fields: Mapping[str, Operand]) -> None:
        self.fields = fields

    # Conversions

    def as_result(self, node: Node, result: Operand) -> Expr:
        one = self.of(node, result)
        if one.kind == result.kind == "select":
            keys = {option.key for option in result.options}
            if any(option.key not in keys for option in one.options):
                raise FormulaError("formula.other_options", node.at)
        return self.convert(one, result.kind, node)

    def convert(self, one: Expr, kind: Kind, node: Node) -> Expr:
        """Bring a step to a kind, or say where it does not fit."""
        if one.kind == kind:
            return one
        if one.kind == "empty":
            return Expr("null", kind)
        if kind == "text" and one.kind not in ("relation", "empty"):
            return Expr("text_of", "text", (one,))
        if kind == "date" and one.kind == "datetime":
            return Expr("date_of", "date", (one,))
        if kind == "date" and one.op == "literal" and isinstance(one.value, str):
            return Expr("literal", "date", (), _iso(one.value, node))
        if kind == "boolean" and one.kind == "number" and one.op == "literal":
            return Expr("literal", "boolean", (), one.value != 0)
        raise FormulaError(f"formula.needs_{kind}", node.at, found=one.kind)

    def to(self, node: Node, kind: Kind) -> Expr:
        return self.convert(self.of(node, Operand(kind)), kind, node)

    def common(
        self, nodes: Sequence[Node], want: Operand | None, call: Node
    ) -> tuple[list[Expr], Kind, tuple[Option, ...]]:
        """Bring several results to one kind: the wanted one, else the kind of the first, else text."""
        parts = [self.of(node, want) for node in nodes]
        kinds = {part.kind for part in parts if part.kind != "empty"}
        options = next((part.options for part in parts if part.kind == "select"), ())
        if len(kinds) == 1:
            kind = kinds.pop()
            if kind == "select" and any(p.kind == "select" and p.options != options for p in parts):
                kind, options = "text", ()
        elif not kinds:
            return parts, "empty", ()
        elif kinds == {"date", "datetime"}:
            kind = "date"
        elif "text" in kinds:
            kind, options = "text", ()
        else:
            raise FormulaError("formula.mixed_kinds", call.at, kinds=sorted(kinds))
        return [self.convert(p, kind, n) for p, n in zip(parts, nodes, strict=True)], kind, options

    # Nodes

    def of(self, node: Node, want: Operand | None = None) -> Expr:
        """Check one node; `want` helps to read texts as options or dates."""
        match node.op:
            case "number":
                assert isinstance(node.value, float)
                return Expr("literal", "number", (), node.value, (), node.value or 1.0, node.value or 1.0)
            case "text":
                return self.text(node, want)
            case "boolean":
                return Expr("literal", "boolean", (), node.value)
            case "field":
                return self.field(node)
            case "neg":
                inner = self.to(node.args[0], "number")
                return self.sized(Expr("neg", "number", (inner,), None, (), inner.low, inner.high), node)
            case "&":
                return Expr("join", "text", tuple(self.to(arg, "text") for arg in node.args))
            case "call":
                return self.call(node, want)
            case "+" | "-" | "*" | "/" | "^":
                return self.arithmetic(node)
            case _:
                return self.compare(node)

    def text(self, node: Node, want: Operand | None) -> Expr:
        text = str(node.value)
        if text == "":
            return NOTHING
        if want is not None and want.kind == "select" and want.options:
            return Expr("literal", "select", (), _option(text, want.options, node), want.options)
        if want is not None and want.kind in ("date", "datetime"):
            return Expr("literal", "date", (), _iso(text, node))
        return Expr("literal", "text", (), text)

    def field(self, node: Node) -> Expr:
        key = str(node.value)
        found = self.fields.get(key)
        if found is None:
            raise FormulaError("formula.unknown_field", node.at, name=key)
        low, high = (1.0 / found.scale, LARGEST / found.scale) if found.kind == "number" else (1.0, 1.0)
        return Expr("field", found.kind, (), key, found.options, low, high)

    def arithmetic(self, node: Node) -> Expr:
        parts = [self.of(arg) for arg in node.args]
        if node.op in "+-" and parts[0].kind in ("date", "datetime"):
            return self.date_arithmetic(node, parts)
        a, *rest = [self.convert(p, "number", n) for p, n in zip(parts, node.args, strict=True)]
        b = rest[-1]
        match node.op:
            case "+" | "-":
                high = a.high + sum(one.high for one in rest)
                low = min(a.low, *(one.low for one in rest)) * 2.0**-53
                made = Expr("add" if node.op == "+" else "sub", "number", (a, *rest), None, (), low, high)
            case "*":
                made = Expr("mul", "number", (a, b), None, (), a.low * b.low, a.high * b.high)
            case "/":
                if b.op == "literal" and b.value == 0.0:
                    raise FormulaError("formula.zero", node.at)
                made = Expr("div", "number", (a, b), None, (), a.low / b.high, a.high / b.low)
            case _:
                made = Expr("pow", "number", (a, b), None, (), 1e-60, 1e60)
        return self.sized(made, node)

    def date_arithmetic(self, node: Node, parts: list[Expr]) -> Expr:
        day = self.convert(parts[0], "date", node.args[0])
        if node.op == "-" and parts[1].kind in ("date", "datetime"):
            return Expr("days", "number", (day, self.convert(parts[1], "date", node.args[1])), None, (), 1.0, 1e7)
        shifts = [self.convert(part, "number", one) for part, one in zip(parts[1:], node.args[1:], strict=True)]
        shift = shifts[0]
        if node.op == "-":
            shift = Expr("neg", "number", (shift,), None, (), shift.low, shift.high)
        elif len(shifts) > 1:
            low, high = min(one.low for one in shifts) * 2.0**-53, sum(one.high for one in shifts)
            shift = self.sized(Expr("add", "number", tuple(shifts), None, (), low, high), node)
        return Expr("add_days", "date", (day, shift))

    def compare(self, node: Node) -> Expr:
        left, right = node.args
        # What a literal means (option, date) is told by the other side.
        if left.op == "text":
            b = self.of(right)
            a = self.of(left, Operand(b.kind, 1.0, b.options))
        else:
            a = self.of(left)
            b = self.of(right, Operand(a.kind, 1.0, a.options))
        if "empty" in (a.kind, b.kind):
            return self.blank_test(node, a if b.kind == "empty" else b)
        if a.kind != b.kind or (a.kind == "select" and a.options != b.options):
            kind: Kind = "date" if {a.kind, b.kind} == {"date", "datetime"} else "text"
            if kind == "text" and not {a.kind, b.kind} <= {"text", "select"}:
                raise FormulaError("formula.not_comparable", node.at, left=a.kind, right=b.kind)
            a, b = self.convert(a, kind, left), self.convert(b, kind, right)
        if a.kind in ("boolean", "select", "relation", "tags") and node.op not in ("=", "<>"):
            raise FormulaError("formula.no_order", node.at, kind=a.kind)
        return Expr("compare", "boolean", (a, b), node.op)

    def blank_test(self, node: Node, one: Expr) -> Expr:
        if node.op not in ("=", "<>"):
            raise FormulaError("formula.no_order", node.at, kind="empty")
        blank = Expr("isblank", "boolean", (one,))
        return blank if node.op == "=" else Expr("not", "boolean", (blank,))

    # Functions

    def call(self, node: Node, want: Operand | None) -> Expr:
        name = str(node.value)
        function = FUNCTIONS.get(name)
        if function is None:
            raise FormulaError("formula.unknown_function", node.at, name=name)
        if not function.least <= len(node.args) <= function.most:
            raise FormulaError("formula.wrong_count", node.at, name=name, least=function.least, most=function.most)
        args = node.args
        if function.op:
            parts = tuple(self.to(arg, kind) for arg, kind in zip(args, function.takes, strict=False))
            if len(parts) < len(function.takes):  # LEFT and RIGHT take one character unless told
                parts = (*parts, Expr("literal", "number", (), 1.0))
            return Expr(function.op, function.gives, parts, None, (), function.low, function.high)
        match name:
            case "IF":
                return self.branches(node, [args[0]], list(args[1:]), want)
            case "IFS":
                pairs = len(args) // 2  # an odd argument at the end is the "else"
                return self.branches(node, list(args[0 : 2 * pairs : 2]), [*args[1::2], *args[2 * pairs :]], want)
            case "SWITCH" | "CHOOSE":
                return self.switch(node, want)
            case "IN":
                return self.one_of(node)
            case "AND" | "OR":
                return Expr(name.lower(), "boolean", tuple(self.to(arg, "boolean") for arg in args))
            case "NOT":
                return Expr("not", "boolean", (self.to(args[0], "boolean"),))
            case "ISBLANK":
                return Expr("isblank", "boolean", (self.of(args[0]),))
            case "COALESCE" | "FIRST":
                parts_, kind, options = self.common(args, want, node)
                return self.wide("coalesce", kind, tuple(parts_), options)
            case "MIN" | "MAX" | "SUM":
                return self.aggregate(node, want)
            case "CONCAT":
                return Expr("join", "text", tuple(self.to(arg, "text") for arg in args))
            case "DATEDIF":
                unit = str(args[2].value).upper()
                if args[2].op != "text" or unit not in UNITS:
                    raise FormulaError("formula.unit", args[2].at, units=list(UNITS))
                days = (self.to(args[0], "date"), self.to(args[1], "date"))
                return Expr("datedif", "number", days, unit, (), 1.0, 1e7)
            case _:
                return self.rounding(node)

    def branches(self, node: Node, tests: list[Node], values: list[Node], want: Operand | None) -> Expr:
        conditions = [self.to(test, "boolean") for test in tests]
        parts, kind, options = self.common(values, want, node)
        otherwise = parts.pop() if len(parts) > len(conditions) else Expr("null", kind)
        steps = [one for pair in zip(conditions, parts, strict=True) for one in pair]
        # IF(a, x, IF(b, y, z)) becomes one list of cases: long chains stay flat.
        if otherwise.op == "if":
            return self.wide("if", kind, (*steps, *otherwise.args), options)
        return self.wide("if", kind, (*steps, otherwise), options)

    def switch(self, node: Node, want: Operand | None) -> Expr:
        subject = self.of(node.args[0])
        rest = node.args[1:]
        if node.value == "CHOOSE":
            subject = Expr("int", "number", (self.convert(subject, "number", node.args[0]),))
            labels: tuple[float | str, ...] = tuple(float(n + 1) for n in range(len(rest)))
            results = list(rest)
        else:
            pairs = len(rest) // 2
            labels = tuple(self.label(one, subject) for one in rest[0 : 2 * pairs : 2])
            results = [*rest[1 : 2 * pairs : 2], *rest[2 * pairs :]]
        parts, kind, options = self.common(results, want, node)
        if len(parts) == len(labels):
            parts.append(Expr("null", kind))
        return self.wide("switch", kind, (subject, *parts), options, labels)

    def one_of(self, node: Node) -> Expr:
        subject = self.of(node.args[0])
        return Expr("in", "boolean", (subject,), tuple(self.label(one, subject) for one in node.args[1:]))

    def label(self, node: Node, subject: Expr) -> float | str:
        """A constant to compare the subject of SWITCH or IN with."""
        if subject.kind not in ("number", "text", "select"):
            raise FormulaError("formula.no_cases", node.at, kind=subject.kind)
        one = self.of(node, Operand(subject.kind, 1.0, subject.options))
        if one.op != "literal" or one.kind != subject.kind or not isinstance(one.value, float | str):
            raise FormulaError("formula.constant_needed", node.at)
        return one.value

    def aggregate(self, node: Node, want: Operand | None) -> Expr:
        name = str(node.value)
        if name == "SUM":
            numbers = tuple(self.to(arg, "number") for arg in node.args)
            low, high = min(n.low for n in numbers) * 2.0**-53, sum(n.high for n in numbers)
            return self.sized(Expr("sum", "number", numbers, None, (), low, high), node)
        parts, kind, _ = self.common(node.args, want, node)
        if kind not in ("number", "date", "datetime", "empty"):
            raise FormulaError("formula.no_order", node.at, kind=kind)
        return parts[0] if len(parts) == 1 else self.wide(name.lower(), kind, tuple(parts), ())

    def rounding(self, node: Node) -> Expr:
        one = self.to(node.args[0], "number")
        name = str(node.value).lower()
        if name == "abs":
            return Expr("abs", "number", (one,), None, (), one.low, one.high)
        if name == "int":
            return Expr("int", "number", (one,), None, (), 1.0, one.high + 1)
        if name == "mod":
            by = self.to(node.args[1], "number")
            low = min(one.low, by.low) * 2.0**-53
            return self.sized(Expr("mod", "number", (one, by), None, (), low, one.high * by.high / by.low), node)
        digits = 0
        if len(node.args) == 2:
            told = node.args[1]
            sign, told = (-1, told.args[0]) if told.op == "neg" else (1, told)
            if told.op != "number" or not isinstance(told.value, float) or told.value not in range(10):
                raise FormulaError("formula.digits", node.args[1].at)
            digits = sign * int(told.value)
        step = 10.0**-digits
        return self.sized(Expr(name, "number", (one,), float(digits), (), step / 2, one.high + step), node)

    # Sizes

    def wide(
        self,
        op: str,
        kind: Kind,
        args: tuple[Expr, ...],
        options: tuple[Option, ...],
        value: tuple[float | str, ...] | None = None,
    ) -> Expr:
        """A step that gives one of its arguments: as small and as large as they."""
        numbers = [one for one in args if one.kind == "number" and one.op != "null"]
        low, high = min((n.low for n in numbers), default=1.0), max((n.high for n in numbers), default=1.0)
        return Expr(op, kind, args, value, options, low, high)

    def sized(self, one: Expr, node: Node) -> Expr:
        if one.low < SMALLEST_SIZE or one.high > LARGEST_SIZE:
            raise FormulaError("formula.numbers_too_large", node.at)
        return one


def _option(text: str, options: tuple[Option, ...], node: Node) -> str:
    """Return the key of the option that `text` names: its key or its label in either language."""
    for one in options:
        if text in (one.key, one.label.zh, one.label.en):
            return one.key
    raise FormulaError("formula.unknown_option", node.at, text=text, options=[o.label.zh for o in options[:20]])


def _iso(text: str, node: Node) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise FormulaError("formula.date", node.at, text=text) from None
