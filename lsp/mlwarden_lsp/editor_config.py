"""`EditorConfig`: the library's search for configuration, with what only an editor needs of it."""

from __future__ import annotations

import os
from collections.abc import Set
from dataclasses import replace

from mlwarden.config.settings import Settings
from mlwarden.config.source import CommandLine, ConfigSource
from mlwarden.model.errors import ConfigError, UsageError
from mlwarden.model.levels import Severity
from mlwarden_lsp.settings import ClientSettings


class EditorConfig(ConfigSource):
    """Settings for any path; where a configuration file is wrong, those of the editor alone count.

    So the user still sees findings while mending it. It can be sent to another process.

    Attributes:
        problem: what is wrong with the editor's settings or the file they name, or "".
    """

    def __init__(self, client: ClientSettings, root: str | None, known: Set[str]) -> None:
        """`root` is the workspace folder, `known` the codes of all rules."""
        overrides, self.problem = client.overrides(), ""
        self._severities = tuple((code, Severity.parse(level)) for code, level in client.severities)
        try:
            self._alone = ConfigSource(overrides, isolated=True, known_codes=known)
        except UsageError as error:
            overrides, self.problem = CommandLine(), str(error)
            self._alone = ConfigSource(isolated=True, known_codes=known)
        try:
            super().__init__(overrides, client.config_file(root), known_codes=known)
        except ConfigError as error:
            self.problem = self.problem or str(error)
            super().__init__(overrides, isolated=True, known_codes=known)

    def look(self, folder: str) -> tuple[Settings, str]:
        """The settings for the files directly in a folder, and what is wrong with where they come from, or ""."""
        problem = self.problem
        try:
            settings = super().for_folder(folder)
        except ConfigError as error:
            settings, problem = self._alone.for_folder("."), problem or str(error)
        if self._severities:
            severities = {**dict(settings.severities), **dict(self._severities)}
            settings = replace(settings, severities=tuple(severities.items()))
        return settings, problem

    def for_folder(self, folder: str | os.PathLike[str]) -> Settings:
        """The settings for the files that lie directly in a folder."""
        return self.look(os.fspath(folder))[0]
