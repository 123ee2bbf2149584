"""The workspace's folders, each with its own settings: the editor's for it, and the configuration files in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlwarden_lsp.configuration import Configuration
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.paths import below, path_of
from mlwarden_lsp.settings import ClientSettings, Mode, overlaid, parse, section_of


@dataclass(frozen=True)
class Scope:
    """A workspace folder, or all that lies in none.

    Attributes:
        uri: the folder's; None for what lies in no folder.
        path: its path; None where it is no folder of this machine.
        settings: the editor's settings for it.
        configuration: what counts for its files.
    """

    uri: str | None
    path: str | None
    settings: ClientSettings
    configuration: Configuration


class Workspace:
    """Which folders are open, what the client has said about their settings, and what follows for each file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._uris: list[str] = []
        self._sent: Any = None
        self._pulled: dict[str | None, Any] = {}
        self._mode: Mode | None = None
        self._made: tuple[Scope, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.refresh()

    @property
    def uris(self) -> list[str]:
        """The URIs of the folders, in the client's order."""
        return list(self._uris)

    @property
    def mode(self) -> Mode:
        """How diagnostics travel; what was agreed on at the start stays."""
        return self._made[-1].settings.mode

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The folders, and last what lies in none of them."""
        return self._made

    @property
    def folders(self) -> list[Scope]:
        """The folders on this machine whose files are checked."""
        return [scope for scope in self._made if scope.path is not None and scope.settings.enable]

    def start(self, uris: Iterable[str], options: Any) -> None:
        """Take what the client says when it introduces itself."""
        self._uris, self._sent = list(dict.fromkeys(uris)), section_of(options)
        self.refresh()
        self._mode = self.mode

    def change_folders(self, added: Iterable[str], removed: Iterable[str]) -> bool:
        """Other folders are open; whether that makes a difference."""
        gone, before = set(removed), self._uris
        kept = [uri for uri in before if uri not in gone]
        self._uris = list(dict.fromkeys([*kept, *(uri for uri in added if uri not in gone)]))
        if self._uris == before:
            return False
        self.refresh()
        return True

    def send(self, sent: Any) -> None:
        """The client pushed settings; what it pushed before stays where this is empty, as of clients that are asked."""
        if sent:
            self._sent = section_of(sent)

    def take(self, pulled: Mapping[str | None, Any] | None = None) -> bool:
        """Let other settings count; whether they make a difference.

        `pulled` is what the client answered for each folder, and for None, when it was asked.
        """
        before = [(scope.uri, scope.settings) for scope in self._made]
        if pulled is not None:
            self._pulled = {uri: section_of(answer) for uri, answer in pulled.items()}
        made, problems = self._make()
        self.problems = problems
        if [(scope.uri, scope.settings) for scope in made] == before:
            return False
        self._made = made
        return True

    def refresh(self) -> None:
        """Look at all configuration files anew."""
        self._made, self.problems = self._make()

    def of(self, uri: str) -> Scope:
        """Where a document belongs: the innermost folder that it lies in."""
        path = path_of(uri)
        inside: Sequence[Scope] = [
            scope for scope in self._made[:-1] if path is not None and scope.path and below(path, scope.path)
        ]
        return max(inside, key=lambda scope: len(scope.path or ""), default=self._made[-1])

    def _make(self) -> tuple[tuple[Scope, ...], tuple[str, ...]]:
        problems: dict[str, None] = {}
        root = next((path for uri in self._uris if (path := path_of(uri)) is not None), None)
        scopes = [self._scope(uri, path_of(uri), problems) for uri in self._uris]
        return (*scopes, self._scope(None, None, problems, root)), tuple(problems)

    def _scope(self, uri: str | None, path: str | None, problems: dict[str, None], root: str | None = None) -> Scope:
        pulled = self._pulled.get(uri, self._pulled.get(None))
        parsed = parse(overlaid(self._sent, pulled), self._mode)
        problems.update(dict.fromkeys(parsed.problems))
        return Scope(uri, path, parsed.settings, Configuration(self._engine, parsed.settings, path or root))
