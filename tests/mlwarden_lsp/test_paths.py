"""URIs from outside: right ones give their path, wrong ones nothing, none an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlwarden_lsp.paths import name_of, path_of, uri_of


@pytest.mark.parametrize(
    ("uri", "path", "name"),
    [
        ("file:///home/u/model.py", "/home/u/model.py", "model.py"),
        ("file:///home/u/my%20model%23.py", "/home/u/my model#.py", "my model#.py"),
        ("FILE:///a/../b.py", "/b.py", "b.py"),
        ("file://localhost/a.py", "/a.py", "a.py"),
        ("file:///%C3%A4/%F0%9F%98%80.py", "/ä/😀.py", "😀.py"),
        ("file:///bad%ff.py", "/bad\udcff.py", "bad\ufffd.py"),
        ("file:///nul%00.py", None, "nul.py"),
        ("file:relative.py", None, "relative.py"),
        ("file://[x", None, ""),
        ("untitled:Untitled-1", None, "Untitled-1"),
        ("vscode-vfs://github/o/r/model.py?x#y", None, "model.py"),
        ("vscode-notebook-cell:/a/nb.ipynb#W0sZmlsZQ%3D%3D", None, "nb.ipynb"),
        ("", None, ""),
        ("\0:", None, ""),
        ("%", None, "%"),
    ],
)
def test_uri(uri: str, path: str | None, name: str) -> None:
    assert (path_of(uri), name_of(uri)) == (path, name)


@given(st.text())
@example("file:///\ud800")
def test_nothing_raises(uri: str) -> None:
    path = path_of(uri)
    name_of(uri)
    assert path is None or path.startswith("/")


@pytest.mark.parametrize("path", ["/a b/ä#?.py", "/x/%41.py", "/plain.py"])
def test_there_and_back(path: str) -> None:
    assert path_of(uri_of(path)) == path


def test_a_relative_path_counts_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert uri_of("a/../b.py") == (tmp_path / "b.py").as_uri()
