"""The environment with the tools that mlwarden is measured against."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PINNED = Path(__file__).with_name("peers.txt")
_PROGRAMS = {
    "Bandit": "bandit",
    "Ruff": "ruff",
    "Semgrep": "semgrep",
    "detect-secrets": "detect-secrets",
    "nbQA": "nbqa",
}


class PeerError(Exception):
    """A peer cannot be installed or does not run."""


def installed(folder: Path) -> Path:
    """The folder with the peers' programs; makes the environment if it isn't there or holds other versions.

    Raises:
        PeerError: they cannot be installed.
    """
    programs = folder / "bin"
    mark = folder / "peers.txt"
    pinned = PINNED.read_text(encoding="utf-8")
    if mark.is_file() and mark.read_text(encoding="utf-8") == pinned:
        return programs
    print(f"installing the peers into {folder}", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    _run(str(programs / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(PINNED))
    mark.write_text(pinned, encoding="utf-8")
    return programs


def versions(programs: Path, own: Path) -> dict[str, str]:
    """What each program says of its version.

    Raises:
        PeerError: one does not run.
    """
    found = {"mlwarden": _version(own / "mlwarden")}
    return found | {name: _version(programs / program) for name, program in _PROGRAMS.items()}


def _version(program: Path) -> str:
    words = _run(str(program), "--version").split()
    return next((word for word in words if word[:1].isdigit()), "?")


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except OSError as error:
        raise PeerError(f"{command[0]} does not run: {error}") from error
    except subprocess.CalledProcessError as error:
        raise PeerError(f"`{' '.join(command)}` failed:\n{error.stderr.strip()}") from error
