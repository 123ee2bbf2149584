"""Who chooses what a command runs: the program, the text of one, or only an argument."""

from __future__ import annotations

import pytest

from mlwarden.semantics.command_words import chooses_program
from mlwarden.testing import model_of

_BEFORE = """
import asyncio, os, shlex, subprocess, sys
x = input()
"""


def _judged(call: str, name: str) -> bool | None:
    (site,) = model_of(_BEFORE + call + "\n").calls_of(name)
    return chooses_program(site, ("input",))


@pytest.mark.parametrize(
    "args",
    [
        "x",
        "[x]",
        "[x, '-l']",
        "x.split()",
        "shlex.split(x)",
        "shlex.split(f'{x} -l')",
        "shlex.split(f'bash -c {x}')",
        "['bash', '-c', x]",
        "['/bin/sh', '-ec', f'cd /srv; {x}']",
        "['python3', '-c', x]",
        "[sys.executable, '-m', x]",
        "['python', x]",
        "['node', '-e', x]",
        "['sudo', x]",
        "['sudo', '-u', 'agent', 'bash', '-c', x]",
        "['env', 'A=1', x]",
        "['timeout', '10s', x]",
        "['xargs', '-I', '{}', 'sh', '-c', x]",
        "['ssh', 'host', x]",
        "['uv', 'run', x]",
        "['cmd.exe', '/c', x]",
        "['powershell', '-Command', x]",
        "f'tools/{x}'",
        "[f'tools/{x}']",
    ],
)
def test_the_program_is_chosen(args: str) -> None:
    assert _judged(f"subprocess.run({args})", "subprocess.run") is True


@pytest.mark.parametrize(
    "args",
    [
        "['git', 'checkout', x]",
        "['git', 'log', *[x]]",
        "['python', 'train.py', x]",
        "['python', '-c', 'import sys', x]",
        "['python', '-m', 'pytest', x]",
        "['bash', 'run.sh', x]",
        "['sudo', 'systemctl', 'restart', x]",
        "['env', 'A=1', 'ls', x]",
        "shlex.split(f'ls -l {x}')",
    ],
)
def test_an_argument_may_be_an_option(args: str) -> None:
    assert _judged(f"subprocess.run({args})", "subprocess.run") is False


@pytest.mark.parametrize(
    "args", ["['grep', '--', x]", "['tar', f'--file={x}']", "['git', 'clone', f'https://a.example/{x}']"]
)
def test_an_argument_is_no_option(args: str) -> None:
    assert _judged(f"subprocess.run({args})", "subprocess.run") is None


@pytest.mark.parametrize(
    ("call", "name", "expected"),
    [
        ("subprocess.run(['ls', x], shell=True)", "subprocess.run", True),
        ("os.system(f'ls {x}')", "os.system", True),
        ("asyncio.create_subprocess_exec('ls', x)", "asyncio.create_subprocess_exec", False),
        ("asyncio.create_subprocess_exec('sh', '-c', x)", "asyncio.create_subprocess_exec", True),
        ("asyncio.create_subprocess_exec(x)", "asyncio.create_subprocess_exec", True),
        ("os.execv('/bin/ls', ['ls', x])", "os.execv", False),
        ("os.execv('/bin/sh', ['sh', '-c', x])", "os.execv", True),
        ("os.execvp(x, [x])", "os.execvp", True),
        ("os.spawnv(os.P_WAIT, '/bin/ls', ['ls', x])", "os.spawnv", False),
    ],
)
def test_other_calls(call: str, name: str, expected: bool | None) -> None:
    assert _judged(call, name) is expected
