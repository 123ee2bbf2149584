"""The client is ready to be asked for things."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.INITIALIZED


async def handle(session: Session, params: types.InitializedParams) -> None:
    """Ask to be told of changes to the files that findings depend on, and for the user's settings."""
    if session.features.watched_files:
        session.client.watch(WATCHED)
    await session.started()


# Others import from Python files. The rest is for scans of the workspace, which watch what they have looked at.
WATCHED = (
    "**/*.{py,pyi,ipynb}",
    "**/{pyproject,mlwarden}.toml",
    "**/mlwarden-baseline.json",
    "**/*{requirements,constraints}*.{txt,in,lock}",
    "**/requirements/*.{txt,in}",
    "**/{setup.cfg,setup.py,Pipfile,Pipfile.lock,poetry.lock,uv.lock,pdm.lock,pylock.*toml}",
    "**/*{environment,conda}*.{yml,yaml}",
    "**/.env*",
    "**/*.{toml,yaml,yml,json,ini,cfg,sh}",
)
