"""The settings in force for each document, until something changes: then the session makes a new `Configuration`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.config.settings import Settings
from mlwarden.model.errors import ConfigError, UsageError
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.settings import ClientSettings

if TYPE_CHECKING:
    from mlwarden.config.source import ConfigSource
    from mlwarden.engine.project import Project


class InForce(NamedTuple):
    """What counts for a document.

    Attributes:
        settings: the settings; the editor's alone where a configuration file is wrong, so that the user still sees
            findings while mending it.
        problem: what is wrong with the configuration, or "".
        excluded: the settings exclude the file.
    """

    settings: Settings
    problem: str = ""
    excluded: bool = False


class Configuration:
    """Where settings come from: the editor, then the nearest configuration file. Used from worker threads.

    Attributes:
        client: what the editor asks for.
        project: facts that documents share, read from files as they are now.
    """

    def __init__(self, engine: Engine, client: ClientSettings, root: str | None) -> None:
        """`root` is the first workspace folder, whose configuration counts for documents that are no files."""
        self.client = client
        self._engine, self._root = engine, root
        self._lock = threading.Lock()
        self._sources: _Sources | None = None

    @property
    def project(self) -> Project | None:
        """The facts that documents share."""
        return self._made().project

    def of(self, path: str | None) -> InForce:
        """The settings for a file, which need not exist; for None, those of the workspace."""
        sources = self._made()
        try:
            if path is None:
                settings = sources.files.for_folder(self._root or ".")
            else:
                settings = sources.files.for_path(path)
        except ConfigError as error:
            return InForce(sources.editor_only.for_folder("."), sources.problem or str(error))
        return InForce(settings, sources.problem, path is not None and _excluded(path, sources.files))

    def _made(self) -> _Sources:
        with self._lock:
            if self._sources is None:
                self._sources = _sources(self._engine, self.client, self._root)
            return self._sources


class _Sources(NamedTuple):
    files: ConfigSource
    editor_only: ConfigSource
    problem: str
    project: Project | None


def _sources(engine: Engine, client: ClientSettings, root: str | None) -> _Sources:
    from mlwarden.config.source import CommandLine, ConfigSource

    codes = engine.codes()
    overrides, problem = client.overrides(), ""
    try:
        editor_only = ConfigSource(overrides, isolated=True, known_codes=codes)
    except UsageError as error:
        overrides, problem = CommandLine(), str(error)
        editor_only = ConfigSource(isolated=True, known_codes=codes)
    try:
        files = ConfigSource(overrides, client.config_file(root), known_codes=codes)
    except ConfigError as error:
        files, problem = editor_only, problem or str(error)
    return _Sources(files, editor_only, problem, engine.project())


def _excluded(path: str, files: ConfigSource) -> bool:
    """Whether the exclusions of the settings speak against an existing file that is of some kind by its name."""
    from mlwarden.source.discovery import discover
    from mlwarden.source.kinds import kind_by_name

    if kind_by_name(path) is None:
        return False
    try:
        return not list(discover([path], files.for_folder, force_exclude=True))
    except ConfigError:
        return False
