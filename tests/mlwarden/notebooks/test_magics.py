import ast
import inspect
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.magics import MAX_MAGICS, TooManyMagicsError, mask, parses

# (source, masked, [(kind, name, text)])
STATEMENTS = [
    ("%matplotlib inline", "0                 ", [("line", "matplotlib", "inline")]),
    ("% matplotlib inline", "0                  ", [("line", "matplotlib", "inline")]),
    ("%", "0", [("line", "", "")]),
    ("%cd ..  ", "0       ", [("line", "cd", "..")]),
    ("!ls -la", "0      ", [("shell", "!", "ls -la")]),
    ("!", "0", [("shell", "!", "")]),
    ("!!ls", "0   ", [("shell", "!!", "ls")]),
    ("! pip install x", "0              ", [("shell", "!", "pip install x")]),
    ("!echo \"it's", "0          ", [("shell", "!", "echo \"it's")]),
    ("!f() {", "0     ", [("shell", "!", "f() {")]),
    ("!echo 'a' # b", "0            ", [("shell", "!", "echo 'a' # b")]),
    ("!pip install \\\n  a \\\n  b", "0             \n     \n   ", [("shell", "!", "pip install \\\n  a \\\n  b")]),
    ("?f", "0 ", [("help", "?", "f")]),
    ("??f", "0  ", [("help", "?", "f")]),
    ("f?", "0 ", [("help", "?", "f")]),
    ("a.b[0]??", "0       ", [("help", "?", "a.b[0]")]),
    ("*load*?", "0      ", [("help", "?", "*load*")]),
    ("x = f?", "0     ", [("help", "?", "x = f")]),
    ("f?  # why", "0   # why", [("help", "?", "f")]),
    ("%time?", "0     ", [("help", "?", "%time")]),
    ("%%time??", "0       ", [("help", "?", "%%time")]),
    (",f a b", "0     ", [("line", ",", "f a b")]),
    (";f a b", "0     ", [("line", ";", "f a b")]),
    ("/f a, b", "0      ", [("line", "/", "f a, b")]),
    ("%time f(x)", "0;    f(x)", [("line", "time", "f(x)")]),
    ("%time x = f(x)", "0;    x = f(x)", [("line", "time", "x = f(x)")]),
    ("%time await f()", "0;    await f()", [("line", "time", "await f()")]),
    ("%time", "0    ", [("line", "time", "")]),
    ("%time for x in y: f(x)", "0                     ", [("line", "time", "for x in y: f(x)")]),
    ("%timeit -n 10 -r3 -q f(x)", "0;                   f(x)", [("line", "timeit", "-n 10 -r3 -q f(x)")]),
    ("%timeit -x", "0;      -x", [("line", "timeit", "-x")]),
    ("%timeit f(x); g(y)", "0;      f(x); g(y)", [("line", "timeit", "f(x); g(y)")]),
    ("%prun -l 10 -s time f(x)", "0;                  f(x)", [("line", "prun", "-l 10 -s time f(x)")]),
    ("%lprun -f m.f -f m.g m.f(3)", "0;                   m.f(3)", [("line", "lprun", "-f m.f -f m.g m.f(3)")]),
    ("%memit -r 1 f()", "0;          f()", [("line", "memit", "-r 1 f()")]),
    ("%time --no-raise-error f()", "0;                     f()", [("line", "time", "--no-raise-error f()")]),
    ("%time f(\\\n  x)", "0;    f(\\\n  x)", [("line", "time", "f(\\\n  x)")]),
    ("x = !ls", "x = ___", [("shell", "!", "ls")]),
    ("x = !", "x = _", [("shell", "!", "")]),
    ("x = !!ls", "x = ___ ", [("shell", "!!", "ls")]),
    ("a, b = !ls -1", "a, b = ___   ", [("shell", "!", "ls -1")]),
    ("(a,\n b) = !ls", "(a,\n b) = ___", [("shell", "!", "ls")]),
    ("x = !ls \\\n -a", "x = ___  \n   ", [("shell", "!", "ls \\\n -a")]),
    ("x: list = !ls", "x: list = ___", [("shell", "!", "ls")]),
    ("x = %pwd", "x = ___ ", [("line", "pwd", "")]),
    ("x = %sql select 1", "x = ___          ", [("line", "sql", "select 1")]),
    ("x = %time f()", "x =       f()", [("line", "time", "f()")]),
    ("x = %timeit -o f()", "x = ___;       f()", [("line", "timeit", "-o f()")]),
]
PYTHON = [
    "x = a % b",
    "x = (a\n% b)",
    "x = [\n    1,\n    2\n]",
    "x = 5 \\\n% 3",
    "x = a != b",
    "print('''\n!ls\n%cd\nx?\n''')",
    'print("""\n%%bash\n""")',
    "'%s=%d' % (a, b)",
    "'a' \\\n'?'",
    "# x?\n# !ls",
    "s = 'what?'",
    "f(a,\n  *b,\n  **c)",
    "x = '''=%d\n=!a'''",
    "get_ipython().run_line_magic('cd', '..')",
    "get_ipython().run_cell_magic('bash', '', 'ls\\n')",
    "await f()",
    "lambda x: x",
    "@f\ndef g(a, /, b): ...",
    "x = {\n  'a'\n  : 1}",
]


