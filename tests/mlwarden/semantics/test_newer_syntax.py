"""libcst is asked wherever it can read what this interpreter cannot, and not for code that is merely unfinished."""

from __future__ import annotations

import ast

import libcst
import pytest

from mlwarden.semantics.newer_syntax import may_be_newer

# What newer versions of Python added, beginning with 3.11, and what libcst reads of it.
NEWER = [
    "type X = int",
    "type\\\n X = int",
    "def f[T](x): pass",
    "class A[T]: pass",
    "class A[T=int]: pass",
    "async def f \\\n [*Ts](x): pass",
    'f"{x["a"]}"',
    'f"{x["a b"]}"',
    "rf'{x['a']}'",
    "f'{\n x}'",
    'f"{x!r:{"a"}}"',
    'f"""{x["""a"""]}"""',
    'f"{{{x["a"]}"',
    "f\"{'\\n'.join(x)}\"",
    'f"{x # c\n}"',
    'f"{a:{b:{c}}}"',
    'call(\n    1,\n    f"{x(")")}",\n)',
    "try:\n    pass\nexcept A, B:\n    pass",
    "try:\n    pass\nexcept* A, B:\n    pass",
    't"{x}"',
    'rt"{x}"',
    "x = [*a for b in c]",
    "x = {**a for b in c}",
    "lazy import x",
    "lazy from x import y",
]
UNFINISHED = [
    "limit = min(12,",
    "import",
    "from a import",
    "x = [1, 2",
    "x = {'a': ",
    "def f(",
    "class A",
    "if x",
    "print 'x'",
    "x = 'a",
    "for",
    "a = b c",
    "a = f'{b}' c",
    "a = f'{{' + rf\"{b['c']}\" +",
]
AROUND = "import os\n\nname = f'{os.name}'\n\n{}\n\nfor each in range(3):\n    print(f'{each}')\n"


def refused(text: str) -> SyntaxError | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error
    return None


@pytest.mark.parametrize("text", NEWER)
def test_newer(text: str) -> None:
    code = AROUND.replace("{}", text)
    error = refused(code)
    if error is None:
        pytest.skip("this interpreter reads it")
    libcst.parse_module(code)
    assert may_be_newer(code, error)


@pytest.mark.parametrize("text", UNFINISHED)
def test_unfinished(text: str) -> None:
    code = AROUND.replace("{}", text)
    error = refused(code)
    assert error is not None
    assert not may_be_newer(code, error)


def test_what_is_no_syntax_error_is_left_to_libcst() -> None:
    assert may_be_newer("x", ValueError("source code string cannot contain null bytes"))
