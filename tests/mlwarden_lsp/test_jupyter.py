"""The entry point by which JupyterLab finds the server."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

LAUNCH = "import sys; sys.path[:] = filter(None, sys.path); from mlwarden.cli.main import run; run()"


def test_the_entry_point_describes_the_server() -> None:
    (entry,) = entry_points(group="jupyter_lsp_spec_v1", name="mlwarden")
    assert entry.load()(None) == {
        "mlwarden": {
            "version": 2,
            "argv": [sys.executable, "-c", LAUNCH, "server"],
            "languages": ["python"],
            "mime_types": ["text/python", "text/x-ipython"],
            "display_name": "mlwarden",
            "requires_documents_on_disk": False,
            "urls": {"home": "https://github.com/mlwarden/mlwarden"},
        }
    }


def test_it_does_not_load_the_server() -> None:
    code = "import sys, mlwarden_lsp.jupyter as j; j.spec(None); print('pygls' in sys.modules, 'libcst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_the_command_executes_nothing_of_the_working_directory(tmp_path: Path) -> None:
    for name in ("types", "argparse", "mlwarden", "pygls"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('executed')\n")
    command = [sys.executable, "-c", LAUNCH, "server", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "--stdio" in done.stdout
