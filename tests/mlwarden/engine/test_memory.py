"""What an editor's session remembers of a document never changes what is found in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check_document
from mlwarden.engine.project import Project
from mlwarden.notebooks.read import read_notebook
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.fragments import FragmentMemory
from mlwarden.source.documents import PythonModule

PIECES = (
    "import torch\n",
    "from pickle import load\n",
    "model = torch.load('a.pt', weights_only=False)\n",
    "def read(path):\n    return load(open(path, 'rb'))\n",
    "class Loader:\n    def __init__(self):\n        self.read = torch.load\n    def get(self, p):\n        return self.read(p)\n",
    "exec(input())\n",
    "x = 1  # é\n",
    "\n",
)


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8), min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_edited_modules(states: list[list[str]]) -> None:
    project = Project(memory=FragmentMemory())
    for pieces in states:
        document = PythonModule("model.py", "".join(pieces))
        remembered = check_document(document, None, Settings(select=("ALL",)), project)
        assert remembered.verdict == check_document(document, None, Settings(select=("ALL",))).verdict


@given(st.lists(st.lists(st.sampled_from(PIECES[:-1]), min_size=1, max_size=6), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_edited_notebooks(states: list[list[str]]) -> None:
    project = Project(memory=FragmentMemory())
    for cells in states:
        document = read_notebook("model.ipynb", as_notebook(*cells))
        remembered = check_document(document, None, Settings(select=("ALL",)), project)
        assert remembered.verdict == check_document(document, None, Settings(select=("ALL",))).verdict


def test_the_oldest_document_is_forgotten() -> None:
    memory = FragmentMemory(documents=2)
    project = Project(memory=memory)
    for name in ("a.py", "b.py", "a.py", "c.py"):
        check_document(PythonModule(name, "import torch\ntorch.load(f)\n"), None, Settings(), project)
    assert [bool(memory.of(name)) for name in ("a.py", "b.py", "c.py")] == [True, False, True]
