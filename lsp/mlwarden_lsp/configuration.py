"""The settings in force for each document, until something changes: then the session makes a new `Configuration`."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.config.settings import Settings
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.saved_outputs import SavedOutputs
from mlwarden_lsp.settings import ClientSettings

if TYPE_CHECKING:
    from mlwarden.engine.project import Project
    from mlwarden_lsp.editor_config import EditorConfig


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
    """Where the settings for one workspace folder come from: the editor, then the nearest configuration file.

    Used from worker threads.

    Attributes:
        client: what the editor asks for.
        outputs: what is found in the saved outputs of notebooks.
        root: the folder; its configuration counts for documents that are no files. None where none is open.
    """

    def __init__(self, engine: Engine, client: ClientSettings, root: str | None) -> None:
        """Nothing is read before it is needed."""
        self.client, self.root = client, root
        self.outputs = SavedOutputs(engine)
        self._engine = engine
        self._lock = threading.Lock()
        self._sources: _Sources | None = None

    @property
    def project(self) -> Project | None:
        """The facts that documents share, read from files as they are now."""
        return self._made().project

    @property
    def files(self) -> EditorConfig:
        """The settings by path."""
        return self._made().files

    def of(self, path: str | None) -> InForce:
        """The settings for a file, which need not exist; for None, those of the workspace folder."""
        files = self._made().files
        settings, problem = files.look(os.path.dirname(path) if path is not None else self.root or ".")  # noqa: PTH120
        excluded = not self.client.enable or (path is not None and _excluded(path, files))
        return InForce(settings, problem, excluded)

    def _made(self) -> _Sources:
        with self._lock:
            if self._sources is None:
                from mlwarden_lsp.editor_config import EditorConfig

                files = EditorConfig(self.client, self.root, self._engine.codes())
                self._sources = _Sources(files, self._engine.project())
            return self._sources


class _Sources(NamedTuple):
    files: EditorConfig
    project: Project | None


def _excluded(path: str, files: EditorConfig) -> bool:
    """Whether the exclusions of the settings speak against an existing file that is of some kind by its name."""
    from mlwarden.source.discovery import discover
    from mlwarden.source.kinds import kind_by_name

    if kind_by_name(path) is None:
        return False
    return not list(discover([path], files.for_folder, force_exclude=True))
