"""`Client`: what a session says to its editor, so that tests can listen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lsprotocol import types

from mlwarden_lsp.scans import Progress


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

    def watch_settings(self) -> None:
        """Ask to be told when the user changes settings."""

    async def configuration(self, scopes: Sequence[str | None]) -> Sequence[Any]:
        """Ask for the user's settings for workspace folders by their URIs, and for None."""

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        """Ask the client to make an edit; whether it did."""

    async def open(self, url: str) -> bool:
        """Ask the client to open a page outside; whether it did."""

    def progress(self, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]) -> Progress:
        """Show progress."""

    def partial(self, token: types.ProgressToken, value: Any) -> None:
        """Send a part of a result before the rest."""
