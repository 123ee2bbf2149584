"""The commands that calls of Python run."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS, commands_of_call
from mlwarden.testing import model_of


def commands(code: str) -> list[str]:
    """The commands of all calls, each as its program and arguments."""
    model = model_of(code)
    return [
        shlex.join((command.program, *command.texts))
        for call in model.calls
        if call.name in SHELL_CALLS
        for command in commands_of_call(call)
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # shell texts
        ("import os; os.system('a b | c')", ["a b", "c"]),
        ("from os import popen as p; p('a; b')", ["a", "b"]),
        ("import subprocess as s; s.run('a b && c', shell=True)", ["a b", "c"]),
        ("import subprocess; subprocess.getoutput('a b')", ["a b"]),
        ("import subprocess; subprocess.getstatusoutput(cmd='a b')", ["a b"]),
        ("import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('a b')", ["a b"]),
        ("import os\ndef f(x):\n    os.system(f'a {x} | b')", ["a '{}'", "b"]),
        ("import os\nCMD = 'a ' + 'b'\nos.system(CMD)", ["a b"]),
        ("import os\nos.system('a' if x else 'b')", ["a", "b"]),
        ("import os\nos.system(unknown)", []),
        ("import subprocess; subprocess.run('a b', shell=flag)", []),
        # lists
        ("import subprocess; subprocess.run(['a', 'b c', '|', 'd'])", ["a 'b c' '|' d"]),
        ("import subprocess; subprocess.Popen(args=('a', 'b'))", ["a b"]),
        ("import subprocess\ndef f(x):\n    subprocess.check_call(['a', x, f'b{x}'])", ["a '{}' 'b{}'"]),
        ("import subprocess\ncmd = ['a']\ncmd += ['b']\ncmd.append('c')\nsubprocess.call(cmd)", ["a b c"]),
        ("import subprocess, sys; subprocess.run([sys.executable, '-m', 'pip'])", ["'{sys.executable}' -m pip"]),
        ("import subprocess; subprocess.run(['sh', '-c', 'a | b'])", ["sh -c 'a | b'", "a", "b"]),
        ("import subprocess; subprocess.run(['/bin/bash', '-lc', 'a'])", ["bash -lc a", "a"]),
        ("import subprocess; subprocess.run(['bash', 'a.sh', 'b'])", ["bash a.sh b"]),
        ("import subprocess, shlex; subprocess.run(shlex.split(\"a 'b c' d\"))", ["a 'b c' d"]),
        ("import subprocess; subprocess.run([x, 'a'])", []),
        ("import subprocess; subprocess.run([])", []),
        ("import subprocess; subprocess.run('a b')", []),
        ("import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec('a', 'b')", ["a b"]),
        ("import os; os.execvp('a', ['a', 'b'])", ["a b"]),
        ("import os; os.spawnvp(os.P_WAIT, 'a', ['a', 'b'])", ["a b"]),
        ("import pty; pty.spawn(['a', 'b'])", ["a b"]),
        # pip as a library
        ("import pip; pip.main(['install', 'x'])", ["pip install x"]),
        ("from pip._internal import main as m; m(['install', 'x'])", ["pip install x"]),
        # IPython
        ("get_ipython().system('a | b')", ["a", "b"]),
        ("from IPython import get_ipython; get_ipython().getoutput('a')", ["a"]),
        ("import IPython\nip = IPython.get_ipython()\nip.system('a')", ["a"]),
        ("get_ipython().run_line_magic('pip', 'install x')", ["pip install x"]),
        ("get_ipython().run_line_magic('%system', 'a')", ["a"]),
        ("get_ipython().run_line_magic('time', 'a')", []),
        ("get_ipython().run_cell_magic('bash', '', 'a\\nb')", ["a", "b"]),
        ("get_ipython().run_cell_magic('script', 'bash -e', 'a')", ["a"]),
        ("get_ipython().run_cell_magic('script', 'python', 'a')", []),
        ("get_ipython().run_cell_magic('html', '', 'a')", []),
        ("get_ipython().magic('pip install x')", ["pip install x"]),
        ("get_ipython().magic('%sx a')", ["a"]),
        ("get_ipython().magic('matplotlib inline')", []),
        # look-alikes
        ("class os:\n    def system(x): pass\nos.system('a')", []),
        ("def system(x): pass\nsystem('a')", []),
        ("print('a | b')", []),
    ],
)
def test_commands(code: str, expected: list[str]) -> None:
    assert commands(code) == expected


def test_every_command_has_the_place_of_its_call() -> None:
    model = model_of("import os\nx = os.system('a | b')\n")
    (call,) = model.calls_of("os.system")
    assert {command.span for command in commands_of_call(call)} == {call.span}
    first, second = commands_of_call(call)
    assert second.source is not None
    assert second.source.words == first.words


def test_each_call_has_words_of_its_own_among_the_triggers() -> None:
    for name in SHELL_CALLS:
        words = set(name.replace("()", "").split("."))
        assert any({trigger} <= words if isinstance(trigger, str) else set(trigger) <= words for trigger in TRIGGERS)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6), min_size=1, max_size=5))
def test_lists_are_passed_on_word_for_word(words: list[str]) -> None:
    model = model_of(f"import subprocess\nsubprocess.run({['run', *words]!r})\nsubprocess.run({shlex.join(words)!r})")
    found = [command.texts for call in model.calls_of("subprocess.run") for command in commands_of_call(call)]
    assert found == [tuple(words)]
    model = model_of(f"import subprocess\nsubprocess.run({shlex.join(['run', *words])!r}, shell=True)")
    assert [list(c.texts) for call in model.calls_of("subprocess.run") for c in commands_of_call(call)] == [words]
