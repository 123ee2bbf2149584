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
# Call -> (position, keyword) of the command; those in `_WITH_SWITCH` use a shell on request only.
SHELL_CALLS: dict[str, tuple[int, str]] = {
    **{f"subprocess.{name}": (0, "args") for name in _WITH_SWITCH},
    "os.system": (0, "command"),
    "os.popen": (0, "cmd"),
    "subprocess.getoutput": (0, "cmd"),
    "subprocess.getstatusoutput": (0, "cmd"),
    "asyncio.create_subprocess_shell": (0, "cmd"),
    "get_ipython().system": (0, "cmd"),
    "get_ipython().getoutput": (0, "cmd"),
    "get_ipython().system_raw": (0, "cmd"),
}
TRIGGERS: tuple[str | tuple[str, ...], ...] = (
    "subprocess",
    ("os", "system"),
    ("os", "popen"),
    "create_subprocess_shell",
    "get_ipython",
)
"""What a rule that asks for the commands of calls needs among its triggers."""


def commands_of_call(call: CallSite) -> Iterator[Command]:
    """The commands that a call of `SHELL_CALLS` runs, as far as they are literal; each has the call's place.

    What is put into a text at run time stands there as `{}`.
    """
    position, keyword = SHELL_CALLS[call.name]
    given = call.argument(keyword, position)
    by_shell = call.name.rpartition(".")[2] not in _WITH_SWITCH or call.argument("shell").may_be_true()
    for option in given.alternatives():
        if by_shell:
            text = _text(option)
            if text is not None:
                yield from (moved(command, call.span) for command in parse_commands(text))
        if isinstance(option, Sequence):
            yield from _of_arguments(call, option)


def _of_arguments(call: CallSite, given: Sequence) -> Iterator[Command]:
    texts = [_text(item) for item in given.items]
    if not texts or not all(text is not None for text in texts[:1]):
        return
    words = tuple(Word("{}" if text is None else text, call.span) for text in texts)
    yield Command(words, call.span)
    if len(texts) > 2 and re.search(r"(?:^|/)(?:ba|z|da|k)?sh$", texts[0] or "") and texts[2] is not None:
        if re.fullmatch(r"-[a-z]*c", texts[1] or ""):  # `["bash", "-c", "..."]`
            yield from (moved(command, call.span) for command in parse_commands(texts[2]))


def _text(value: Value) -> str | None:
    if isinstance(value, Constant):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, Reference) and value.name == "sys.executable":
        return "{sys.executable}"  # as a notebook's shell line names it
    return value.shown if isinstance(value, Text) else None
