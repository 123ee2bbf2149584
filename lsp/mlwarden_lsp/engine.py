"""What the server asks of the library, so that tests can put something small in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from mlwarden.config.settings import Settings
from mlwarden.model.results import FileResult
from mlwarden.source.documents import Document, PlainText
from mlwarden.source.problems import Problem

if TYPE_CHECKING:
    from mlwarden.config.source import ConfigSource
    from mlwarden.engine.project import Project
    from mlwarden.model.rule_info import RuleInfo
    from mlwarden.source.discovery import DiscoveredFile


class Engine(Protocol):
    """The library, as far as the server uses it. All of it is called from worker threads."""

    def codes(self) -> frozenset[str]:
        """The codes of all rules."""

    def project(self) -> Project | None:
        """A new, empty collection of facts that documents share until a configuration or dependency file changes."""

    def check(
        self, document: Document, settings: Settings, project: Project | None, stopped: Callable[[], bool] | None = None
    ) -> FileResult:
        """The findings of a document.

        Raises:
            StoppedError: `stopped` said that nobody waits for them any more.
        """

    def check_files(self, files: Iterable[DiscoveredFile], config: ConfigSource, scan_id: str) -> Iterator[FileResult]:
        """The findings of files as they are on disk; facts beyond one file are kept for all calls of one scan."""

    def rules(self) -> Mapping[str, RuleInfo]:
        """What there is to know of each rule without importing it, by code, in order."""

    def refuse(self, document: PlainText, problem: Problem, settings: Settings, project: Project | None) -> FileResult:
        """The finding that says why the text could not be made into the document that it is meant to be."""

    def page(self, code: str) -> str:
        """A rule's page in Markdown; "" if there is none."""

    def url(self, code: str) -> str:
        """The address of a rule's page; "" if there is none."""


class MlwardenEngine:
    """The library itself. It is imported when it is first needed, not while the client waits for an answer."""

    def codes(self) -> frozenset[str]:
        """The codes of all rules."""
        from mlwarden.rules.registry import every_rule

        return frozenset(info.code for info in every_rule())

    def project(self) -> Project:
        """Facts beyond one document, found once per folder."""
        from mlwarden.engine.memory import Memory
        from mlwarden.engine.project import Project

        return Project(memory=Memory())

    def check(
        self, document: Document, settings: Settings, project: Project | None, stopped: Callable[[], bool] | None = None
    ) -> FileResult:
        """The findings of a document, by the code that the command line runs."""
        from mlwarden.engine.check import check_document

        return check_document(document, None, settings, project, stopped)

    def check_files(self, files: Iterable[DiscoveredFile], config: ConfigSource, scan_id: str) -> Iterator[FileResult]:
        """The findings of files as they are on disk, by the code that the command line runs."""
        from mlwarden.engine.check import check, problem_result
        from mlwarden.model.results import SourceFile
        from mlwarden.source.reading import read

        project = _project_of(scan_id)
        for file in files:
            settings = config.for_path(file.location)
            content = file.problem or read(file.location)
            if isinstance(content, Problem):
                yield problem_result(file.path, content, settings, None, project)
            else:
                yield check(SourceFile(file.path, content), settings, project)

    def rules(self) -> Mapping[str, RuleInfo]:
        """What there is to know of each rule without importing it, by code, in order."""
        return _rules()

    def refuse(self, document: PlainText, problem: Problem, settings: Settings, project: Project | None) -> FileResult:
        """The finding that says why the text could not be made into the document that it is meant to be."""
        from mlwarden.engine.check import problem_result

        content = document.text.encode("utf-8")
        return problem_result(document.path, problem, settings, content, project or self.project())

    def page(self, code: str) -> str:
        """A rule's page in Markdown; "" if there is no such rule."""
        from mlwarden.model.errors import UsageError
        from mlwarden.rules.registry import rule_page

        try:
            return rule_page(code)
        except UsageError:
            return ""

    def url(self, code: str) -> str:
        """The address of a rule's page; "" if there is no such rule."""
        from mlwarden.rules.registry import info_of

        info = info_of(code)
        if info is None:
            return ""
        if not info.module:
            from mlwarden.bandit_engine import url

            return url(code)
        return info.url


@lru_cache(maxsize=1)
def _project_of(scan_id: str) -> Project:
    """A worker's facts of the projects, for all files of one scan; a later scan looks at the files anew."""
    from mlwarden.engine.project import Project

    return Project()


@lru_cache(maxsize=1)
def _rules() -> Mapping[str, RuleInfo]:
    from mlwarden.rules.registry import every_rule

    return {info.code: info for info in sorted(every_rule(), key=lambda info: info.code)}
