"""Shell text: which programs run with which arguments, and where that is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.spans import Span
from mlwarden.notebooks.read import read_notebook
from mlwarden.notebooks.shell_lines import MAX_TEXT, Command, parse_commands, shell_texts
from mlwarden.rules.examples import as_notebook


def programs(text: str) -> list[str]:
    """Each command as its program and arguments, separated by single spaces."""
    return [" ".join((command.program, *command.texts)) for command in parse_commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls", ["ls"]),
        ("a b; c && d || e & f", ["a b", "c", "d", "e", "f"]),
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("a \\\n  b \\\r\n  c", ["a b c"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a b#c", ["a b#c"]),
        ("/usr/bin/Curl.EXE x", ["curl x"]),
        ("", []),
        ("  # nothing", []),
        # quotes
        ("a 'b; c' \"d | e\" f\\ g", ["a b; c d | e f g"]),
        ('a "b \\"c\\" \\$d"', ['a b "c" $d']),
        ('a "b\\\nc"', ["a bc"]),
        ("a 'b'\"c\"d", ["a bcd"]),
        ("a $'b\\'c' d", ["a b'c d"]),
        ("echo it's", ["echo it's"]),
        ('a "b', ['a "b']),
        ("a 'http://x.org/?b=1&c=2'", ["a http://x.org/?b=1&c=2"]),
        # what stands before the program
        ("A=1 B+=2 curl x", ["curl x"]),
        ("sudo -u root -E A=1 env -u B pip install x", ["pip install x"]),
        ("timeout -k 5 60 curl x", ["curl x"]),
        ("nohup time -p nice -n 5 stdbuf -o L python a.py", ["python a.py"]),
        ("cat urls | xargs -n 1 wget", ["cat urls", "wget"]),
        ("uv run --with a python b.py", ["python b.py"]),
        ("conda run -n e pip install x", ["pip install x"]),
        ("exec bash", ["bash"]),
        ("A=1", [""]),
        ("sudo", ["sudo"]),
        # control flow
        ("if [ -f a ]; then b; else c; fi", ["[ -f a ]", "b", "c", "fi"]),
        ("for i in 1 2; do wget $i; done", ["for i in 1 2", "wget $i", "done"]),
        ("while read l; do\n curl $l\ndone < f", ["read l", "", "curl $l", "done"]),
        ("f() { curl x; }", ["f(", "curl x", "}"]),
        ("(cd a && b)", ["cd a", "b"]),
        ("case $x in a) b;; *) c;; esac", ["case $x in a", "b", "*", "c", "esac"]),
        ("a=(1 2 'b') c", ["c"]),
        # substitutions
        ("a $(b $(c)) `d`", ["a $(b $(c)) `d`", "b $(c)", "c", "d"]),
        ('a "$(b) x `c`"', ["a $(b) x `c`", "b", "c"]),
        ("a '$(b)'", ["a $(b)"]),
        ('a "\\$(b)"', ["a $(b)"]),
        ("a ${b:-$(c d)}", ["a ${b:-$(c d)}", "c d"]),
        ("a <(b) >(c)", ["a <(b) >(c)", "b", "c"]),
        ("a=$(b)", ["", "b"]),
        ("a $(b", ["a $(b", "b"]),
        # IPython's expressions
        ("wget {base + name} -O {f(a, 'b')}", ["wget {base + name} -O {f(a, 'b')}"]),
        ("{sys.executable} -m pip install x", ["{sys.executable} -m pip install x"]),
        # here-documents are data
        ("cat <<EOF > f\nrm -rf /\nEOF\nls", ["cat", "ls"]),
        ("cat <<-'END'\n\tb\n\tEND\nls", ["cat", "ls"]),
        ("cat <<A <<B\na\nA\nb\nB\nls", ["cat", "ls"]),
        ("cat <<EOF\nb", ["cat", "b"]),
    ],
)
def test_commands(text: str, expected: list[str]) -> None:
    assert programs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > b 2>&1", [(">", "b"), (">", "1")]),
        ("a >> b < c <<< 'd e'", [(">>", "b"), ("<", "c"), ("<<<", "d e")]),
        ("a &> b", [(">", "b")]),
        ("a &>> b", [(">", "b")]),
        ("a >b c", [(">", "b")]),
    ],
)
def test_redirections(text: str, expected: list[tuple[str, str]]) -> None:
    (command,) = parse_commands(text)
    assert [(operator, word.text) for operator, word in command.redirects] == expected
    assert command.program == "a"


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("a | b | c", ["b", "a"]),
        ("a |& c", ["a"]),
        ("a || c", []),
        ("a; c", []),
        ("(a || b) | c", ["b", "a"]),
        ("{ a; b; } | c", ["b", "a"]),
        ("for i in 1; do a; done | c", ["a", "for"]),
        ("if x; then a; else b; fi | c", ["b", "x", "a"]),
        ("z | (a; b) | c", ["b", "a"]),
        ("a | (c; b)", ["a"]),
        ("a | sudo -E c", ["a"]),
        ("a | { c; }", ["a"]),
        ("f() { a; }; x | c", ["x"]),
        ("(a); c", []),
        ("a; (b) | c", ["b"]),
        ("a | (b); c", []),
        ("a |\n b |  # d\n\n c", ["b", "a"]),
    ],
)
def test_what_is_piped_into_c(text: str, sources: list[str]) -> None:
    (command,) = [command for command in parse_commands(text) if command.program == "c"]
    assert [source.program for source in command.sources()] == sources


def test_every_word_has_its_place() -> None:
    text = "x=1 'a b' \"$(c)\" | d > e"
    first, nested, second = parse_commands(text, offset=10, cell=3)
    assert [(word.text, word.span) for word in first.words] == [
        ("x=1", Span(10, 13, 3)),
        ("a b", Span(14, 19, 3)),
        ("$(c)", Span(20, 26, 3)),
    ]
    assert first.words[2].nested == (nested,)
    assert (first.span, nested.span, second.span) == (Span(10, 26, 3), Span(23, 24, 3), Span(29, 30, 3))
    assert [word.span for _, word in second.redirects] == [Span(33, 34, 3)]


def test_options() -> None:
    (command,) = parse_commands("curl -sSLk --proxy=p -o x http://a")
    found = {name: command.option(name) for name in ("-k", "-L", "--proxy", "-o", "-x", "--insecure")}
    assert {name: word and word.text for name, word in found.items()} == {
        "-k": "-sSLk",
        "-L": "-sSLk",
        "--proxy": "--proxy=p",
        "-o": "-o",
        "-x": None,
        "--insecure": None,
    }


def test_root() -> None:
    assert [command.is_root for command in parse_commands("sudo -E a; doas b; A=1 sudo c; d sudo")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!ls -l", [("ls -l", True)]),
        ("!!ls", [("ls", True)]),
        ("x = !ls", [("ls", True)]),
        ("if a:\n    !ls", [("ls", True)]),
        ("%pip install -q a", [("pip install -q a", True)]),
        ("pip install a", [("pip install a", True)]),
        ("%uv pip install a", [("uv pip install a", True)]),
        ("%system ls", [("ls", True)]),
        ("%sx ls", [("ls", True)]),
        ("x = %sx ls", [("ls", True)]),
        ("%sh ls", [("ls", True)]),
        ("%time !pip install a", [("pip install a", True)]),
        ("%time %pip install a", [("pip install a", True)]),
        ("%timeit -n1 -r1 !ls", [("ls", True)]),
        ("%%bash\nls $x\ncd", [("ls $x\ncd", False)]),
        ("%%sh -e\nls", [("ls", False)]),
        ("%%capture\n!ls", [("ls", True)]),
        ("%%time\n%%bash\nls", [("ls", False)]),
        ("%%!\nls", [("ls", False)]),
        ("%%system\nls", [("ls", False)]),
        ("%%script bash\nls", [("ls", False)]),
        ("%%script --bg --out text /bin/bash -e\nls", [("ls", False)]),
        ("%%script python\nls", []),
        ("%%script bashful\nls", []),
        ("%%writefile run.sh\nls", [("ls", False)]),
        ("%%writefile -a bin/run.sh\nls", [("ls", False)]),
        ("%%writefile run.py\nls", []),
        ("%time f(x)", []),
        ("# !ls", []),
        ("print('!ls')", []),
        ("%load_ext a", []),
    ],
)
def test_shell_texts(source: str, expected: list[tuple[str, bool]]) -> None:
    notebook = read_notebook("n.ipynb", as_notebook("1", source))
    found = list(shell_texts(notebook))
    assert [(shell.text, shell.expands) for shell in found] == expected
    assert all(shell.cell == 1 for shell in found)
    for shell in found:
        assert source[shell.offset : shell.offset + len(shell.text)] == shell.text
        assert shell.commands == parse_commands(shell.text, offset=shell.offset, cell=1)


_PIECES = st.one_of(
    st.sampled_from("a=\n\\'\"`$(){}<>|&;# é"),
    st.sampled_from(["curl", "$(", "<(", "<<a\n", "$'", "fi", "done", "do ", "sudo ", "timeout 5 ", "\r\n"]),
)


def _all(command: Command) -> list[Command]:
    return [command, *command.sources(), *(each for word in command.words for each in word.nested)]


@given(st.lists(_PIECES, max_size=40).map("".join), st.integers(0, 5))
def test_any_text_gives_commands_whose_places_lie_in_it(text: str, offset: int) -> None:
    found = parse_commands(text, offset=offset)
    assert list(found) == sorted(found, key=lambda command: (command.span.start, -command.span.end))
    for command in found:
        assert 0 <= command.start <= len(command.words)
        assert all(each in found for each in _all(command))
        at = offset
        for word in command.words:
            assert at <= word.span.start < word.span.end <= offset + len(text)
            at = word.span.end
        assert command.span == Span(command.words[0].span.start, at)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=5))
def test_words_that_are_quoted_are_read_back(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    (command,) = parse_commands(f"run {quoted}")
    assert command.texts == tuple(words)


@pytest.mark.parametrize(
    "text",
    [
        "<<a " * 50_000 + "\n",
        "<<a\n" * 50_000,
        "".join(f"<<a{number}\n" for number in range(20_000)),
        '"' + "`a`" * 60_000 + '"',
        '"' + "$(a)" * 50_000 + '"',
        "$(" * 100_000,
        '"$(' * 50_000,
        "`" * 200_000,
        "sh|" * 66_000,
        "(" * 100_000,
        "{ a; " * 30_000,
        "{" + "{}" * 90_000,
        '"' + "\\" * 199_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_texts_are_read_in_linear_time(text: str) -> None:
    # Quadratic work on these would take minutes.
    for command in parse_commands(text):
        assert len(list(command.sources())) <= 64 * 65


def test_the_rest_of_a_very_long_text_is_left_out() -> None:
    assert len(parse_commands("a;" * MAX_TEXT)) == MAX_TEXT // 2
