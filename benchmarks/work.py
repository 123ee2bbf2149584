"""Count the work of fixed checks: what is parsed, imported and called, not how long it takes.

usage: python benchmarks/work.py            the counts, beside those that are recorded
       python benchmarks/work.py --write    record them (tests/benchmarks/work.json)

Each check runs in a process of its own, with string hashes fixed, so that the counts are the same from run to run.
`tests/benchmarks/test_work.py` fails when a count grows by more than a twentieth. Where that is the price of something
worth it, record the new counts with `--write`, commit them with the change, and say in its message what it buys.

checks:
  demo       the demo project, all rules that are on by default
  clean      the hook on one file that holds no rule's word
  long       one file with 400 functions of which one matters, as `double` with 800
  siblings   a package of 40 modules that import each other, and one that calls a dangerous function of another
  notebook   60 cells, of which one matters

counts:
  lean trees, characters                            what was read without libcst's parser
  libcst documents, fragments, characters, nodes    what libcst was given, and the nodes that it made of it
  syntax trees                                      texts that the standard library's parser was given
  modules, own modules                              modules imported by the end, of which mlwarden's
  calls, calls of PACKAGE                           calls of functions in mlwarden's files, comprehensions not counted
"""

from __future__ import annotations

import argparse
import ast
import builtins
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "benchmarks" / "work.json"
# What no check of a clean file may import.
HEAVY = ("bandit", "detect_secrets", "libcst", "nbformat", "pygls", "rich")
GROWTH, SHRINKAGE = 1.05, 0.7
SLACK = 25  # a few more folders above a temporary folder are a few more calls
Counts = dict[str, int]

CLEAN = "def add(first, second):\n    return first + second\n\n\ndef twice(number):\n    return add(number, number)\n"
DANGEROUS = "import pickle\n\n\ndef read(path):\n    with open(path, 'rb') as file:\n        return pickle.load(file)\n"


def long_module(functions: int) -> str:
    """A module of many functions, with a dangerous one in the middle."""
    parts = ["import pickle\n"]
    for number in range(functions):
        if number == functions // 2:
            parts.append("\n\ndef restored(file):\n    return pickle.load(file)\n")
        parts.append(
            f"\n\ndef step_{number}(batch, rate={number}):\n    total = 0\n    for item in batch:\n"
            f"        if item > rate:\n            total += item * {number}\n    return total\n"
        )
    return "".join(parts)


def package() -> dict[str, str]:
    """A package whose modules import each other."""
    files = {"__init__.py": "", "store.py": DANGEROUS}
    for number in range(40):
        imports = f"from package.m{(number + 1) % 40:02} import helper_{(number + 1) % 40}\n"
        body = f"\n\ndef helper_{number}(value):\n    return helper_{(number + 1) % 40}(value) + {number}\n"
        files[f"m{number:02}.py"] = imports + body
    files["main.py"] = (
        "from package.store import read\nfrom package.m00 import helper_0\n\n\ndef main(path):\n"
        "    return helper_0(read(path))\n"
    )
    return {f"package/{name}": text for name, text in files.items()}


def notebook() -> str:
    """A notebook of many cells."""
    sources = [
        f"value_{number} = [item * {number} for item in range(10)]\nprint(value_{number})" for number in range(60)
    ]
    sources[30] = "import torch\nmodel = torch.load('model.bin', weights_only=False)"
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


# Check -> the files that it is about; none for those of the demo project.
CHECKS: dict[str, Callable[[], dict[str, str]]] = {
    "demo": dict,
    "clean": lambda: {"clean.py": CLEAN},
    "long": lambda: {"long.py": long_module(400)},
    "double": lambda: {"long.py": long_module(800)},
    "siblings": package,
    "notebook": lambda: {"notebook.ipynb": notebook()},
}


def laid_down(check: str, folder: Path) -> list[str]:
    """Write the files of a check; returns what to name to mlwarden."""
    if check == "demo":
        # A copy by itself: nothing of the repository around it counts.
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        return ["examples"]
    for name, text in CHECKS[check]().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return ["clean.py"] if check == "clean" else ["."]


def counted(check: str, folder: Path) -> Counts:
    """Run a check on its files, in a process of its own, and count.

    Args:
        check: one of `CHECKS`.
        folder: an empty folder for its files.
    """
    targets = laid_down(check, folder)
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    # Whatever measures the tests must not count itself here, and bytecode is not to be written on one run only.
    for name in ("COVERAGE_PROCESS_START", "PYTHONPROFILEIMPORTTIME", "PYTHONTRACEMALLOC"):
        environment.pop(name, None)
    command = [sys.executable, str(Path(__file__).resolve()), "--count", check, *targets]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    counts: Counts = json.loads(done.stdout)
    return counts


def count(check: str, targets: list[str]) -> Counts:
    """Run a check in this process and count."""
    arguments = ["--isolated", "--no-cache", "--jobs", "1", "--exit-zero", *targets]
    counts: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        if check != "clean":  # there, libcst must not even be imported
            stack.enter_context(counting_libcst(counts))
            stack.enter_context(counting_lean_trees(counts))
        stack.enter_context(counting_syntax_trees(counts))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(counting_calls(counts))
        status = _run(check, arguments)
    if status:
        raise SystemExit(f"mlwarden ended with {status}")
    counts["modules"] = len(sys.modules)
    counts["own modules"] = sum(name.partition(".")[0] in ("mlwarden", "mlwarden_hooks") for name in sys.modules)
    for name in HEAVY:
        if check == "clean":
            counts[f"imports of {name}"] = int(name in sys.modules)
    return dict(sorted(counts.items()))


