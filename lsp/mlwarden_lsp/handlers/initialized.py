"""The client is ready to be asked for things."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.INITIALIZED


def handle(session: Session, params: types.InitializedParams) -> None:
    """Ask to be told of changes to the files that findings depend on."""
    if session.features.watched_files:
        session.client.watch(WATCHED)


WATCHED = (
    "**/*.py",  # others import from it
    "**/{pyproject,mlwarden}.toml",
    "**/mlwarden-baseline.json",
    "**/*{requirements,constraints}*.{txt,in,lock}",
    "**/{setup.cfg,Pipfile,Pipfile.lock,poetry.lock,uv.lock,pdm.lock,pylock.*toml}",
    "**/*{environment,conda}*.{yml,yaml}",
)
