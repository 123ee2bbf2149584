"""Build the corpus that speed is measured on: 23 published packages of machine-learning code, pinned by their hashes.

usage: python -m benchmarks.corpus [FOLDER] [--archives FOLDER]

    FOLDER/py/<name>-<version>/...   the Python files of 20 wheels and 3 source distributions
    FOLDER/nb/<name>-<version>/...   the notebooks of the 3 source distributions
    FOLDER/py1500, FOLDER/py150      every k-th of the Python files, 1,500 of them, and every tenth of those
    FOLDER/packages.tsv              files, lines and bytes of each package

Which archives: corpus_archives.txt, in the format of sha256sum. They are kept in FOLDER/archives, or where `--archives`
says; those that are there already are not fetched again. Wheels come by `pip download`. Source distributions come from
the same index, but not by pip: even to download one it runs its build backend. Nothing of the packages is run, imported
or installed here; archives are read by `zipfile` and `tarfile`.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ARCHIVES = Path(__file__).with_name("corpus_archives.txt")
SUBSET, TENTH = 1500, 10
_COMPLETE = "complete"
# The wheels are those for CPython 3.11 on x86-64 Linux wherever the corpus is built: it is the same everywhere.
_TARGET = (
    *("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--abi", "abi3", "--abi", "none"),
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_27_x86_64"),
    *("--platform", "manylinux_2_24_x86_64", "--platform", "manylinux2014_x86_64", "--platform", "any"),
)
_SIMPLE_API = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


class CorpusError(Exception):
    """The corpus cannot be built."""


class Archive(NamedTuple):
    """A file of the package index, and its SHA-256."""

    file: str
    sha256: str

    @property
    def is_wheel(self) -> bool:
        return self.file.endswith(".whl")

    @property
    def name(self) -> str:
        """The project's name."""
        return self._parts[0]

    @property
    def version(self) -> str:
        return self._parts[1]

    @property
    def folder(self) -> str:
        """Where its files lie in the corpus."""
        return f"{self.name}-{self.version}"

    @property
    def _parts(self) -> list[str]:
        return self.file.removesuffix(".tar.gz").split("-")[:2]


class Count(NamedTuple):
    """What a package holds of one kind."""

    kind: str
    package: str
    files: int
    lines: int
    size: int


def archives() -> list[Archive]:
    """The archives of the corpus, by file name."""
    lines = ARCHIVES.read_text(encoding="utf-8").splitlines()
    return sorted(Archive(file, digest) for digest, file in (line.split() for line in lines))


def build(folder: Path, store: Path, chosen: Iterable[Archive]) -> None:
    """Build the corpus in a folder, unless it is there.

    Args:
        folder: where; what an interrupted run left there is made anew.
        store: where the archives are kept.
        chosen: of which archives it consists.

    Raises:
        CorpusError: an archive cannot be had or is not the pinned one.
    """
    pinned = list(chosen)
    mark = folder / _COMPLETE
    wanted = "".join(f"{archive.sha256}  {archive.file}\n" for archive in pinned)
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return
    fetch(pinned, store)
    for kind in ("py", "nb", f"py{SUBSET}", f"py{SUBSET // TENTH}"):
        shutil.rmtree(folder / kind, ignore_errors=True)
    counts = [count for archive in pinned for count in unpack(store / archive.file, archive, folder)]
    rows = ["\t".join(map(str, count)) for count in counts]
    (folder / "packages.tsv").write_text("\n".join(["kind\tpackage\tfiles\tlines\tbytes", *rows, ""]), encoding="utf-8")
    make_subsets(folder)
    mark.write_text(wanted, encoding="utf-8")


def fetch(pinned: list[Archive], store: Path) -> None:
    """Bring the archives that are missing into a folder, and verify all of them.

    Raises:
        CorpusError: an archive cannot be had or is not the pinned one.
    """
    store.mkdir(parents=True, exist_ok=True)
    missing = [archive for archive in pinned if not (store / archive.file).is_file()]
    wheels = [f"{archive.name}=={archive.version}" for archive in missing if archive.is_wheel]
    if wheels:
        print(f"fetching {len(wheels)} wheels", file=sys.stderr)
        _pip("download", "--no-deps", "--only-binary", ":all:", *_TARGET, "--dest", str(store), *wheels)
    for archive in missing:
        if not archive.is_wheel:
            print(f"fetching {archive.file}", file=sys.stderr)
            _fetch_from_index(archive, store / archive.file)
    for archive in pinned:
        verify(store / archive.file, archive)


