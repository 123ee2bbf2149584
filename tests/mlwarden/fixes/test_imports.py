"""Where a fix puts an import."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.fixes.apply import splice
from mlwarden.fixes.imports import import_edit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.source.documents import PlainText, PythonModule


def imported(text: str, module: str = "hashlib") -> tuple[str, str]:
    name, edit = import_edit(PythonModule("a.py", text), module)
    return name, text if edit is None else splice(text, [edit])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "import hashlib\n"),
        ("use()\n", "import hashlib\n\nuse()\n"),
        ("use()", "import hashlib\n\nuse()"),
        ("import os\nuse()\n", "import os\nimport hashlib\nuse()\n"),
        ("import os", "import os\nimport hashlib"),
        (
            "import os\r\nimport re\r\n\r\nimport sys\r\n",
            "import os\r\nimport re\r\n\r\nimport sys\r\nimport hashlib\r\n",
        ),
        ("import os\rx = 1\r", "import os\rimport hashlib\rx = 1\r"),
        (
            "from a import (\n    b,\n)  # why\nx = 1\nimport c\n",
            "from a import (\n    b,\n)  # why\nimport hashlib\nx = 1\nimport c\n",
        ),
        ("import a, \\\n    b\n", "import a, \\\n    b\nimport hashlib\n"),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nimport hashlib\nx = 1\n'),
        ('"""Doc.\n\nimport x\n"""', '"""Doc.\n\nimport x\n"""\n\nimport hashlib'),
        (
            '"""Doc."""\nfrom __future__ import annotations\n\nx = 1\n',
            '"""Doc."""\nfrom __future__ import annotations\n\nimport hashlib\n\nx = 1\n',
        ),
        (
            "from __future__ import annotations\n\nimport os\n",
            "from __future__ import annotations\n\nimport os\nimport hashlib\n",
        ),
        (
            "#!/usr/bin/python\n# coding: utf-8\n# Licence\nx = 1\n",
            "#!/usr/bin/python\n# coding: utf-8\n# Licence\nimport hashlib\n\nx = 1\n",
        ),
        ("# Licence\n\n# about f\n@g\ndef f(): ...\n", "# Licence\n\nimport hashlib\n\n# about f\n@g\ndef f(): ...\n"),
        ("# only\r\n# comments\r\n", "# only\r\n# comments\r\nimport hashlib\r\n"),
        ("# only", "import hashlib\n\n# only"),
        ("import os; use(os)\n", "import hashlib\nimport os; use(os)\n"),
        ('"""Doc."""; import os; use(os)\n', '"""Doc."""; import os; use(os)\nimport hashlib\n'),
        (
            "try:\n    import hashlib\nexcept E:\n    pass\n",
            "import hashlib\n\ntry:\n    import hashlib\nexcept E:\n    pass\n",
        ),
        ("def f():\n    import hashlib\n", "import hashlib\n\ndef f():\n    import hashlib\n"),
        ("import os\n\x0c\nx = '\u2028'\n", "import os\nimport hashlib\n\x0c\nx = '\u2028'\n"),
        ("x = '\u2028\x0c\x85'\nimport os\n", "x = '\u2028\x0c\x85'\nimport os\nimport hashlib\n"),
    ],
)
def test_a_new_import(before: str, after: str) -> None:
    assert imported(before) == ("hashlib", after)


@pytest.mark.parametrize(
    ("text", "module", "name"),
    [
        ("import hashlib\n", "hashlib", "hashlib"),
        ("import os, hashlib as h\n", "hashlib", "h"),
        ("import os.path\n", "os.path", "os.path"),
        ("from urllib import request, parse as p\n", "urllib.parse", "p"),
        ("from urllib import parse\n", "urllib.parse", "parse"),
        ("x = 1\nimport hashlib\n", "hashlib", "hashlib"),
        ("import hashlib as a\nimport hashlib as b\n", "hashlib", "b"),
    ],
)
def test_what_is_imported_already(text: str, module: str, name: str) -> None:
    assert imported(text, module) == (name, text)


@pytest.mark.parametrize(
    "text",
    ["from . import hashlib\n", "import hashlib.x\n", "from hashlib import sha256\n", "from .urllib import parse\n"],
)
def test_what_is_imported_is_something_else(text: str) -> None:
    module = "urllib.parse" if "parse" in text else "hashlib"
    name, after = imported(text, module)
    taken = text == "from . import hashlib\n"
    assert (name, after) == (
        ("_hashlib", text + "import hashlib as _hashlib\n") if taken else (module, f"{text}import {module}\n")
    )


@pytest.mark.parametrize(
    "text",
    [
        "os = 1\n",
        "def f(os): ...\n",
        "def f():\n    for os in x: ...\n",
        "class os: ...\n",
        "from x import y as os\n",
        "import ntpath as os\n",
        "with a as os: ...\n",
        "try: ...\nexcept E as os: ...\n",
        "match x:\n    case {'a': [*os]}: ...\n",
        "[os for os in x]\n",
        "lambda *os: 1\n",
        "del os\n",
    ],
)
def test_a_name_that_means_something_else_is_not_taken(text: str) -> None:
    name, after = imported(text, "os")
    assert name == "_os"
    assert "import os as _os\n" in after
    name, after = imported(text + "_os = 1\n", "os")
    assert name == "__os"
    assert imported(text, "os.path")[0] == "_os_path"


def test_code_that_is_too_new_for_the_interpreter() -> None:
    text = (
        '"""Doc."""\nfrom __future__ import annotations\nimport os\n\n\ndef f():\n    x = new syntax here\n\n\ny = (1\n'
    )
    assert imported(text) == ("hashlib", text.replace("import os\n", "import os\nimport hashlib\n"))
    assert imported(text, "os") == ("os", text)
    assert imported("((((" * 4000 + "\n") == ("hashlib", "import hashlib\n\n" + "((((" * 4000 + "\n")


def cells(*sources: str, magics: dict[int, Magic] | None = None) -> Notebook:
    made = []
    for index, source in enumerate(sources):
        magic = (magics or {}).get(index)
        python = source if magic is None else " " * magic.span.end + source[magic.span.end :]
        made.append(Cell(index, "", "code", source, python, magics=(magic,) if magic else ()))
    return Notebook("a.ipynb", "", tuple(made))


def imported_in(notebook: Notebook, cell: int) -> tuple[str, int | None, str]:
    name, edit = import_edit(notebook, "hashlib", cell=cell)
    if edit is None:
        return name, None, ""
    assert edit.span.cell is not None
    return name, edit.span.cell, splice(notebook.cells[edit.span.cell].source, [edit])


def test_in_a_notebook_it_goes_to_the_first_cell_with_imports() -> None:
    notebook = cells("x = 1", "import os\nimport re", "use()", "import sys")
    assert imported_in(notebook, 2) == ("hashlib", 1, "import os\nimport re\nimport hashlib")
    assert imported_in(notebook, 1) == ("hashlib", 1, "import os\nimport re\nimport hashlib")
    # A later cell's imports have not run yet.
    assert imported_in(notebook, 0) == ("hashlib", 0, "import hashlib\nx = 1")


def test_an_import_in_an_earlier_cell_or_the_same_is_enough() -> None:
    notebook = cells("use()", "import hashlib as h", "use()")
    assert imported_in(notebook, 2) == ("h", None, "")
    assert imported_in(notebook, 1) == ("h", None, "")
    assert imported_in(notebook, 0) == ("hashlib", 0, "import hashlib\nuse()")


def test_a_name_taken_in_another_cell_is_not_taken_again() -> None:
    assert imported_in(cells("use()", "hashlib = 1"), 0) == ("_hashlib", 0, "import hashlib as _hashlib\nuse()")


def test_a_cell_magic_stays_the_first_line() -> None:
    source = "%%time\nuse()\n"
    magic = Magic("cell", "time", "", "use()\n", Span(0, 6), Span(6, 6), Span(7, len(source)))
    assert imported_in(cells(source, magics={0: magic}), 0) == ("hashlib", 0, "%%time\nimport hashlib\nuse()\n")


def test_where_there_is_no_python() -> None:
    notebook = cells("x")
    for document, cell in ((PlainText("a.txt", ""), None), (notebook, None), (notebook, 1)):
        with pytest.raises(ValueError, match="no Python code to import os into"):
            import_edit(document, "os", cell=cell)


LINES = st.sampled_from(
    [
        "import os",
        "from a import b",
        "from a import (\n  c,\n)",
        "x = 1",
        "x = 1; import c",
        "import q; x = 2",
        "# note",
        "",
        "\x0c",
        "'text'",
        "def f():\n    pass",
        "@d\nclass C: pass",
        "if x:\n    import hashlib",
        "x = '''\nimport no\n'''",
    ]
)
HEADS = st.sampled_from(["", "#!/usr/bin/python\n", '"""Doc."""\n', "from __future__ import annotations\n"])


@given(HEADS, HEADS, st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_result_parses_and_is_stable(first: str, second: str, lines: list[str], newline: str, ended: bool) -> None:
    if "future" in first and "Doc" in second:
        first, second = second, first
    text = (first + second + "\n".join(lines) + ("\n" if ended else "")).replace("\n", newline)
    before = ast.parse(text)
    name, after = imported(text)
    assert name == "hashlib"
    assert ast.get_docstring(before) == ast.get_docstring(ast.parse(after))
    compile(after, "a.py", "exec", dont_inherit=True)
    assert imported(after) == ("hashlib", after)
    rest = [ast.dump(node) for node in ast.parse(after).body]
    rest.remove("Import(names=[alias(name='hashlib')])")
    assert rest == [ast.dump(node) for node in before.body]
    if newline in text:
        assert set(re.findall("\r\n|\r|\n", after)) == {newline}
