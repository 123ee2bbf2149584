"""What the editor's user asks for: `initializationOptions`, `didChangeConfiguration`, answers to `configuration`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


class WorkspaceScan(enum.Enum):
    """When files that are not open are checked."""

    ON_COMMAND = "onCommand"
    ON_START = "onStart"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of an editor. Those that a configuration file knows too come before it.

    Attributes:
        enable: whether anything is checked.
        select, extend_select, ignore: as on the command line: codes and prefixes.
        severities: code or prefix -> severity, added to those of the configuration file.
        severity, confidence: the least level shown, or "".
        severity_map: our severity -> the editor's: "error", "warning", "information" or "hint".
        configuration: the one configuration file to use instead of the nearest above each file, or "".
        run: when documents are checked.
        workspace_scan: when files that are not open are.
        suppression_reason: what is written into comments that suppress a finding, or "".
        mode: push by default. Read once, when the server starts.
    """

    enable: bool = True
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severities: tuple[tuple[str, str], ...] = ()
    severity: str = ""
    confidence: str = ""
    severity_map: tuple[tuple[str, str], ...] = ()
    configuration: str = ""
    run: Run = Run.ON_TYPE
    workspace_scan: WorkspaceScan = WorkspaceScan.ON_COMMAND
    suppression_reason: str = ""
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
        """The configuration file asked for; a relative path counts from the workspace folder."""
        return Path(root or ".", self.configuration).expanduser() if self.configuration else None


@dataclass(frozen=True, slots=True)
class Parsed:
    """Settings, and what was wrong with the rest of what the client sent: one sentence each."""

    settings: ClientSettings
    problems: tuple[str, ...] = ()


def section_of(sent: Any) -> Any:
    """Our part of what a client sent: at the top, under "mlwarden" or "settings", or both: some clients nest them."""
    for name in ("settings", "mlwarden"):
        if isinstance(sent, Mapping) and isinstance(sent.get(name), Mapping):
            sent = sent[name]
    return sent


def overlaid(base: Any, pulled: Any) -> Any:
    """What a client answered when it was asked, over what it sent by itself; a null there takes the value back."""
    if pulled is None or pulled == []:  # how a client without settings answers
        return base
    if isinstance(base, Mapping) and isinstance(pulled, Mapping):
        return {**base, **pulled}
    return pulled


def parse(sent: Any, mode: Mode | None = None) -> Parsed:
    """Read what a client sent; what is wrong in it is passed over and named.

    `mode` is the one that is in force already, if there is one: it cannot change.
    """
    sent = section_of(sent)
    if sent is None:
        sent = {}
    values: dict[str, Any] = {}
    problems: list[str] = []
    if isinstance(sent, Mapping):
        for key, value in sent.items():
            problems.extend(_read(str(key), value, values))
    else:
        problems.append("editor settings: expected an object")
    if mode is not None:
        values["mode"] = mode
    return Parsed(ClientSettings(**values), tuple(problems))


def _read(key: str, value: Any, values: dict[str, Any]) -> list[str]:
    """Take one setting into `values`; what is wrong with it instead."""
    from mlwarden.config.schema import mismatches
    from mlwarden_lsp.schema import settings_schema

    if key in _FOR_THE_CLIENT or value is None:
        return []
    if key in _LEVELS and isinstance(value, str):
        if not value:  # as editors show a choice that is not made
            return []
        value = value.lower()
    problems = []
    for mismatch in mismatches({key: value}, settings_schema()):
        where = ".".join(str(part) for part in mismatch.keys)
        hint = f" (did you mean '{mismatch.suggestion}'?)" if mismatch.suggestion else ""
        problems.append(f"editor settings: {where}: {mismatch.problem}{hint}")
    if not problems:
        attribute, convert = _KEYS[key]
        values[attribute] = convert(value)
    return problems


def _items(table: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(table.items())


_KEYS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "enable": ("enable", bool),
    "select": ("select", tuple),
    "extendSelect": ("extend_select", tuple),
    "ignore": ("ignore", tuple),
    "severities": ("severities", _items),
    "severity": ("severity", str),
    "confidence": ("confidence", str),
    "severityMap": ("severity_map", _items),
    "configuration": ("configuration", str),
    "run": ("run", Run),
    "workspaceScan": ("workspace_scan", WorkspaceScan),
    "suppressionReason": ("suppression_reason", str),
    "diagnosticMode": ("mode", Mode),
}
_LEVELS = frozenset({"severity", "confidence"})

# Settings of the VS Code extension itself, which clients that send a whole section send along.
_FOR_THE_CLIENT = frozenset({"path", "trace", "install", "askForReason"})
