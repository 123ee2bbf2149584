"""Leaving statements out of the libcst parse never changes what is found."""

from __future__ import annotations

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.analysis import Analysis
from mlwarden.engine.project import Project
from mlwarden.model.findings import Finding
from mlwarden.rules.examples import marked
from mlwarden.rules.registry import all_rules, load
from mlwarden.semantics import blocks, fragments, readings
from mlwarden.semantics.fragments import fragments_of
from mlwarden.semantics.relevance import relevant
from mlwarden.source.documents import PythonModule

TEXTS = sorted(
    {
        marked(example.code)[0]
        for info in all_rules()
        for example in load(info).examples
        if example.path.endswith(".py") and not example.files
    }
)
# Statements around the example that have nothing to do with it, some with the same words.
AROUND = (
    "import numpy as np\nimport torch\nPATH = 'weights.pt'\n",
    "class Unrelated:\n    def load(self, path):\n        return path\n\ndef helper(x):\n    return x + 1\n",
)


def found(text: str, *, whole: bool) -> list[Finding]:
    project = Project()
    settings = Settings(select=("ALL",))
    infos = [info for info in project.enabled(settings) if info.module]
    analysis = Analysis(PythonModule("example.py", text), infos, settings, project, whole=whole)
    assert analysis.failures == []
    return analysis.findings


@pytest.mark.parametrize("around", [("", ""), AROUND], ids=["alone", "among_others"])
def test_the_same_findings(around: tuple[str, str]) -> None:
    before, after = around
    for text in TEXTS:
        code = f"{before}{text}\n{after}"
        assert found(code, whole=False) == found(code, whole=True), code


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\nkw = {}\nkw.update(a=1)\nkw['b'] = 2\nload = pickle.load\nload(f, **kw)\n",
        "import torch\nSAFE = None\nif x:\n    SAFE = True\ndef f(p):\n    torch.load(p, weights_only=SAFE)\n",
        "import requests, pickle\ndef get():\n    return requests.get(u).content\ndata = get()\npickle.loads(data)\n",
        "import urllib.request, pickle\nurllib.request.urlretrieve(u, 'm.pkl')\npickle.load(open('m.pkl', 'rb'))\n",
        "import numpy as np, functools\nnp.load = functools.partial(np.load, allow_pickle=True)\nnp.load(p)\n",
        "from pickle import *\nload(f)\n",
        "import pickle as p\nclass A(p.Unpickler):\n    pass\nA(f).load()\n",
        "import argparse, torch\na = argparse.ArgumentParser()\na.add_argument('--w', default=None)\n"
        "o = a.parse_args()\ntorch.load(p, weights_only=o.w)\n",
    ],
)
def test_statements_that_act_from_afar(text: str) -> None:
    assert found(text, whole=False) == found(text, whole=True) != []


def test_what_cannot_matter_is_left_out() -> None:
    text = "import os\nimport pickle\nX = os.getcwd()\ndef a():\n    return X\ndef b(f):\n    return pickle.load(f)\nb(open(p))\n"
    fragments, _ = fragments_of(PythonModule("example.py", text))
    kept = [fragment.text for fragment in relevant(fragments, ["load"])]
    assert kept == ["import pickle\n", "def b(f):\n    return pickle.load(f)\n", "b(open(p))\n"]


def test_the_same_findings_where_large_statements_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    some = TEXTS[::4]
    expected = [found(f"{AROUND[0]}{text}\n", whole=False) for text in some]
    monkeypatch.setattr(readings, "LARGE", 0)
    monkeypatch.setattr(fragments, "LARGE", 0)
    monkeypatch.setattr(blocks, "PIECE", 20)
    for text, findings in zip(some, expected, strict=True):
        assert found(f"{AROUND[0]}{text}\n", whole=False) == findings, text
