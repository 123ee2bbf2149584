"""What the editor's user asks for: `initializationOptions`, and later `workspace/didChangeConfiguration`."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mlwarden.config.source import CommandLine


class Run(enum.Enum):
    """When documents are checked; they always are when they are opened and when they are saved."""

    ON_TYPE = "onType"
    ON_SAVE = "onSave"


class Mode(enum.Enum):
    """Who starts: the server pushes diagnostics, or the client pulls them."""

    PUSH = "push"
    PULL = "pull"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of an editor. Those that a configuration file knows too come before it.

    Attributes:
        select, extend_select, ignore: as on the command line: codes and prefixes.
        severity, confidence: the least level shown, or "".
        configuration: the one configuration file to use instead of the nearest above each file, or "".
        run: when documents are checked.
        mode: push by default. Read once, when the server starts.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severity: str = ""
    confidence: str = ""
    configuration: str = ""
    run: Run = Run.ON_TYPE
    mode: Mode = Mode.PUSH

    def overrides(self) -> CommandLine:
        """The same as the library takes it.

        Raises:
            ValueError: a level that does not exist.
        """
        from mlwarden.config.source import CommandLine
        from mlwarden.model.levels import Confidence, Severity

        return CommandLine(
            select=self.select,
            extend_select=self.extend_select,
            ignore=self.ignore,
            severity=Severity.parse(self.severity) if self.severity else None,
            confidence=Confidence.parse(self.confidence) if self.confidence else None,
            origin="editor settings",
        )

    def config_file(self, root: str | None) -> Path | None:
        """The configuration file asked for; a relative path counts from the first workspace folder."""
        return Path(root or ".", self.configuration).expanduser() if self.configuration else None


@dataclass(frozen=True, slots=True)
class Parsed:
    """Settings, and what was wrong with the rest of what the client sent: one sentence each."""

    settings: ClientSettings
    problems: tuple[str, ...] = ()


def parse(sent: Any, mode: Mode | None = None) -> Parsed:
    """Read what a client sent; what is wrong in it is passed over and named.

    The settings stand at the top, or under "mlwarden" or "settings" (or both: some clients nest them). `mode` is the
    one that is in force already, if there is one: it cannot change.
    """
    for name in ("settings", "mlwarden"):
        if isinstance(sent, Mapping) and isinstance(sent.get(name), Mapping):
            sent = sent[name]
    if sent is None:
        sent = {}
    if not isinstance(sent, Mapping):
        return Parsed(ClientSettings(mode=mode or Mode.PUSH), ("editor settings: expected an object",))
    reader = _Reader()
    for key, value in sent.items():
        reader.read(str(key), value)
    if mode is not None:
        reader.values["mode"] = mode
    return Parsed(ClientSettings(**reader.values), tuple(reader.problems))


@dataclass
class _Reader:
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def read(self, key: str, value: Any) -> None:
        if key in _FOR_THE_CLIENT or value is None:
            return
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            self.problems.append(f"editor settings: unknown key '{key}'{hint}")
            return
        attribute, convert = _KEYS[key]
        try:
            self.values[attribute] = convert(value)
        except ValueError as error:
            self.problems.append(f"editor settings: {key}: {error}")


_Choice = TypeVar("_Choice", Run, Mode)


def _codes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise ValueError("expected a list of codes")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a string")
    return value


def _severity(value: Any) -> str:
    from mlwarden.model.levels import Severity

    return str(Severity.parse(value)) if _text(value) else ""


def _confidence(value: Any) -> str:
    from mlwarden.model.levels import Confidence

    return str(Confidence.parse(value)) if _text(value) else ""


def _run(value: Any) -> Run:
    return _one_of(Run, value)


def _mode(value: Any) -> Mode:
    return _one_of(Mode, value)


def _one_of(kind: type[_Choice], value: Any) -> _Choice:
    for member in kind:
        if member.value == value:
            return member
    raise ValueError(f"expected one of {', '.join(member.value for member in kind)}")


_KEYS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "select": ("select", _codes),
    "extendSelect": ("extend_select", _codes),
    "ignore": ("ignore", _codes),
    "severity": ("severity", _severity),
    "confidence": ("confidence", _confidence),
    "configuration": ("configuration", _text),
    "run": ("run", _run),
    "diagnosticMode": ("mode", _mode),
}

# Settings of the VS Code extension itself, which clients that send a whole section send along.
_FOR_THE_CLIENT = frozenset({"enable", "path", "trace"})
