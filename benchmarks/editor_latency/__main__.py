"""From keystroke to diagnostics: mlwarden's language server beside Ruff's, on the same documents in the same run.

usage: python -m benchmarks.editor_latency [FILE ...] [--corpus FOLDER] [--rounds N] [--places] [--at-once]

A client over standard input and output opens each document (Python file or notebook), and types a line, letter by letter,
at places that differ in what has to be worked out again: in the function with a finding, in another one, at the top, as a
comment at the end. Each letter is one edit; the next is sent when the diagnostics for that version are here. Printed
are the time from an opened document to its first diagnostics (all modules are loaded in it), and of each letter 50th and
95th percentile: of the time on the clock, and of the server's processor time. `mlwarden` is as users have it: it waits
until typing pauses for 200 ms; `mlwarden, at once` does not wait. Ruff has its rules S (flake8-bandit) selected.

Without files: those of `DOCUMENTS` where `python -m benchmarks.corpus` has put them, otherwise files of the same sizes made up.
A document in which one of the servers finds nothing gets something that both find, and (+ a finding) in the table.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from benchmarks.editor_latency import generated
from benchmarks.editor_latency.client import ServerError
from benchmarks.editor_latency.documents import Document, File, Notebook, read
from benchmarks.editor_latency.measuring import Measured, Subject, finds, measure, percentile

# Files of the corpus of about 200, 1,000 and 3,000 lines with a finding in a function, and a notebook of about 60 cells.
DOCUMENTS = (
    "py/mlflow-3.18.0/mlflow/models/evaluation/artifacts.py",
    "py/accelerate-1.15.0/accelerate/utils/operations.py",
    "py/gradio-6.31.0/gradio/routes.py",
    "nb/flax-0.12.8/docs_nnx/examples/machine_translation.ipynb",
)
LINES, CELLS = (200, 1000, 3000), 60
_AT_ONCE = "from mlwarden_lsp.server import Server; Server(debounce=0).start_io()"


def subjects() -> tuple[Subject, ...]:
    """The servers; a reader of the table compares the first two of each document."""
    ruff = shutil.which("ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if ruff is None:
        raise ServerError("no ruff to compare with: pip install ruff")
    lint = {"settings": {"lint": {"select": ["S"]}, "configurationPreference": "editorOnly"}}
    return (
        Subject("ruff server, S", (ruff, "server"), lint),
        Subject("mlwarden, at once", (sys.executable, "-c", _AT_ONCE), {}),
        Subject("mlwarden", (sys.executable, "-m", "mlwarden", "server"), {}),
    )


def documents(files: Sequence[Path], corpus: Path) -> list[Document]:
    """What to measure on."""
    if not files and all((corpus / name).is_file() for name in DOCUMENTS):
        files = [corpus / name for name in DOCUMENTS]
    if files:
        return [read(file, lambda path: path.name) for file in files]
    made: list[Document] = [File("made up", generated.python_file(lines)) for lines in LINES]
    return [*made, Notebook.read("made up", generated.notebook(CELLS))]


HEAD = f"{'document':42} {'size':>11}  {'server':18} {'found':>5} {'opened':>7} {'p50':>7} {'p95':>7} {'CPU p50':>8} {'CPU p95':>8}"


def row(document: Document, subject: Subject, measured: Measured, place: str = "") -> str:
    """A line of the table, of all letters or of those at one place, in milliseconds."""
    strokes = [stroke for stroke in measured.strokes if place in ("", stroke.place)]
    walls, cpus = [stroke.wall for stroke in strokes], [stroke.cpu for stroke in strokes]
    numbers = [percentile(walls, 50), percentile(walls, 95), percentile(cpus, 50), percentile(cpus, 95)]
    wall50, wall95, cpu50, cpu95 = (1000 * number for number in numbers)
    if place:
        start = f"{'':42} {'':>11}    {place:32}"
    else:
        label = document.label if len(document.label) <= 42 else "..." + document.label[-39:]
        start = f"{label:42} {document.size:>11}  {subject.name:18} {measured.findings:5} {1000 * measured.opened:7.0f}"
    return f"{start[:88]:88} {wall50:7.1f} {wall95:7.1f} {cpu50:8.1f} {cpu95:8.1f}"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--corpus", type=Path, default=Path("build/bench/corpus"), metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often each line is typed")
    parser.add_argument("--places", action="store_true", help="also the times at each place")
    parser.add_argument("--at-once", action="store_true", help="leave out the server that waits for a pause")
    options = parser.parse_args(argv)
    try:
        servers = subjects()[: 2 if options.at_once else 3]
        version = subprocess.run([servers[0].command[0], "--version"], capture_output=True, text=True, check=True)
        own = f"mlwarden {metadata.version('mlwarden')}, Python {platform.python_version()}"
        print(f"{own}, {version.stdout.strip()}, {os.cpu_count()} processors; times in ms")
        print(HEAD)
        for document in documents(options.files, options.corpus):
            if not all(finds(document, subject) for subject in servers[:2]):
                document = document.planted()
            for subject in servers:
                measured = measure(document, subject, options.rounds)
                print(row(document, subject, measured), flush=True)
                for place in dict.fromkeys(stroke.place for stroke in measured.strokes) if options.places else ():
                    print(row(document, subject, measured, place))
    except (ServerError, OSError, SyntaxError) as error:
        print(f"editor_latency: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
