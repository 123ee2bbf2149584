"""The entry point by which JupyterLab finds the server."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points


def test_the_entry_point_describes_the_server() -> None:
    (entry,) = entry_points(group="jupyter_lsp_spec_v1", name="mlwarden")
    assert entry.load()(None) == {
        "mlwarden": {
            "version": 2,
            "argv": [sys.executable, "-m", "mlwarden", "server"],
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


def test_the_command_exists() -> None:
    command = [sys.executable, "-m", "mlwarden", "server", "--help"]
    assert "--stdio" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
