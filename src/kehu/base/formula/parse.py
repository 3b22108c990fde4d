"""From the text of a formula to its tree, inside fixed limits, with errors that name the position.

Knows nothing about fields or types. Limits are checked while the tree grows, so no text can make it large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lark import Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from kehu.base.errors import BadInput
from kehu.base.formula.grammar import SAME_SIGN, parser

MAX_LENGTH = 4000  # characters
MAX_NODES = 600
MAX_DEPTH = 24
MAX_DIGITS = 15  # of a number: what a float holds exactly


class FormulaError(BadInput):
    """A formula that cannot be used. `at` is the 1-based position in its text."""

    def __init__(self, code: str, at: int, **data: object) -> None:
        super().__init__(code, errors=(), at=at, **data)


@dataclass(frozen=True, slots=True)
class Node:
    """Part of a formula. op: number, text, boolean, field, an operator sign, "neg", or "call".

    value: the number, text, field key, or function name. size and depth count what hangs below.
    """

    op: str
    at: int
    value: float | str | bool | None = None
    args: tuple[Node, ...] = ()
    size: int = 1
    depth: int = 1

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below, without recursion."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.args))


def _node(op: str, at: int, args: tuple[Node, ...], value: str | None = None) -> Node:
    size = 1 + sum(arg.size for arg in args)
    depth = 1 + max((arg.depth for arg in args), default=0)
    if size > MAX_NODES:
        raise FormulaError("formula.too_many_parts", at, most=MAX_NODES)
    if depth > MAX_DEPTH:
        raise FormulaError("formula.too_deep", at, most=MAX_DEPTH)
    return Node(op, at, value, args, size, depth)


def _at(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos + 1


@v_args(inline=True)
class _Build(Transformer[Token, Node]):
    """Called by the parser for each complete rule."""

    def whole(self, node: Node) -> Node:
        return node

    def number(self, token: Token) -> Node:
        if len(token.replace(".", "").lstrip("0")) > MAX_DIGITS:
            raise FormulaError("formula.number_too_long", _at(token), most=MAX_DIGITS)
        return Node("number", _at(token), float(token))

    def text(self, token: Token) -> Node:
        inner = str(token)[1:-1]
        return Node("text", _at(token), inner.replace('""', '"') if token[0] == '"' else inner)

    def field(self, token: Token) -> Node:
        return Node("field", _at(token), str(token)[1:-1].strip())

    def name(self, token: Token) -> Node:
        if token.upper() in ("TRUE", "FALSE"):
            return Node("boolean", _at(token), token.upper() == "TRUE")
        raise FormulaError("formula.bare_name", _at(token), name=str(token))

    def arguments(self, *nodes: Node) -> tuple[Node, ...]:
        return nodes

    def call(self, token: Token, arguments: tuple[Node, ...] = ()) -> Node:
        name = token.upper()
        if name in ("TRUE", "FALSE") and not arguments:
            return Node("boolean", _at(token), name == "TRUE")
        return _node("call", _at(token), arguments, name)

    def unary(self, sign: Token, node: Node) -> Node:
        return _node("neg", _at(sign), (node,)) if SAME_SIGN.get(sign, sign) == "-" else node

    def percent(self, node: Node, sign: Token) -> Node:
        return _node("/", _at(sign), (node, Node("number", _at(sign), 100.0)))

    def binary(self, left: Node, sign: Token, right: Node) -> Node:
        op = SAME_SIGN.get(sign, str(sign))
        # A chain of sums or joins is one node with many parts: long totals are not deep.
        if op in "+&" and left.op == op:
            return _node(op, left.at, (*left.args, right))
        return _node(op, _at(sign), (left, right))


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """Return the tree of a formula; a leading "=" is allowed as in Excel. Raises FormulaError."""
    if len(text) > MAX_LENGTH:
        raise FormulaError("formula.too_long", MAX_LENGTH, most=MAX_LENGTH)
    stripped = text.lstrip()
    body = " " * (len(text) - len(stripped)) + stripped
    if stripped[:1] in ("=", "＝"):
        body = " " * (len(text) - len(stripped) + 1) + stripped[1:]
    if not body.strip():
        raise FormulaError("formula.empty", 1)
    try:
        node = parser(_Build).parse(body)
    except UnexpectedCharacters as error:
        raise FormulaError("formula.character", error.column, text=error.char) from None
    except UnexpectedEOF:
        raise FormulaError("formula.unfinished", len(text)) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise FormulaError("formula.unfinished", len(text)) from None
        raise FormulaError("formula.syntax", _at(error.token), text=str(error.token)) from None
    assert isinstance(node, Node)
    return node


def field_keys(node: Node) -> frozenset[str]:
    """Return the keys of the fields that a formula reads."""
    return frozenset(str(one.value) for one in node.walk() if one.op == "field")


def reads_today(node: Node) -> bool:
    """Tell whether a formula asks for today by itself."""
    return any(one.op == "call" and one.value == "TODAY" for one in node.walk())
