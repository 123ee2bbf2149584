"""`Session`: all the state that a server has for its client. Handlers call it; it talks back through a `Client`."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any, Protocol, TypeVar

from lsprotocol import types

from mlwarden.model.rule_info import DocumentKind
from mlwarden_lsp.analysis import Analysis, analyse
from mlwarden_lsp.checks import Checks
from mlwarden_lsp.configuration import Configuration
from mlwarden_lsp.convert import negotiated
from mlwarden_lsp.diagnostics import Rendering
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.features import Features, features_of
from mlwarden_lsp.paths import name_of, path_of
from mlwarden_lsp.settings import ClientSettings, Mode, Run, parse
from mlwarden_lsp.snapshot import Snapshot
from mlwarden_lsp.store import Store

# How long the typing must pause before a check: short enough to feel live, long enough not to check every letter.
DEBOUNCE = 0.2
_CONFIG_NAMES = frozenset({"pyproject.toml", "mlwarden.toml", "mlwarden-baseline.json"})
_MOST_TOLD = 500
_T = TypeVar("_T")


class Client(Protocol):
    """What the session says to the editor. Called on the event loop only."""

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Replace the diagnostics of a text."""

    def log(self, message: str, level: types.MessageType) -> None:
        """Write to the log that users look into when something is wrong."""

    def show(self, message: str, level: types.MessageType) -> None:
        """Tell the user now."""

    def refresh(self) -> None:
        """Ask the client to pull all diagnostics again."""

    def watch(self, globs: Sequence[str]) -> None:
        """Ask to be told when files change."""

    async def configuration(self) -> Any:
        """Ask for the user's settings."""


class Session:
    """The state of one client.

    Attributes:
        engine: where findings come from.
        client: whom to tell.
        store: what is open.
        checks: what is being checked.
        client_settings: what the editor asks for.
        features: what the client can do.
        shut_down: the client has asked to shut down.
    """

    def __init__(self, engine: Engine, client: Client, executor: Executor, debounce: float = DEBOUNCE) -> None:
        """`engine` is what findings come from, `executor` where it runs."""
        self.engine = engine
        self.store = Store()
        self.checks = Checks(executor, self.store.snapshot, self.check, self._checked, self._failed)
        self.client_settings = ClientSettings()
        self.features = Features()
        self.shut_down = False
        self.client = client
        self._executor, self._debounce = executor, debounce
        self._folders: list[str] = []
        self._configuration = Configuration(engine, self.client_settings, None)
        self._told: set[str] = set()
        self._tasks: set[asyncio.Future[Any]] = set()

    # --- the client introduces itself, changes its mind, leaves ---------------------------------------------

    def start(self, params: types.InitializeParams) -> None:
        """Take what the client says of itself."""
        general = params.capabilities.general
        self.store.encoding = negotiated(general.position_encodings if general is not None else None)
        self.features = features_of(params.capabilities)
        self._folders = [folder.uri for folder in params.workspace_folders or ()]
        if not self._folders and params.root_uri is not None:
            self._folders = [params.root_uri]
        self._take(params.initialization_options)

    @property
    def pulls(self) -> bool:
        """Whether the client pulls diagnostics instead of being sent them."""
        return self.client_settings.mode is Mode.PULL and self.features.pull_diagnostics

    def settings_changed(self, sent: Any) -> None:
        """The user has other settings now; how diagnostics travel was agreed on at the start and stays."""
        self._take(sent, mode=self.client_settings.mode)
        self._reconfigure()

    def folders_changed(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Other workspace folders are open; the first one counts for documents that are no files."""
        gone = set(removed)
        before = self._root
        self._folders = [uri for uri in self._folders if uri not in gone] + [uri for uri in added if uri not in gone]
        if self._root != before:
            self._reconfigure()

    @property
    def _root(self) -> str | None:
        return next((path for uri in self._folders if (path := path_of(uri)) is not None), None)

    def files_changed(self, uris: Iterable[str]) -> None:
        """Files were saved or changed on disk: what is known of configuration, dependencies and sibling modules may be outdated."""
        names = {name_of(uri) for uri in uris}
        if not any(map(_matters, names)):
            return
        if names & _CONFIG_NAMES:
            self._told.clear()
        self._reconfigure()

    def stop(self) -> None:
        """The client will ask for nothing more."""
        self.shut_down = True
        self.checks.close()

    def _take(self, sent: Any, mode: Mode | None = None) -> None:
        parsed = parse(sent, mode)
        self.client_settings = parsed.settings
        for problem in parsed.problems:
            self._show_once(problem, types.MessageType.Warning)
        self._configuration = Configuration(self.engine, self.client_settings, self._root)

    def _reconfigure(self) -> None:
        self._configuration = Configuration(self.engine, self.client_settings, self._root)
        self.checks.outdate()
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
        if self.client_settings.run is Run.ON_TYPE:
            self.checks.schedule(uri, self._debounce)
        else:
            self.checks.rerun(uri)

    def saved(self, uri: str) -> None:
        """A document or notebook was saved."""
        if not self.pulls:
            self.checks.schedule(uri, 0)
        self.files_changed([uri])

    def closed(self, uri: str, texts: Iterable[str]) -> None:
        """A document or notebook was closed; nothing is known of its texts any more."""
        self.checks.forget(uri)
        self.removed(texts)

    def removed(self, texts: Iterable[str]) -> None:
        """These texts are gone: their diagnostics must go, too."""
        for uri in texts:
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
        if self.client_settings.run is Run.ON_SAVE and not self.pulls:
            return self.checks.latest(owner)
        return await self.checks.current(owner)

    async def in_worker(self, run: Callable[[], _T]) -> _T:
        """Run something that takes its time where it holds up no messages."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Keep a task alive until it is done; its failure is logged."""
        self._tasks.add(task)
        task.add_done_callback(self._dropped)

    def _dropped(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log_once(f"the client refused a request: {type(error).__name__}", types.MessageType.Info)

    # --- checks -----------------------------------------------------------------------------------------------

    def check(self, snapshot: Snapshot) -> Analysis:
        """Check a snapshot, in a worker thread."""
        rendering = Rendering(self.store.encoding, self.engine.url, self.features.related_information)
        return analyse(snapshot, self.engine, self._configuration, rendering)

    def _checked(self, analysis: Analysis) -> None:
        if analysis.config_problem:
            self._show_once(f"mlwarden: {analysis.config_problem}")
        for failure in analysis.failures:
            self._log_once(failure)
        if self.pulls:
            return
        for part in analysis.snapshot.parts:
            diagnostics = [shown.diagnostic for shown in analysis.of_part(part.uri)]
            self.client.publish(part.uri, part.version, diagnostics)

    def _failed(self, uri: str, error: BaseException) -> None:
        # The exception's text may quote the document, secrets and all: the log gets its type and where it was raised.
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        where = " < ".join(f"{frame.name} ({name_of(frame.filename)}:{frame.lineno})" for frame in reversed(frames))
        self._log_once(f"checking {uri} failed: {type(error).__name__} in {where}")

    def _show_once(self, message: str, level: types.MessageType = types.MessageType.Error) -> None:
        if self._is_new(message):
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


def _matters(name: str) -> bool:
    """Whether what findings depend on may stand in a file of this name."""
    from mlwarden.source.kinds import kind_by_name

    # Python files, too: others import from them.
    return name in _CONFIG_NAMES or kind_by_name(name) in {DocumentKind.DEPENDENCIES, DocumentKind.PYTHON}