def pieces(source, magics):
    """What the magics say, checked against the source they point at."""
    for magic in magics:
        assert magic.text == source[magic.text_span.start : magic.text_span.end]
        assert magic.span.start <= magic.text_span.start <= magic.text_span.end <= magic.span.end
        if magic.kind == "cell":
            assert magic.body_span is not None
            assert magic.body == source[magic.body_span.start : magic.body_span.end]
            assert magic.body_span.end == magic.span.end == len(source)
        else:
            assert (magic.body, magic.body_span) == ("", None)
    return [(magic.kind, magic.name, magic.text) for magic in magics]


def line_ends(text):
    return [(index, character) for index, character in enumerate(text) if character in "\r\n"]


@pytest.mark.parametrize(("source", "python", "magics"), STATEMENTS)
def test_statements(source, python, magics):
    masked = mask(source)
    assert masked.python == python
    assert pieces(source, masked.magics) == magics
    assert parses(masked.python)


@pytest.mark.parametrize(("source", "python", "magics"), STATEMENTS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_statements_in_a_block(source, python, magics, end):
    if source.startswith("("):
        source, python = source.replace("\n", ""), python.replace("\n", "")  # its second line would be indented
    block = f"if a:\n    b\n    {source}\nelse:\n    {source}\n    c\n".replace("\n", end)
    masked = mask(block)
    assert masked.python == f"if a:\n    b\n    {python}\nelse:\n    {python}\n    c\n".replace("\n", end)
    assert pieces(block, masked.magics) == [(kind, name, text.replace("\n", end)) for kind, name, text in magics] * 2
    assert parses(masked.python)


@pytest.mark.parametrize("source", PYTHON)
def test_python_is_left_alone(source):
    for text in (source, f"{source}\n", source.replace("\n", "\r\n")):
        assert mask(text).python == text
        assert mask(text).magics == ()
    after = mask(f"!ls\n{source}\n!ls")
    assert after.python == f"0  \n{source}\n0  "


@pytest.mark.parametrize(
    "module", ["argparse", "ast", "difflib", "email.message", "inspect", "logging", "pickle", "tarfile", "typing"]
)
def test_the_standard_library_is_left_alone(module):
    source = inspect.getsource(import_module(module))
    masked = mask("!ls\n" + source)
    assert masked.python == "0  \n" + source
    assert len(masked.magics) == 1


PROGRAM = st.lists(
    st.tuples(
        st.sampled_from([(source, python) for source, python, _ in STATEMENTS] + [(text, text) for text in PYTHON]),
        st.booleans(),
    ),
    max_size=8,
)


@given(PROGRAM, st.sampled_from(["\n", "\r\n", "\r"]))
def test_programs(program, end):
    """Statements of all kinds, some in blocks: exactly the magics are masked, and the rest is the same program."""
    source = expected = "a\n"
    for (text, python), in_block in program:
        if in_block and "\n" not in text:
            source += f"with a:\n\t{text}\n"
            expected += f"with a:\n\t{python}\n"
        else:
            source += f"{text}\n"
            expected += f"{python}\n"
    source, expected = source.replace("\n", end), expected.replace("\n", end)
    masked = mask(source)
    assert masked.python == expected
    assert parses(masked.python)
    assert line_ends(masked.python) == line_ends(source)
    pieces(source, masked.magics)


@given(st.text("ab0 \t\r\n%!?,;/=#'\"\\()[]{}:>.\u00e9\U0001f600\ud800", max_size=80), st.booleans())
def test_any_text_keeps_its_length_and_lines(source, databricks):
    masked = mask(source, databricks=databricks)
    if masked.python:
        assert len(masked.python) == len(source)
        assert line_ends(masked.python) == line_ends(source)
    pieces(source.replace(">>>", "   "), masked.magics)


@given(st.text("ab0 \n%!?=#'\"\\()[]:%", max_size=60))
def test_what_parses_as_python_is_never_masked(source):
    if parses(source):
        assert mask(source).python == source


@pytest.mark.parametrize(
    ("source", "python", "magics"),
    [
        ("%%time\nx = 1\n!ls", "      \nx = 1\n0  ", [("cell", "time", ""), ("shell", "!", "ls")]),
        ("%%time\r\nx = 1", "      \r\nx = 1", [("cell", "time", "")]),
        ("\n# c\n%%capture out\nx = 1", "\n# c\n             \nx = 1", [("cell", "capture", "out")]),
        ("%%timeit -n 10 a = f()\ng(a)", "0;             a = f()\ng(a)", [("cell", "timeit", "-n 10 a = f()")]),
        ("%%time f(x)", "0;     f(x)", [("cell", "time", "f(x)")]),
        (
            "%%time\n%%capture\n%time f()",
            "      \n         \n0;    f()",
            [("cell", "time", ""), ("cell", "capture", ""), ("line", "time", "f()")],
        ),
        ("%%prun -s time\nf()", "              \nf()", [("cell", "prun", "-s time")]),
        ("%%memit\nf()", "       \nf()", [("cell", "memit", "")]),
        ("%%px --local\nf()", "            \nf()", [("cell", "px", "--local")]),
        ("%%python\nf()", "        \nf()", [("cell", "python", "")]),
        ("%%script python3 -u\nf()", "                   \nf()", [("cell", "script", "python3 -u")]),
        ("%%script false\nf()", "", [("cell", "script", "false")]),
        ("%%bash\nls", "", [("cell", "bash", "")]),
        ("%%bash --out x\nx = 1", "", [("cell", "bash", "--out x")]),
        ("%%!\nls", "", [("cell", "!", "")]),
        ("%%writefile x.py\nimport os", "", [("cell", "writefile", "x.py")]),
        ("%%HTML\n<b>x</b>", "", [("cell", "HTML", "")]),
        ("%%javascript\nx = 1", "", [("cell", "javascript", "")]),
        ("%%R -i x\nx", "", [("cell", "R", "-i x")]),
        ("%%sql\nselect 1\n%x", "", [("cell", "sql", "")]),
        ("%%cython -a\ncdef int x", "", [("cell", "cython", "-a")]),
        ("%%time\n%%bash\nls", "", [("cell", "time", ""), ("cell", "bash", "")]),
        ("%%mine a b\nx = 1\n!ls", "          \nx = 1\n0  ", [("cell", "mine", "a b"), ("shell", "!", "ls")]),
        ("%%mine\nsome text\n!ls", "", [("cell", "mine", "")]),
        ("%%mine", "      ", [("cell", "mine", "")]),
        ("%%", "0 ", [("line", "", "")]),
        # Not at the start of the cell: IPython takes it for a line magic that does not exist.
        ("x = 1\n%%time\ny = 2", "x = 1\n0     \ny = 2", [("line", "time", "")]),
    ],
)
def test_cell_magics(source, python, magics):
    masked = mask(source)
    assert masked.python == python
    assert pieces(source, masked.magics) == magics


def test_a_cell_magic_holds_its_body():
    (magic,) = mask("%%writefile -a x.py\nimport os\nos.system('ls')\n").magics
    assert magic.body == "import os\nos.system('ls')\n"
    assert magic.text == "-a x.py"


@pytest.mark.parametrize(
    ("source", "databricks", "python", "magics"),
    [
        ("%sql\nselect 1", False, "", [("cell", "sql", "")]),
        ("%sql select 1\nfrom x", False, "", [("cell", "sql", "select 1")]),
        ("%sql select 1", False, "0            ", [("line", "sql", "select 1")]),
        ("%sql select 1\nx = 1", False, "0            \nx = 1", [("line", "sql", "select 1")]),
        ("%sql select 1\nx = 1", True, "", [("cell", "sql", "select 1")]),
        ("%md\n# x", False, "", [("cell", "md", "")]),
        ("%md # Title", False, "", [("cell", "md", "# Title")]),
        ("%sh ls", True, "", [("cell", "sh", "ls")]),
        ("%python\nx = 1", True, "       \nx = 1", [("cell", "python", "")]),
        ("%pip install x\ny = 1", True, "0             \ny = 1", [("line", "pip", "install x")]),
        ("%run ./setup", True, "0           ", [("line", "run", "./setup")]),
        ("x = 1\n%sql select 1", True, "x = 1\n0            ", [("line", "sql", "select 1")]),
    ],
)
def test_language_magics(source, databricks, python, magics):
    masked = mask(source, databricks=databricks)
    assert masked.python == python
    assert pieces(source, masked.magics) == magics


@pytest.mark.parametrize(
    ("source", "python", "magics"),
    [
        ("pip install torch", "0                ", [("line", "pip", "install torch")]),
        ("\n  ls data\n", "\n0;0      \n", [("line", "ls", "data")]),
        ("rm -rf $DIR\n", "0          \n", [("line", "rm", "-rf $DIR")]),
        ("time f(x)", "0;   f(x)", [("line", "time", "f(x)")]),
        ("pip = 3", "pip = 3", []),
        ("ls - la", "ls - la", []),
        ("cat", "cat", []),
        ("pip install a\npip install b", "pip install a\npip install b", []),
        ("git clone x", "git clone x", []),
    ],
)
def test_automagic(source, python, magics):
    masked = mask(source)
    assert masked.python == python
    assert pieces(source, masked.magics) == magics


@pytest.mark.parametrize(
    ("source", "python"),
    [
        (">>> f(x)", "0;  f(x)"),
        (">>> f(1,\n...   2)\n>>> g()", "0;  f(1,\n      2)\n0;  g()"),
        ("In [1]: f()\nIn [2]: !ls", "0;      f()\n0;      0  "),
        ("  x = 1\n\n  !ls\n  # c", "0;x = 1\n\n0;0  \n  # c"),
        ("    x = (1,\n2)\n    y = 1", "0;  x = (1,\n2)\n0;  y = 1"),
        # Out of reach: nothing that opens a block fits before it.
        ("  for x in y:\n    f(x)", "  for x in y:\n    f(x)"),
        (" x = 1", " x = 1"),
    ],
)
def test_prompts_and_indented_cells(source, python):
    assert mask(source).python == python


def test_indentation_that_parses_is_left():
    source = "# a\nif x:\n    !ls\n    y"
    assert mask(source).python == "# a\nif x:\n    0  \n    y"


def test_half_a_character_does_not_hide_a_cell():
    masked = mask("x = '\ud83d'\n!ls \udc00")
    assert masked.python == "x = '\ufffd'\n0    "
    assert masked.magics[0].text == "ls \udc00"


@pytest.mark.parametrize(
    ("source", "piece"),
    [
        ("a\n    !ls -a\nb", "!ls -a"),
        ("a\nx, y = !ls -a\nb", "x, y = !ls -a"),
        ("a\n  %cd \\\n x\nb", "%cd \\\n x"),
        ("a\nf?  # why\nb", "f?"),
        ("%%bash -x\nls\n", "%%bash -x\nls\n"),
        ("  pip install x\n", "pip install x"),
    ],
)
def test_a_magic_spans_the_whole_piece(source, piece):
    (magic,) = mask(source).magics
    assert source[magic.span.start : magic.span.end] == piece


def test_an_assigned_name_stays_bound():
    tree = ast.parse(mask("files = !ls\nprint(files)").python)
    assert isinstance(tree.body[0], ast.Assign)
    assert isinstance(tree.body[0].value, ast.Name)


def test_too_many_magics_are_refused():
    with pytest.raises(TooManyMagicsError, match=f"more than {MAX_MAGICS} magics"):
        mask("!a\n" * (MAX_MAGICS + 1))
    assert len(mask("!a\n" * MAX_MAGICS).magics) == MAX_MAGICS


@pytest.mark.parametrize(
    "source",
    [
        "!a\n" + "(" * 100_000,
        "!a\n" + "x = (\n" * 20_000,
        "%time " + "(" * 5_000,
        "%%mine\n" + "-" * 100_000 + "1",
        "%sql\n" * 20_000,
        "%%time\n" * 20_000,
        "%%mine\n" * 20_000,
        "\n" * 200_000 + "  x = ?",
        "!a \\\n" * 20_000,
        "'" * 100_001 + "?",
        "=" + " " * 100_000 + "!",
    ],
)
def test_hostile_text_is_masked(source):
    masked = mask(source)
    assert masked.python == "" or len(masked.python) == len(source)
    assert len(masked.magics) <= len(source)
