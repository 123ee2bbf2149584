"""Calls that run a command: the shell text or the arguments, as parsed commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.shell_lines import Command, Word, moved, parse_commands
from mlwarden.semantics.values import Constant, Reference, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite

_WITH_SWITCH = ("run", "call", "check_call", "check_output", "Popen")
_IPYTHON = ("get_ipython()", "IPython.get_ipython()", "IPython.core.getipython.get_ipython()")
_OF_IPYTHON = {
    "system": (0, "cmd"),
    "getoutput": (0, "cmd"),
    "system_raw": (0, "cmd"),
    "system_piped": (0, "cmd"),
    "run_line_magic": (1, "line"),
    "run_cell_magic": (2, "cell"),
    "magic": (0, "arg_s"),
}
# Call -> (position, keyword) of the command; those in `_WITH_SWITCH` use a shell on request only.
SHELL_CALLS: dict[str, tuple[int, str]] = {
    **{f"subprocess.{name}": (0, "args") for name in _WITH_SWITCH},
    "os.system": (0, "command"),
    "os.popen": (0, "cmd"),
    "subprocess.getoutput": (0, "cmd"),
    "subprocess.getstatusoutput": (0, "cmd"),
    "asyncio.create_subprocess_shell": (0, "cmd"),
    "asyncio.create_subprocess_exec": (0, "program"),
    "pty.spawn": (0, "argv"),
    **{f"os.{name}": (1, "args") for name in ("execv", "execve", "execvp", "execvpe", "posix_spawn", "posix_spawnp")},
    **{f"os.{name}": (2, "args") for name in ("spawnv", "spawnve", "spawnvp", "spawnvpe")},
    **{f"{name}.{method}": place for name in _IPYTHON for method, place in _OF_IPYTHON.items()},
    # pip as a library, which its authors advise against: the arguments without the program.
    **{f"pip.{name}": (0, "args") for name in ("main", "_internal.main", "_internal.cli.main.main")},
}
TRIGGERS: tuple[str | tuple[str, ...], ...] = (
    "subprocess",
    ("os", "system"),
    ("os", "popen"),
    "create_subprocess_shell",
    "create_subprocess_exec",
    "get_ipython",
    "pty",
    ("pip", "main"),
    *(("os", name.removeprefix("os.")) for name in SHELL_CALLS if re.match(r"os\.(?:exec|spawn|posix)", name)),
)
"""What a rule that asks for the commands of calls needs among its triggers."""
_LISTS_ONLY = re.compile(r"subprocess\.(?:run|call|check_call|check_output|Popen)|os\.(?:exec|spawn|posix)\w+|p.*")
_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_SHELL_LINES = frozenset({"system", "sx", "sc", "sh"})
_SHELL_CELLS = frozenset({"bash", "sh", "zsh", "ksh", "dash", "!", "sx", "system"})
_SHELL = re.compile(r"(?:.*/)?(?:ba|z|da|k)?sh")


def commands_of_call(call: CallSite) -> Iterator[Command]:
    """The commands that a call of `SHELL_CALLS` runs, as far as they are literal; each has the call's place.

    What is put into a text at run time stands there as `{}`.
    """
    position, keyword = SHELL_CALLS[call.name]
    if call.name == "asyncio.create_subprocess_exec":
        yield from _of_arguments(call, call.positional())
        return
    given = call.argument(keyword, position)
    by_shell = _LISTS_ONLY.fullmatch(call.name) is None or (
        call.name.startswith("subprocess.") and call.argument("shell").may_be_true()
    )
    for option in given.alternatives():
        if by_shell:
            text = _text(option)
            if text is not None:
                yield from (moved(command, call.span) for command in parse_commands(_as_line(call, text)))
        if isinstance(option, Sequence):
            before = (Constant("pip"),) if call.name.startswith("pip.") else ()
            yield from _of_arguments(call, (*before, *option.items))
        elif isinstance(option, Reference) and option.name == "shlex.split()" and option.made_by is not None:
            for text in map(_text, option.made_by.argument("s", 0).alternatives()):
                if text is not None:
                    words = (word for command in parse_commands(text) for word in command.words)
                    yield from _of_arguments(call, tuple(Constant(word.text) for word in words))


def _as_line(call: CallSite, text: str) -> str:
    """The shell text of a magic that is run by a call; any other text as it is."""
    method = call.name.rpartition(".")[2]
    if method == "magic":
        text = text.lstrip("% ")
        name, _, line = text.partition(" ")
        return text if name in _INSTALLERS else line if name in _SHELL_LINES else ""
    if method not in ("run_line_magic", "run_cell_magic"):
        return text
    name = (call.argument("magic_name", 0).string() or "").lstrip("%")
    if method == "run_line_magic":
        return f"{name} {text}" if name in _INSTALLERS else text if name in _SHELL_LINES else ""
    line = call.argument("line", 1).string() or ""
    return text if name in _SHELL_CELLS or (name == "script" and _SHELL.match(line)) else ""


def _of_arguments(call: CallSite, items: tuple[Value, ...]) -> Iterator[Command]:
    texts = [_text(item) for item in items]
    if not texts or texts[0] is None:
        return
    words = tuple(Word("{}" if text is None else text, call.span) for text in texts)
    yield Command(words, call.span)
    if len(texts) > 2 and _SHELL.fullmatch(texts[0]) and texts[2] is not None:
        if re.fullmatch(r"-[a-z]*c", texts[1] or ""):  # `["bash", "-c", "..."]`
            yield from (moved(command, call.span) for command in parse_commands(texts[2]))


def _text(value: Value) -> str | None:
    if isinstance(value, Constant):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, Reference) and value.name == "sys.executable":
        return "{sys.executable}"  # as a notebook's shell line names it
    return value.shown if isinstance(value, Text) else None