def _run(check: str, arguments: list[str]) -> int:
    if check == "clean":
        from mlwarden_hooks.check import main as hook

        return hook(arguments)
    from mlwarden.cli.main import main as command

    return command(["check", *arguments])


@contextlib.contextmanager
def counting_lean_trees(counts: Counter[str]) -> Iterator[None]:
    """Count what is read without libcst's parser."""
    module = import_module("mlwarden.semantics.lean_trees")
    original = module.lean_tree

    def counting(text: str, *arguments: Any, **options: Any) -> Any:
        made = original(text, *arguments, **options)
        counts["lean trees"] += 1
        counts["lean characters"] += len(text)
        return made

    counts.update({"lean trees": 0, "lean characters": 0})
    module.lean_tree = counting  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.lean_tree = original  # type: ignore[attr-defined]


@contextlib.contextmanager
def counting_libcst(counts: Counter[str]) -> Iterator[None]:
    """Count what libcst's parser is given."""
    native = import_module("libcst.native")
    documents: set[str] = set()

    def wrapped(parse: Callable[..., Any]) -> Callable[..., Any]:
        def counting(source: Any, *arguments: Any, **options: Any) -> Any:
            tree = parse(source, *arguments, **options)
            counts["libcst fragments"] += 1
            counts["libcst characters"] += len(source)
            counts["libcst nodes"] += nodes_of(tree)
            documents.add(_document())
            return tree

        return counting

    originals = {name: getattr(native, name) for name in ("parse_module", "parse_statement", "parse_expression")}
    counts.update({f"libcst {name}": 0 for name in ("fragments", "characters", "nodes", "documents")})
    try:
        for name, parse in originals.items():
            setattr(native, name, wrapped(parse))
        yield
    finally:
        for name, parse in originals.items():
            setattr(native, name, parse)
        counts["libcst documents"] = len(documents)


def _document() -> str:
    """The path of the document that is being checked: the innermost caller's that has one."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        path = getattr(frame.f_locals.get("document"), "path", None)
        if isinstance(path, str):
            return path
        frame = frame.f_back
    return "?"


def nodes_of(tree: Any) -> int:
    """The nodes of a libcst tree, whitespace included."""
    from libcst import CSTNode

    number = 0
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, CSTNode):
            number += 1
            waiting.extend(getattr(node, name) for name in node.__dataclass_fields__)
        elif isinstance(node, (list, tuple)):
            waiting.extend(node)
    return number


@contextlib.contextmanager
def counting_syntax_trees(counts: Counter[str]) -> Iterator[None]:
    """Count the texts that are compiled to a syntax tree."""
    original = builtins.compile
    counts["syntax trees"] = 0

    def counting(source: Any, filename: Any, mode: str, flags: int = 0, *arguments: Any, **options: Any) -> Any:
        counts["syntax trees"] += bool(flags & ast.PyCF_ONLY_AST)
        return original(source, filename, mode, flags, *arguments, **options)

    vars(builtins)["compile"] = counting
    try:
        yield
    finally:
        vars(builtins)["compile"] = original


@contextlib.contextmanager
def counting_calls(counts: Counter[str]) -> Iterator[None]:
    """Count the calls of functions in mlwarden's own files, by package. Comprehensions are calls in some Pythons only."""
    packages: dict[Any, str] = {}
    found: Counter[str] = Counter()
    own = {name: _folder_of(name) for name in ("mlwarden", "mlwarden_hooks")}

    def package_of(code: Any) -> str:
        if code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<module>"):
            return ""
        path = Path(code.co_filename)
        for name, folder in own.items():
            if path.is_relative_to(folder):
                return name if path.parent == folder else path.relative_to(folder).parts[0]
        return ""

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            code = frame.f_code
            package = packages.get(code)
            if package is None:
                package = packages[code] = package_of(code)
            if package:
                found[package] += 1

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
        counts["calls"] = sum(found.values())
        for package, number in found.items():
            counts[f"calls of {package}"] = number


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def excesses(recorded: Counts, found: Counts) -> list[str]:
    """What grew by more than a twentieth, or fell so far that the record is no guard any more; [] if nothing.

    The calls by package only say where the calls come from: they are not held against the record.
    """
    lines = []
    for name in sorted(recorded.keys() | found.keys()):
        if name.startswith("calls of "):
            continue
        before, now = recorded.get(name, 0), found.get(name, 0)
        if now > before * GROWTH + (SLACK if name == "calls" else 0):
            lines.append(f"{name}: {before:,} recorded, {now:,} now")
        elif now < before * SHRINKAGE - SLACK:
            lines.append(f"{name}: {before:,} recorded, only {now:,} now; record that")
    return lines


def recorded() -> dict[str, Counts]:
    """The recorded counts, by check."""
    counts: dict[str, Counts] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return counts


def main(argv: list[str]) -> int:
    """Count and show, or record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="record the counts")
    parser.add_argument("--count", nargs="+", metavar="...", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.count:
        check, *targets = arguments.count
        json.dump(count(check, targets), sys.stdout)
        return 0
    before = recorded() if RECORDED.exists() else {}
    found: dict[str, Counts] = {}
    for check in CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            found[check] = counted(check, Path(folder))
        for name, number in found[check].items():
            print(f"{check:10} {name:30} {number:10,} {before.get(check, {}).get(name, 0):10,}")
    if arguments.write:
        RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    del sys.path[0]  # this folder: nothing is to be imported from it
    raise SystemExit(main(sys.argv[1:]))
