from __future__ import annotations

import subprocess
import sys

import pytest

from mlwarden.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_without_the_extra_it_says_what_to_install() -> None:
    program = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pygls", "lsprotocol"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from mlwarden.cli.main import main
sys.exit(main(["server"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == 'mlwarden: error: the language server needs the lsp extra: pip install "mlwarden[lsp]"\n'


def test_wrong_usage(capsys: Capture) -> None:
    assert main(["server", "--stdio", "--tcp"]) == 2
    assert capsys.readouterr() == ("", "mlwarden: error: --stdio and --tcp exclude each other\n")
    assert main(["server", "--port", "0"]) == 2
    assert capsys.readouterr().err.endswith("expected a whole number, at least 1, not '0'\n")
