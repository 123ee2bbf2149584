"""What of a command somebody else chooses: the program, code for an interpreter, or only arguments of a fixed program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.semantics.values import Constant, Reference, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite

_SUBPROCESS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_WITH_LIST = re.compile(r"os\.(?:exec|spawn|posix_spawn)\w*|anyio\.(?:run|open)_process|pty\.spawn")
_EXECUTES = frozenset({"asyncio.create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"})
_INTERPRETER = re.compile(
    r"(?:(?:ba|z|da|k|fi|c|tc|a)?sh|python[\d.]*|pypy\d*|ipython\d?|perl[\d.]*|ruby[\d.]*|node(?:js)?|deno|bun|php\d*|lua[\d.]*"
    r"|pwsh|powershell|cmd|osascript|Rscript|awk|gawk|mawk|ssh|eval|source|uvx|npx|pipx|busybox|psql|sqlite3|mysql)(?:\.exe)?",
    re.I,
)
# Options behind which an interpreter gets a program as text, a module, or a whole command.
_CODE_OPTION = re.compile(r"-{1,2}(?:[a-z]*[ce]|m|command|eval|print|encodedcommand|exec|p)|/[ck]", re.I)
_PREFIX = frozenset(
    {
        "sudo",
        "doas",
        "env",
        "xargs",
        "nohup",
        "time",
        "timeout",
        "nice",
        "ionice",
        "stdbuf",
        "setsid",
        "exec",
        "command",
        "chroot",
    }
)
# Options of those that take a value: a user, a group, a signal, a number.
_VALUED = frozenset({"-u", "-g", "-U", "-p", "-C", "-k", "-s", "-I", "-L", "-P", "--user", "--group", "--signal"})
_RUNNERS = {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("conda", "run"), ("pixi", "run"), ("docker", "exec")}


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a command: its text if it is known, and whether data of the wanted kinds is in it."""

    text: str | None
    chosen: bool


def chooses_program(call: CallSite, kinds: tuple[str, ...]) -> bool | None:
    """Who chooses what a call of `sinks.COMMANDS` runs, where data of these kinds is in the command.

    Returns:
        True: that data may choose the program, or is the text of a program. False: it is an argument of a program that
        the code names, and may be taken for an option. None: it is an argument that cannot be one (behind `--`, or
        with a fixed beginning).
    """
    if call.name in _EXECUTES:
        return _judge(_words(call.positional(), kinds))
    if call.name in _SUBPROCESS:
        if call.argument("shell", 8).may_be_true():
            return True
        given = call.argument("args", 0)
    elif _WITH_LIST.fullmatch(call.name):
        given = _list_of(call, kinds)
    else:
        return True
    found = [_of_value(option, kinds) for option in given.alternatives() if option.tainted_by(*kinds)]
    if not found:
        return True
    return True if True in found else False if False in found else None


def _list_of(call: CallSite, kinds: tuple[str, ...]) -> Value:
    """The words of `os.execv(path, args)` and its like, with the path in the place of the program."""
    first = 1 if call.name.startswith("os.spawn") else 0
    program = call.argument("file", first)
    if program.is_absent:
        program = call.argument("path", first)
    if program.tainted_by(*kinds) or not call.name.startswith("os."):
        return call.argument("command" if call.name.startswith("anyio") else "argv", 0) if first == 0 else program
    rest = call.argument("args", first + 1)
    if isinstance(rest, Sequence) and rest.items:
        return Sequence(items=(program, *rest.items[1:]), taints=rest.taints)
    return rest


def _of_value(value: Value, kinds: tuple[str, ...]) -> bool | None:
    if isinstance(value, Sequence):
        return _judge(_words(value.items, kinds))
    if isinstance(value, Reference) and value.name == "shlex.split()" and value.made_by is not None:
        found = [_of_text(option, kinds) for option in value.made_by.argument("s", 0).alternatives()]
        return not found or True in found
    return True


def _of_text(value: Value, kinds: tuple[str, ...]) -> bool | None:
    """A text that `shlex.split` cuts: what is put in may become several words, but not the first."""
    if isinstance(value, Text) and value.parts and value.parts[0] is not None:
        head = value.parts[0]
        words = [_Word(word, False) for word in head.split()]
        if head.endswith((" ", "\t")):
            return _judge([*words, _Word(None, True)]) if words else True
        return _judge([*words[:-1], _Word(None, True)]) if len(words) > 1 else True
    return not isinstance(value, Constant)


def _words(values: tuple[Value, ...], kinds: tuple[str, ...]) -> list[_Word]:
    return [_Word(_text(value), bool(value.tainted_by(*kinds))) for value in values]


def _text(value: Value) -> str | None:
    if isinstance(value, Reference) and value.name == "sys.executable":
        return "python"
    if isinstance(value, Constant):
        return value.value if isinstance(value.value, str) else str(value.value)
    if isinstance(value, Text) and value.parts and value.parts[0]:
        return value.parts[0]
    return None


def _judge(words: list[_Word]) -> bool | None:
    index = 0
    while index < len(words):
        word = words[index]
        if word.chosen and (word.text is None or index == 0):
            return True
        name = "" if word.text is None else re.split(r"[/\\]", word.text)[-1]
        following = words[index + 1].text if index + 1 < len(words) else None
        if name in _PREFIX:
            index = _behind_options(words, index + 1)
            continue
        if (name, following) in _RUNNERS:
            index = _behind_options(words, index + 2)
            continue
        if _INTERPRETER.fullmatch(name):
            return _of_interpreter(words[index + 1 :], name)
        return _of_arguments(words[index + 1 :])
    return _of_arguments(words)


def _behind_options(words: list[_Word], index: int) -> int:
    """The place of the program behind `sudo -u me`, `env A=1`, `timeout 10`."""
    while index < len(words):
        text = words[index].text
        if words[index].chosen or text is None:
            break
        if not (text.startswith("-") or "=" in text or re.fullmatch(r"[\d.]+[smhd]?", text)):
            break
        index += 2 if text in _VALUED else 1
    return min(index, len(words))


def _of_interpreter(words: list[_Word], name: str) -> bool | None:
    """The words behind an interpreter: code, a script's name, or arguments of a script that the code names."""
    remote = name in {"ssh", "eval", "busybox"}
    for index, word in enumerate(words):
        if word.chosen:
            return True
        if remote:
            continue
        if word.text is None:
            return _of_arguments(words[index + 1 :])
        if _CODE_OPTION.fullmatch(word.text):
            following = words[index + 1] if index + 1 < len(words) else None
            return True if following is not None and following.chosen else _of_arguments(words[index + 2 :])
        if not word.text.startswith(("-", "/")) or (word.text.startswith("/") and len(word.text) > 2):
            return _of_arguments(words[index + 1 :])
    return None


def _of_arguments(words: list[_Word]) -> bool | None:
    """Arguments of a fixed program: whether one may be taken for an option."""
    for word in words:
        if word.text == "--" and not word.chosen:
            return None
        if word.chosen and not word.text:
            return False
    return None
