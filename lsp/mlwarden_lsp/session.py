"""`Session`: all the state that a server has for its client. Handlers call it; it talks back through a `Client`."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar

from lsprotocol import types

from mlwarden.model.rule_info import DocumentKind
from mlwarden_lsp.analysis import Analysis, Shown, analyse
from mlwarden_lsp.checks import Checks
from mlwarden_lsp.client import Client
from mlwarden_lsp.code_places import is_config
from mlwarden_lsp.config_actions import Context
from mlwarden_lsp.convert import negotiated
from mlwarden_lsp.diagnostics import Rendering
from mlwarden_lsp.disk import Disk
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.features import Features, features_of
from mlwarden_lsp.garbage import Garbage
from mlwarden_lsp.paths import name_of, path_of, state_of, uri_of
from mlwarden_lsp.processes import Processes
from mlwarden_lsp.scans import Progress, Scans, Summary
from mlwarden_lsp.settings import Mode, Run, WorkspaceScan
from mlwarden_lsp.snapshot import NotebookSnapshot, Part, Snapshot
from mlwarden_lsp.store import Store
from mlwarden_lsp.workspace import Scope, Workspace

# How long the typing must pause before a check: short enough to feel live, long enough not to check every letter.
DEBOUNCE = 0.2
_CONFIG_NAMES = frozenset({"pyproject.toml", "mlwarden.toml", "mlwarden-baseline.json"})
_MOST_TOLD = 500
_FAILED_RULE = re.compile(r"\brule (\w+) failed\b")
_T = TypeVar("_T")


class Session:
    """The state of one client.

    Attributes:
        engine: where findings come from.
        client: whom to tell.
        store: what is open.
        checks: what is being checked.
        workspace: the folders and their settings.
        disk: what is known of files that are not open.
        scans: what finds that out.
        features: what the client can do.
        shut_down: the client has asked to shut down.
    """

    def __init__(
        self,
        engine: Engine,
        client: Client,
        executor: Executor,
        debounce: float = DEBOUNCE,
        processes: Callable[[int], Executor] = Processes,
        answering: Executor | None = None,
        garbage: Garbage | None = None,
    ) -> None:
        """Take the parts.

        Args:
            engine: what findings come from.
            client: whom to tell.
            executor: where open documents are checked.
            debounce: how long the typing must pause.
            processes: makes what a scan of the workspace runs on.
            answering: where requests are answered, and files looked for, so that neither waits for checks; `executor` by
                default.
            garbage: what collects it; by default the interpreter does, whenever it thinks fit.
        """
        self.engine, self.client = engine, client
        self.store = Store()
        self.checks = Checks(executor, self.store.snapshot, self.check, self._checked, self._failed)
        self.workspace = Workspace(engine)
        self.disk = Disk(client.publish, lambda uri: self.store.holds_file(path_of(uri)))
        self._answering, self._garbage = answering or executor, garbage
        self.scans = Scans(
            engine, self.workspace, self.disk, self, self._answering, processes, self.rendering, debounce
        )
        self.features = Features()
        self.shut_down = False
        self._debounce = debounce
        self._asked = 0
        self._told: set[str] = set()
        self._saved: dict[str, tuple[int, int, int]] = {}
        self._empty: dict[str, int | None] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    # --- the client introduces itself, changes its mind, leaves ---------------------------------------------

    def start(self, params: types.InitializeParams) -> None:
        """Take what the client says of itself."""
        general = params.capabilities.general
        self.store.encoding = negotiated(general.position_encodings if general is not None else None)
        self.features = features_of(params.capabilities)
        folders = [folder.uri for folder in params.workspace_folders or ()]
        if not folders and params.root_uri is not None:
            folders = [params.root_uri]
        elif not folders and params.root_path:
            folders = [uri_of(params.root_path)]
        self.workspace.start(folders, params.initialization_options)
        self.disk.pulls = self.pulls
        self._show_problems()

    async def started(self) -> None:
        """The client is ready to be asked: for its settings for each folder, and to tell of changes to them."""
        if self.features.configuration_registration:
            self.client.watch_settings()
        await self.settings_changed(None)

    @property
    def pulls(self) -> bool:
        """Whether the client pulls diagnostics instead of being sent them."""
        return self.workspace.mode is Mode.PULL and self.features.pull_diagnostics

    async def settings_changed(self, sent: Any) -> None:
        """The user has other settings now, those that were sent, if any, and those that the client answers with."""
        self.workspace.send(sent)
        self._asked += 1
        asked = self._asked
        pulled = await self._pulled() if self.features.configuration else None
        if asked != self._asked:
            return  # a newer request is under way
        if self.workspace.take(pulled):
            self._reconfigure()
        self._show_problems()
        if not self.scans.wanted and any(map(_scans_on_start, self.workspace.folders)):
            self.keep(asyncio.ensure_future(self.scans.full(included=_scans_on_start)))

    async def _pulled(self) -> Mapping[str | None, Any] | None:
        scopes = [*self.workspace.uris, None]
        try:
            return dict(zip(scopes, await self.client.configuration(scopes), strict=False))
        except Exception as error:  # whatever a client answers instead of settings
            self._log_once(f"the client gave no settings: {type(error).__name__}", types.MessageType.Info)
            return None

    async def folders_changed(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Other workspace folders are open."""
        if self.workspace.change_folders(added, removed):
            self._reconfigure()
            await self.settings_changed(None)

    def files_changed(self, uris: Iterable[str]) -> None:
        """Files were saved or changed on disk: what they touch is checked again."""
        uris = [uri for uri in uris if not self._is_old_news(uri)]
        names = {name_of(uri) for uri in uris}
        everything = any(map(_concerns_all, names))
        if any(map(_matters, names)):
            if names & _CONFIG_NAMES:
                self._told.clear()
            self._reconfigure(scan=everything)
        if not everything:
            self.scans.files_changed(path for uri in uris if (path := path_of(uri)) is not None)

    def _is_old_news(self, uri: str) -> bool:
        """Whether the file is as it was when the editor said that it had saved it: its watcher says so again."""
        path = path_of(uri)
        saved = self._saved.pop(path, None) if path is not None else None
        return path is not None and saved is not None and saved == state_of(path)

    def stop(self) -> None:
        """The client will ask for nothing more."""
        self.shut_down = True
        self.checks.close()
        self.scans.close()
        if self._garbage is not None:
            self._garbage.stop()

    def _show_problems(self) -> None:
        for problem in self.workspace.problems:
            self._show_once(problem, types.MessageType.Warning)

    def _reconfigure(self, scan: bool = True) -> None:
        """What is known of configuration, dependencies and sibling modules is outdated."""
        self.workspace.refresh()
        self.checks.outdate()
        if scan:
            self.scans.again()
        if self.pulls:
            self.client.refresh()
            return
        for uri in self.store.uris():
            self.checks.schedule(uri, 0)

    # --- documents --------------------------------------------------------------------------------------------

    def opened(self, uri: str) -> None:
        """A document or notebook was opened."""
        if not self.pulls:
            self.checks.schedule(uri, 0)

    def changed(self, uri: str) -> None:
        """A document or notebook was edited."""
        if self.pulls:
            return
        if self.workspace.of(uri).settings.run is Run.ON_TYPE:
            self.checks.schedule(uri, self._debounce)
        else:
            self.checks.rerun(uri)

    def saved(self, uri: str) -> None:
        """A document or notebook was saved."""
        if not self.pulls:
            self.checks.schedule(uri, 0)
        self.files_changed([uri])
        path = path_of(uri)
        state = state_of(path) if path is not None else None
        if path is not None and state is not None:
            self._saved[path] = state

    def closed(self, uri: str, texts: Iterable[str]) -> None:
        """A document or notebook was closed; of its texts nothing is known any more, of its file what a scan found."""
        self.checks.forget(uri)
        self.removed(texts)
        self.disk.closed(uri)

    def removed(self, texts: Iterable[str]) -> None:
        """These texts are gone: their diagnostics must go, too."""
        for uri in texts:
            self._empty.pop(uri, None)
            self.client.publish(uri, None, [])

    def unknown(self, method: str, uri: str) -> None:
        """The client speaks of a document that it has not opened."""
        self.client.log(f"{method}: {uri} is not open", types.MessageType.Warning)

    async def analysis(self, uri: str) -> Analysis | None:
        """What is known of the document that a URI belongs to, for its present state; None if there is nothing.

        Where documents are checked on saving only, an edited one has none.
        """
        owner = self.store.owner(uri)
        if owner is None:
            return None
        if self.workspace.of(owner).settings.run is Run.ON_SAVE and not self.pulls:
            return self.checks.latest(owner)
        return await self.checks.current(owner)

    def part(self, uri: str) -> Part | None:
        """The text with this URI as it is now; None if it is not open."""
        owner = self.store.owner(uri)
        snapshot = self.store.snapshot(owner) if owner is not None else None
        return next((part for part in snapshot.parts if part.uri == uri), None) if snapshot is not None else None

    def shown(self, uri: str) -> list[Shown]:
        """The findings in a text as far as they are known; they may be those of an earlier state of it."""
        analysis = self.checks.last(self.store.owner(uri) or "")
        return analysis.of_part(uri) if analysis is not None else []

    def is_config(self, uri: str) -> bool:
        """Whether a document is a configuration file: by its name, or because the settings name it."""
        scope = self.workspace.of(uri)
        chosen = scope.settings.config_file(scope.configuration.root)
        return is_config(uri) or (chosen is not None and str(chosen) == path_of(uri))

    def context(self, uri: str) -> Context:
        """What actions on a document need to know beside it."""
        scope = self.workspace.of(uri)
        parts = [part for uri in self.store.uris() if self.is_config(uri) and (part := self.part(uri)) is not None]
        return Context(
            root=scope.configuration.root,
            configs={path: part for part in parts if (path := path_of(part.uri)) is not None},
            create_files=self.features.create_files,
            overruled=scope.settings.select is not None,
            reason=scope.settings.suppression_reason,
        )

    async def in_worker(self, run: Callable[[], _T]) -> _T:
        """Run something that takes its time where it holds up no messages."""
        return await asyncio.get_running_loop().run_in_executor(self._answering, run)

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Keep a task alive until it is done; its failure is logged."""
        self._tasks.add(task)
        task.add_done_callback(self._dropped)

    def _dropped(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log_once(f"the client refused a request: {type(error).__name__}", types.MessageType.Info)

    # --- checks -----------------------------------------------------------------------------------------------

    def rendering(self, scope: Scope) -> Rendering:
        """How the client wants the diagnostics for a folder."""
        features = self.features
        levels = scope.settings.severity_map
        return Rendering(self.store.encoding, self.engine.url, features.related_information, features.tags, levels)

    def check(self, snapshot: Snapshot, stopped: Callable[[], bool] | None = None) -> Analysis:
        """Check a snapshot, in a worker thread.

        Raises:
            StoppedError: `stopped` said that nobody waits for the result any more.
        """
        scope = self.workspace.of(snapshot.uri)
        try:
            return analyse(snapshot, self.engine, scope.configuration, self.rendering(scope), stopped)
        finally:
            if self._garbage is not None:
                self._garbage.collect()

    async def scan(self, token: types.ProgressToken | None = None) -> Summary | None:
        """Check all files of the workspace; None where the user put an end to it."""
        return await self.scans.full(token)

    def progress(self, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]) -> Progress:
        """Show the progress of a scan."""
        return self.client.progress(title, token, cancel)

    def failed(self, message: str) -> None:
        """A rule failed: every case is logged, the user is told of each rule once; all other findings stand."""
        self._log_once(message)
        rule = _FAILED_RULE.search(message)
        self._show_once(f"mlwarden: rule {rule[1]} failed; the log says more" if rule else f"mlwarden: {message}")

    def _checked(self, analysis: Analysis) -> None:
        if self._garbage is not None:
            self._garbage.used()
        if analysis.config_problem:
            self._show_once(f"mlwarden: {analysis.config_problem}")
        for failure in analysis.failures:
            self.failed(failure)
        if self.pulls:
            return
        self._publish(analysis)

    def _publish(self, analysis: Analysis) -> None:
        """Tell the client of every text, but not again of each cell in which nothing was found and nothing is."""
        by_uri: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in analysis.snapshot.parts}
        for shown in analysis.shown:
            by_uri[shown.place.part.uri].append(shown.diagnostic)
        known = self._empty if isinstance(analysis.snapshot, NotebookSnapshot) else {}
        for part in analysis.snapshot.parts:
            diagnostics = by_uri[part.uri]
            if not diagnostics and part.uri in known and known[part.uri] == part.version:
                continue
            self.client.publish(part.uri, part.version, diagnostics)
            if diagnostics:
                known.pop(part.uri, None)
            else:
                known[part.uri] = part.version

    def _failed(self, uri: str, error: BaseException) -> None:
        # The exception's text may quote the document, secrets and all: the log gets its type and where it was raised.
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        where = " < ".join(f"{frame.name} ({name_of(frame.filename)}:{frame.lineno})" for frame in reversed(frames))
        self._log_once(f"checking {uri} failed: {type(error).__name__} in {where}")

    def _show_once(self, message: str, level: types.MessageType = types.MessageType.Error) -> None:
        if self._is_new(f"show {message}"):
            self.client.show(message, level)

    def _log_once(self, message: str, level: types.MessageType = types.MessageType.Error) -> None:
        if self._is_new(message):
            self.client.log(message, level)

    def _is_new(self, message: str) -> bool:
        if message in self._told:
            return False
        if len(self._told) < _MOST_TOLD:
            self._told.add(message)
        return True


def _scans_on_start(scope: Scope) -> bool:
    return scope.settings.workspace_scan is WorkspaceScan.ON_START


def _matters(name: str) -> bool:
    """Whether what findings depend on may stand in a file of this name."""
    from mlwarden.source.kinds import kind_by_name

    # Python files, too: others import from them.
    return _concerns_all(name) or kind_by_name(name) is DocumentKind.PYTHON


def _concerns_all(name: str) -> bool:
    """Whether a file of this name counts for files that do not speak of it."""
    from mlwarden.source.kinds import kind_by_name

    return name in _CONFIG_NAMES or kind_by_name(name) is DocumentKind.DEPENDENCIES
