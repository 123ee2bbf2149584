"""What a notebook full of pictures costs: time and peak memory of `mlwarden check`, from outside of the process.

usage: python benchmarks/large_notebook.py [--size MB] [--kind KIND ...] [--select CODES] [--keep FOLDER]

Writes a notebook of that size (100 MB) for each kind and checks it in a process of its own:

- `png`: pictures as nbformat keeps them, base64 in one string.
- `lines`: the same as a list of lines of 76 characters, as version 3 kept them.
- `html`: pictures as data URIs inside HTML, as animations and reports keep them.
- `attachment`: pictures that were pasted into Markdown cells.
- `widgets`: pictures in the state of widgets.
- `mixed`: a fifth of each.

In each of them a cell has a mistake that a rule reports (MLW217) and an output, after the pictures, has a made-up token
(MLW304). The report must hold these two findings and no others: a payload in which something is found is a false alarm.

Prints seconds of processor time, seconds that passed, and the peak of the resident memory. Exits with 1 if a report is not
what it should be.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, TextIO

KINDS = ("png", "lines", "html", "attachment", "widgets", "mixed")
PICTURE = 1_200_000  # bytes of a picture: a plot of a few megapixels
EXPECTED = ["MLW217", "MLW304"]


def picture(random: Random, size: int = PICTURE) -> str:
    """A payload that looks like a compressed picture: a signature, and nothing predictable after it."""
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + random.randbytes(size)).decode()


def wrapped(payload: str) -> list[str]:
    return [payload[start : start + 76] + "\n" for start in range(0, len(payload), 76)]


def code_cell(number: int, source: str, *data: dict[str, Any]) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": each} for each in data]
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": f"cell-{number}",
        "metadata": {},
        "outputs": outputs,
        "source": source.splitlines(keepends=True),
    }


def picture_cell(kind: str, number: int, payload: str) -> dict[str, Any]:
    """A cell with a picture."""
    plot = "plt.imshow(samples[0])\nplt.show()"
    figure = "<Figure size 1600x1200 with 1 Axes>"
    if kind == "png":
        return code_cell(number, plot, {"image/png": payload, "text/plain": [figure]})
    if kind == "lines":
        return code_cell(number, plot, {"image/png": wrapped(payload), "text/plain": [figure]})
    if kind == "html":
        html = f'<div class="frame"><img src="data:image/png;base64,{payload}"></div>'
        return code_cell(number, "HTML(animation.to_jshtml())", {"text/html": [html], "text/plain": [figure]})
    name = f"{number}.png"
    return {
        "cell_type": "markdown",
        "id": f"cell-{number}",
        "metadata": {},
        "attachments": {name: {"image/png": payload}},
        "source": [f"![a plot](attachment:{name})"],
    }


def pieces(kind: str, size: int) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The cells, and the states of widgets, in the order in which they are written; whether it is a cell."""
    random = Random(7)
    kinds = KINDS[:5] if kind == "mixed" else (kind,)
    token = "hf_" + "".join(random.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=34))
    yield True, code_cell(1, "import requests\nrequests.get('https://models.acme.com/a', verify=False)")
    number = 1
    written = 0
    states = []
    while written < size:
        number += 1
        payload = picture(random)
        written += len(payload)
        each = kinds[number % len(kinds)]
        if each == "widgets":
            states.append({"model_name": "ImageModel", "state": {"format": "png", "value": payload}})
        else:
            yield True, picture_cell(each, number, payload)
    yield True, code_cell(number + 1, "show_settings()", {"text/plain": [f"token = '{token}'"]})
    for state in states:
        yield False, state


def write_notebook(file: TextIO, kind: str, size: int) -> None:
    """Write the notebook, as nbformat lays it out, without ever holding it."""
    file.write('{\n "cells": [')
    cells = widgets = 0
    for is_cell, value in pieces(kind, size):
        text = json.dumps(value, indent=1, sort_keys=True).replace("\n", "\n  ")
        if is_cell:
            file.write(f"{',' if cells else ''}\n  {text}")
            cells += 1
            continue
        if not widgets:
            file.write('\n ],\n "metadata": {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {')
        file.write(f'{"," if widgets else ""}\n  "{widgets:032x}": {text}')
        widgets += 1
    file.write('\n }, "version_major": 2, "version_minor": 0}}},' if widgets else '\n ],\n "metadata": {},')
    file.write('\n "nbformat": 4,\n "nbformat_minor": 5\n}\n')


def measured(command: list[str]) -> tuple[str, float, float, float]:
    """Run a command; its output, seconds of processor time, seconds that passed, MiB of peak memory."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output)
        _, _, usage = os.wait4(process.pid, 0)
        passed = time.perf_counter() - start
        output.seek(0)
        text = output.read().decode()
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return text, usage.ru_utime + usage.ru_stime, passed, peak


def main(argv: list[str], run: Callable[[list[str]], tuple[str, float, float, float]] = measured) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=100, metavar="MB")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--select", metavar="CODES")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    arguments = parser.parse_args(argv)
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for kind in arguments.kind:
            path = folder / f"{kind}.ipynb"
            with path.open("w", encoding="utf-8") as file:
                write_notebook(file, kind, int(arguments.size * 1e6))
            command = [
                sys.executable,
                "-m",
                "mlwarden",
                "check",
                "--isolated",
                "--no-cache",
                "--jobs",
                "1",
                "--exit-zero",
            ]
            command += [
                "--output-format",
                "json",
                *(["--select", arguments.select] if arguments.select else []),
                str(path),
            ]
            output, processor, passed, peak = run(command)
            report = json.loads(output)
            found = sorted(finding["code"] for finding in report["findings"])
            size = path.stat().st_size / 1e6
            print(
                f"{kind:10} {size:6.1f} MB {processor:6.2f} s ({passed:.2f} s passed) {peak:6.0f} MiB  {' '.join(found)}"
            )
            wrong += found != EXPECTED or bool(report["failures"])
            if not arguments.keep:
                path.unlink()
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
