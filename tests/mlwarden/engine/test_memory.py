"""What an editor's session remembers of a document never changes what is found in it."""

from __future__ import annotations

from typing import Any

import libcst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check_document
from mlwarden.engine.memory import Memory
from mlwarden.engine.project import Project
from mlwarden.model.results import Verdict
from mlwarden.notebooks.read import read_notebook
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics import model
from mlwarden.semantics.fragments import FragmentMemory
from mlwarden.semantics.model_memory import ModelMemory
from mlwarden.source.documents import PythonModule

PIECES = (
    "import torch\n",
    "from pickle import load\n",
    "model = torch.load('a.pt', weights_only=False)\n",
    "def read(path):\n    return load(open(path, 'rb'))\n",
    "class Loader:\n    def __init__(self):\n        self.read = torch.load\n    def get(self, p):\n        return self.read(p)\n",
    "class Timer:\n    def start(self):\n        self.began = 1\n        return 2\n    def load(self, path):\n        return torch.load(path)\n"
    "    def stop(self):\n        return 'é' * 3\n",
    "class Timer:\n    def start(self):\n        self.began = 10_000\n        return 2\n    def load(self, path):\n"
    "        return torch.load(path)\n    def stop(self):\n        return 'é'\n",
    "exec(input())\n",
    "import subprocess as sp\n",
    "sp.Popen(command, shell=True)\n",
    "limit = min(12,\n",
    "x = 1  # é\n",
    "\n",
)


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8), min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_edited_modules(states: list[list[str]]) -> None:
    project = Project(memory=Memory())
    for pieces in states:
        document = PythonModule("model.py", "".join(pieces))
        remembered = check_document(document, None, Settings(select=("ALL",)), project)
        assert remembered.verdict == check_document(document, None, Settings(select=("ALL",))).verdict


@given(st.lists(st.lists(st.sampled_from(PIECES[:-1]), min_size=1, max_size=6), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_edited_notebooks(states: list[list[str]]) -> None:
    project = Project(memory=Memory())
    for cells in states:
        document = read_notebook("model.ipynb", as_notebook(*cells))
        remembered = check_document(document, None, Settings(select=("ALL",)), project)
        assert remembered.verdict == check_document(document, None, Settings(select=("ALL",))).verdict


def test_the_oldest_document_is_forgotten() -> None:
    memory = Memory()
    memory.fragments = FragmentMemory(documents=2)
    project = Project(memory=memory)
    for name in ("a.py", "b.py", "a.py", "c.py"):
        check_document(PythonModule(name, "import torch\ntorch.load(f)\n"), None, Settings(), project)
    assert [bool(memory.fragments.of(name)) for name in ("a.py", "b.py", "c.py")] == [True, False, True]


IRRELEVANT = """
import torch


class Reader:
    def summary(self, numbers):
        total = sum(numbers)
        return total / 2

    def read(self, path):
        return torch.load(path, weights_only=False)

    def describe(self, words):
        return ", ".join(words)


def later(path):
    return torch.load(path, weights_only=False)


def mean(numbers):
    return sum(numbers) / 2
"""


def verdict_in(project: Project | None, text: str) -> Verdict:
    return check_document(PythonModule("model.py", text), None, Settings(), project).verdict


@pytest.mark.parametrize(
    ("before", "after", "times"),
    [
        ("total = sum(numbers)", "total = sum(sorted(numbers, reverse=True))", 1),
        ("total = sum(numbers)", "total = sum(numbers)\n        total += 1\n        # é", 1),
        ("return sum(numbers) / 2", "return 0", 1),
        ('", ".join(words)', "words", 1),
        ("import torch", "# é, above\n\nimport torch", 1),
        ("torch.load(path, weights_only=False)", "torch.load(path, weights_only=True)", 2),
        ("def read(self, path)", "def read(self, path, more=None)", 2),
        ("import torch", "import torch as pt", 2),
    ],
)
def test_what_matters_is_interpreted_again_when_it_changes(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str, times: int
) -> None:
    built: list[str] = []
    build = model.build

    def counted(document: Any, *args: Any, **options: Any) -> model.SemanticModel:
        built.append(document.text)
        return build(document, *args, **options)

    monkeypatch.setattr(model, "build", counted)
    project = Project(memory=Memory())
    verdict_in(project, IRRELEVANT)
    edited = IRRELEVANT.replace(before, after)
    assert edited != IRRELEVANT
    remembered = verdict_in(project, edited)
    assert len(built) == times
    assert remembered == verdict_in(None, edited)
    # And back: places move in both directions.
    assert verdict_in(project, IRRELEVANT) == verdict_in(None, IRRELEVANT)
    assert bool(remembered.reported) == (times == 1 or "more=None" in after)


@pytest.mark.parametrize("notebook", [False, True])
def test_what_was_read_is_remembered_while_the_code_is_broken(monkeypatch: pytest.MonkeyPatch, notebook: bool) -> None:
    parsed: list[str] = []
    parse = libcst.parse_module

    def counted(text: str) -> libcst.Module:
        parsed.append(text)
        return parse(text)

    def verdict(last: str, project: Project | None) -> Verdict:
        pieces = (IRRELEVANT, f"first = torch.load('a')\n{last}\n")
        document = read_notebook("a.ipynb", as_notebook(*pieces)) if notebook else PythonModule("a.py", "".join(pieces))
        return check_document(document, None, Settings(), project).verdict

    monkeypatch.setattr(libcst, "parse_module", counted)
    project = Project(memory=Memory())
    for last in ("torch.load", "torch.load(", "torch.load('b'", "torch.load('b')", "torch.load('b"):
        remembered = verdict(last, project)
        read = list(parsed)
        assert remembered == verdict(last, None)
        parsed[:] = read
    assert sorted(parsed) == sorted(set(parsed))


def test_a_model_is_in_one_hand_at_a_time() -> None:
    memory = Memory()
    models = memory.models
    project = Project(memory=memory)
    verdict_in(project, IRRELEVANT)
    ((kept,),) = models._known.values()
    fragments = list(kept.model.fragments)
    assert models.take("other.py", ".", fragments) is None
    assert models.take("model.py", ".", fragments) is kept.model
    assert models.take("model.py", ".", fragments) is None
    models.give_back("model.py", ".", kept.model)
    assert models.take("model.py", "/elsewhere", fragments) is None


def test_the_models_of_few_documents_are_remembered() -> None:
    memory = Memory()
    models = memory.models = ModelMemory(documents=2)
    project = Project(memory=memory)
    for name in ("a.py", "b.py", "c.py"):
        check_document(PythonModule(name, IRRELEVANT), None, Settings(), project)
    assert sorted(models._known) == ["b.py", "c.py"]
