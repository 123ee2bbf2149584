from __future__ import annotations

from pathlib import Path

import pytest

TORCH = 'import torch\n\nmodel = torch.load("model.pt")\n'
PICKLE = 'import pickle\n\nwith open("a.pkl", "rb") as file:\n    data = pickle.load(file)\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and an environment that says nothing about colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "MLWARDEN_TRACEBACK", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "a key for tests")  # none is made in the user's folder
    monkeypatch.chdir(tmp_path)
    return tmp_path
