"""Across files: re-exports, constants, wrappers and model output from sibling modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.engine.sibling_module import Module
from mlwarden.engine.siblings import SiblingView
from mlwarden.model.results import SourceFile


def found(root: Path, files: dict[str, str], main: str, code: str, **settings: object) -> list[tuple[str, str]]:
    """The findings in `main`: what is underlined, and how bad."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    text = files[main]
    result = check(
        SourceFile(str(root / main), text.encode()),
        Settings(select=(code,), root=str(root), **settings),  # type: ignore[arg-type]
    )
    assert result.failures == ()
    return [(text[finding.span.start : finding.span.end], str(finding.severity)) for finding in result.verdict.reported]


REEXPORTS = {
    "function": ("compat.py", "from pickle import load", "from compat import load\nload(f)"),
    "renamed": ("compat.py", "from pickle import load as read_it", "from compat import read_it\nread_it(f)"),
    "module": ("compat.py", "import pickle", "from compat import pickle as p\np.load(f)"),
    "attribute": ("compat.py", "import pickle", "import compat\ncompat.pickle.load(f)"),
    "assigned": ("compat.py", "import pickle\nread_it = pickle.load", "from compat import read_it\nread_it(f)"),
    "try": (
        "compat.py",
        "try:\n    import cPickle as pk\nexcept ImportError:\n    import pickle as pk",
        "from compat import pk\npk.load(f)",
    ),
    "star": ("compat.py", "from pickle import load", "from compat import *\nload(f)"),
    "in_package": ("tools/__init__.py", "from pickle import load as read_it", "from tools import read_it\nread_it(f)"),
    "submodule": ("tools/io.py", "from pickle import load as read_it", "from tools.io import read_it\nread_it(f)"),
    "returning": (
        "compat.py",
        "import pickle\ndef loader():\n    return pickle.load",
        "import compat\ncompat.loader()(f)",
    ),
}


@pytest.mark.parametrize(("name", "text", "main"), REEXPORTS.values(), ids=REEXPORTS)
def test_reexported_loader(tmp_path: Path, name: str, text: str, main: str) -> None:
    places = found(tmp_path, {name: text, "main.py": main}, "main.py", "MLW111")
    assert places == [(main.splitlines()[-1], "medium")]


def test_relative_imports_inside_a_package(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/io/__init__.py": "from .low import read_it\n",
        "app/io/low.py": "from pickle import load as read_it\n",
        "app/models/__init__.py": "",
        "app/models/net.py": "from ..io import read_it\nread_it(f)\n",
    }
    assert found(tmp_path, files, "app/models/net.py", "MLW111") == [("read_it(f)", "medium")]


def test_a_wrapper_is_reported_at_the_caller_that_makes_it_worse(tmp_path: Path) -> None:
    files = {
        "tools.py": "import pickle\ndef restore(data):\n    return pickle.loads(data)\n",
        "main.py": "import requests\nfrom tools import restore\nrestore(requests.get(url).content)\nrestore(data)\n",
    }
    assert found(tmp_path, files, "main.py", "MLW111") == [("restore(requests.get(url).content)", "high")]
    assert found(tmp_path, files, "tools.py", "MLW111") == [("pickle.loads(data)", "medium")]


def test_the_trace_ends_in_the_sibling(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("import pickle\ndef restore(data):\n    return pickle.loads(data)\n")
    text = "import requests\nfrom tools import restore\nrestore(requests.get(url).content)\n"
    result = check(
        SourceFile(str(tmp_path / "main.py"), text.encode()), Settings(select=("MLW111",), root=str(tmp_path))
    )
    (finding,) = result.verdict.reported
    assert [(step.note, step.path and Path(step.path).name) for step in finding.trace] == [
        ("downloaded by `requests.get`", None),
        ("calls `restore`", None),
        ("reaches `pickle.loads`", "tools.py"),
    ]


def test_a_constant_of_a_sibling(tmp_path: Path) -> None:
    files = {
        "settings.py": "WEIGHTS_ONLY = True\n",
        "main.py": "import torch\nimport settings\ntorch.load(p, weights_only=settings.WEIGHTS_ONLY)\n",
    }
    assert found(tmp_path, files, "main.py", "MLW102") == []
    files["settings.py"] = "WEIGHTS_ONLY = None\n"
    assert [text for text, _ in found(tmp_path, files, "main.py", "MLW102")] == [
        "torch.load(p, weights_only=settings.WEIGHTS_ONLY)"
    ]


@pytest.mark.parametrize(
    ("name", "text", "main"),
    [
        ("compat.py", "from json import load", "from compat import load\nload(f)"),
        ("compat.py", "def load(f):\n    return f.read()", "from compat import load\nload(f)"),
        ("compat.py", "from compat import load", "from compat import load\nload(f)"),
        ("compat.py", "this is not python", "from compat import load\nload(f)"),
        ("compat.py", "import pickle\ndef load(f):\n    return f", "from compat import load\nload(f)"),
    ],
)
def test_silent(tmp_path: Path, name: str, text: str, main: str) -> None:
    assert found(tmp_path, {name: text, "main.py": main}, "main.py", "MLW111") == []


def test_a_file_named_like_a_library_is_not_taken_for_it(tmp_path: Path) -> None:
    files = {"pickle.py": "def load(f):\n    return None\n", "main.py": "import pickle\npickle.load(f)\n"}
    assert found(tmp_path, files, "main.py", "MLW111") == [("pickle.load(f)", "medium")]


def test_import_cycles_end(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import g\ndef f(x):\n    return g(x)\n",
        "b.py": "import pickle\nfrom a import f\ndef g(x):\n    f(x)\n    return pickle.loads(x)\n",
        "main.py": "import requests\nfrom a import f\nf(requests.get(u).content)\n",
    }
    assert found(tmp_path, files, "main.py", "MLW111") == [("f(requests.get(u).content)", "high")]


BRANCHED = {
    "if": (
        "import os\nif os.environ.get('FAST'):\n    from fast import {names}\nelse:\n    from slow import {names}\n",
        ["slow.py", "fast.py"],
    ),
    "try": ("try:\n    from fast import {names}\nexcept ImportError:\n    pass\n", ["fast.py"]),
    "loop": ("for _ in range(2):\n    from fast import {names}\n", ["fast.py"]),
}


@pytest.mark.parametrize(("text", "read"), BRANCHED.values(), ids=BRANCHED)
def test_imports_in_branches_are_followed_only_where_their_names_are_used(
    tmp_path: Path, text: str, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    reading = SiblingView._evaluate

    def noted(view: SiblingView, module: Module, attribute: str) -> object:
        parsed.append(f"{Path(module.path).name} {attribute}")
        return reading(view, module, attribute)

    monkeypatch.setattr(SiblingView, "_evaluate", noted)
    files = {
        "tools/__init__.py": text.replace("from ", "from .").format(names="other, load"),
        "tools/fast.py": "from pickle import load\nclass other:\n    pass\n",
        "tools/slow.py": "from pickle import load\nclass other:\n    pass\n",
        "main.py": "from tools import load, other\nload(f)\n",
    }
    assert found(tmp_path, files, "main.py", "MLW111") == [("load(f)", "medium")]
    assert sorted(set(parsed)) == sorted(["__init__.py load", *(f"{name} load" for name in read)])
