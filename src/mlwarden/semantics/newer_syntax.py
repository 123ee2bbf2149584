"""Whether code that this interpreter refuses may be written in the syntax of a newer one, which libcst may read.

To ask libcst costs a parse of the whole text, and in an editor most code is broken for a moment, at every other keystroke.
"""

from __future__ import annotations

import re

# Statements that older versions do not have: `type X = ...`, `def f[T]()` (PEP 695), `except A, B:` (PEP 758),
# `lazy import` (PEP 810).
_STATEMENTS = re.compile(
    r"\btype(?:\s|\\)+[^\W\d]"
    r"|\b(?:def|class)(?:\s|\\)+\w+(?:\s|\\)*\["
    r"|\bexcept\b[^:\n(]*,"
    r"|\blazy(?:\s|\\)+(?:import|from)\b"
)
# Texts with code in them (PEP 701): an older tokenizer ends them at the first quote, in the middle of a `{...}`.
_FORMATTED = re.compile(r"(?<!\w)(?:fr?|rf)(\"\"\"|'''|\"|')", re.IGNORECASE)
_ENDS = {
    quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}", re.DOTALL if len(quote) == 3 else 0)
    for quote in ("'", '"', "'''", '"""')
}
# `t"..."` (PEP 750).
_TEMPLATE = re.compile(r"(?<!\w)(?:tr?|rt)['\"]", re.IGNORECASE)
# `[*a for a in b]` (PEP 798).
_UNPACKING = "unpacking cannot be used"


def may_be_newer(text: str, error: Exception) -> bool:
    """Whether libcst should be asked.

    Args:
        text: all of the code.
        error: what the standard library's parser raised.
    """
    if not isinstance(error, SyntaxError):
        return True
    message = error.msg or ""
    return (
        message.startswith("f-string")
        or _UNPACKING in message
        or any(expression.search(text) for expression in (_STATEMENTS, _TEMPLATE))
        or any(map(_ends_in_braces, _FORMATTED.finditer(text)))
    )


def _ends_in_braces(beginning: re.Match[str]) -> bool:
    text = beginning.string
    end = _ENDS[beginning[1]].match(text, beginning.end())
    if end is None or ("\n" in end[0] and len(beginning[1]) == 1):
        return True
    inside = end[0].replace("{{", "").replace("}}", "")
    return inside.count("{") > inside.count("}")
