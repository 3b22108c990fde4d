"""The grammar of formulas: Excel habits, field keys in brackets, Chinese punctuation accepted outside strings.

Only how formulas are written; what they mean is in `types`. Parsing is LALR: its time is linear in the length of
the text and deep nesting costs no recursion.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from lark import Lark, Transformer

GRAMMAR = r"""
start: compare -> whole

?compare: joined | compare OPERATOR joined -> binary
?joined: sum | joined JOIN sum -> binary
?sum: product | sum SIGN product -> binary
?product: power | product TIMES power -> binary
?power: signed | power POWER signed -> binary
?signed: percent | SIGN signed -> unary
?percent: atom | percent PERCENT -> percent
?atom: NUMBER -> number
     | STRING -> text
     | FIELD -> field
     | NAME -> name
     | NAME _OPEN arguments? _CLOSE -> call
     | _OPEN compare _CLOSE
arguments: compare (_COMMA compare)*

OPERATOR: "<>" | "<=" | ">=" | "=" | "<" | ">" | "≠" | "≤" | "≥" | "＝" | "＜" | "＞"
JOIN: "&" | "＆"
SIGN: "+" | "-" | "＋" | "－" | "−"
TIMES: "*" | "/" | "×" | "÷" | "＊" | "／"
POWER: "^"
PERCENT: "%" | "％"
_OPEN: "(" | "（"
_CLOSE: ")" | "）"
_COMMA: "," | "，" | ";" | "；"
NUMBER: /[0-9]+(\.[0-9]+)?|\.[0-9]+/
STRING: /"([^"]|"")*"|“[^“”]*”/
FIELD: /\[[^\[\]]*\]/
NAME: /[A-Za-z][A-Za-z0-9_.]*/
%ignore /[ \t\r\n\u3000]+/
"""

# What may stand for an operator in Chinese writing.
SAME_SIGN = {"≠": "<>", "≤": "<=", "≥": ">=", "＝": "=", "＜": "<", "＞": ">", "＆": "&", "＋": "+", "－": "-"} | {
    "−": "-", "×": "*", "＊": "*", "÷": "/", "／": "/"
}  # fmt: skip


@cache
def parser(build: type[Transformer[Any, Any]]) -> Lark:
    """Return the parser that hands each complete rule to `build`; made once per process (about 20 ms)."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False, transformer=build())