def verify(path: Path, archive: Archive) -> None:
    """Compare a file with its pinned hash.

    Raises:
        CorpusError: it is missing, or another.
    """
    if not path.is_file():
        raise CorpusError(f"the index has no {archive.file}")
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != archive.sha256:
        raise CorpusError(f"{path} has the SHA-256 {digest.hexdigest()}, not {archive.sha256}")


def unpack(path: Path, archive: Archive, folder: Path) -> list[Count]:
    """Write the Python files and notebooks of an archive into the corpus; returns how much that is."""
    totals = {"py": [0, 0, 0], "nb": [0, 0, 0]}
    for name, content in _wheel(path) if archive.is_wheel else _sdist(path):
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\\" in name or ":" in name:
            continue
        kind = "py" if inside.suffix == ".py" else "nb"
        target = folder / kind / archive.folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        for index, number in enumerate((1, content.count(b"\n"), len(content))):
            totals[kind][index] += number
    return [Count(kind, archive.folder, *total) for kind, total in totals.items() if total[0]]


def make_subsets(folder: Path) -> None:
    """Link an even choice of the Python files into trees of their own, for tools that take a folder."""
    root = folder / "py"
    paths = sorted(root.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix())
    step = len(paths) / SUBSET
    subset = [paths[int(number * step)] for number in range(SUBSET)] if step > 1 else paths
    for name, files in ((f"py{SUBSET}", subset), (f"py{SUBSET // TENTH}", subset[::TENTH])):
        for path in files:
            target = folder / name / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def _wheel(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as file:
        for member in file.infolist():
            if _is_wanted(member.filename):
                yield member.filename, file.read(member)


def _sdist(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and _is_wanted(member.name):
                file = tar.extractfile(member)
                assert file is not None
                yield member.name.partition("/")[2], file.read()  # without the folder that holds everything


def _is_wanted(name: str) -> bool:
    return name.endswith((".py", ".ipynb"))


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise CorpusError(f"`{' '.join(command)}` failed:\n{done.stderr.strip()}")
    return done.stdout.strip()


def _index() -> str:
    """The package index that pip is configured for."""
    chosen = os.environ.get("PIP_INDEX_URL")
    if not chosen:
        try:
            chosen = _pip("config", "get", "global.index-url")
        except CorpusError:  # pip's way to say that nothing is set
            chosen = ""
    return chosen or "https://pypi.org/simple"


def _fetch_from_index(archive: Archive, path: Path) -> None:
    page = f"{_index().rstrip('/')}/{re.sub(r'[-_.]+', '-', archive.name).lower()}/"
    try:
        with urllib.request.urlopen(urllib.request.Request(page, headers={"Accept": _SIMPLE_API})) as answer:
            address = address_in(answer.read().decode("utf-8"), answer.headers.get_content_type(), page, archive.file)
        partial = path.with_name(f"{path.name}.partial")
        with urllib.request.urlopen(address) as answer, partial.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, ValueError) as error:
        raise CorpusError(f"{archive.file} cannot be fetched: {error}") from error
    partial.rename(path)


def address_in(text: str, content_type: str, page: str, file: str) -> str:
    """The address of a file, from a page of the index, in JSON (PEP 691) or HTML (PEP 503).

    Raises:
        ValueError: the page does not name it.
    """
    if content_type.endswith("json"):
        links = [str(each["url"]) for each in json.loads(text)["files"]]
    else:
        links = [html.unescape(link) for link in _LINK.findall(text)]
    for link in links:
        address = urllib.parse.urljoin(page, link.partition("#")[0])
        if urllib.parse.unquote(urllib.parse.urlsplit(address).path).rpartition("/")[2] == file:
            return address
    raise ValueError(f"the index does not name {file}")


def main(argv: list[str]) -> int:
    """Build; returns 1 if that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/bench/corpus"))
    parser.add_argument("--archives", type=Path, metavar="FOLDER")
    arguments = parser.parse_args(argv)
    try:
        build(arguments.folder, arguments.archives or arguments.folder / "archives", archives())
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    print((arguments.folder / "packages.tsv").read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
