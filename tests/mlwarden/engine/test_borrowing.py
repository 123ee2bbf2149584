"""What is kept of siblings, and how far they are followed, changes no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.engine.far_reach import MOST_NEW
from mlwarden.engine.importer import Importer
from mlwarden.engine.module_search import ModuleSearch
from mlwarden.engine.project import Project
from mlwarden.engine.reach import MOST_MODULES
from mlwarden.engine.siblings import Siblings
from mlwarden.engine.words import words_of
from mlwarden.model.results import SourceFile
from mlwarden.model.rule_info import DocumentKind
from mlwarden.semantics import word_classes

FILES = {
    "a.py": "import requests\nfrom b import f\nf(requests.get(u).content)\n",
    "b.py": "from c import g\nimport a\ndef f(x):\n    return g(x)\n",
    "c.py": "from b import f\nfrom d import h\nLOADER = h\ndef g(x):\n    f(x)\n    return LOADER(x)\n",
    "d.py": "import pickle\nfrom c import g\ndef h(x):\n    g(x)\n    return pickle.loads(x)\n",
    "e.py": "from d import h as restore  # or h2\nimport requests\nrestore(requests.get(u).content)\n",
}
ASKING = "from openai import OpenAI\ndef ask():\n    return OpenAI().responses.create(input='x').output_text\n"


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def places(root: Path, name: str, code: str, project: Project | None = None) -> list[tuple[str, str]]:
    text = (root / name).read_text(encoding="utf-8")
    settings = Settings(select=(code,), root=str(root))
    result = check(SourceFile(str(root / name), text.encode()), settings, project)
    assert result.failures == ()
    return [(text[found.span.start : found.span.end], str(found.severity)) for found in result.verdict.reported]


@pytest.mark.parametrize(("most_kept", "most_parsed"), [(0, 0), (0, 150_000), (12_000_000, 0), (5_000, 60)])
def test_little_memory(tmp_path: Path, most_kept: int, most_parsed: int) -> None:
    written(tmp_path, FILES)
    project, forgetful = Project(), Project()
    forgetful.siblings = Siblings(most_kept=most_kept, most_parsed=most_parsed)
    for name in (*FILES, *reversed(FILES)):
        assert places(tmp_path, name, "MLW111", forgetful) == places(tmp_path, name, "MLW111", project), name
    assert places(tmp_path, "a.py", "MLW111", forgetful) == [("f(requests.get(u).content)", "high")]
    assert places(tmp_path, "e.py", "MLW111", forgetful) == [("restore(requests.get(u).content)", "high")]


@pytest.mark.parametrize("between", [1, 8])
def test_data_from_afar(tmp_path: Path, between: int) -> None:
    """A model's answer that is handed on from module to module."""
    chain = {f"m{n}.py": f"from m{n + 1} import ask\n" for n in range(between)}
    written(tmp_path, {**chain, f"m{between}.py": ASKING, "main.py": "from m0 import ask\neval(ask())\n"})
    assert [text for text, _ in places(tmp_path, "main.py", "MLW401")] == ["eval(ask())"]


def test_what_is_too_far_counts_as_brought(tmp_path: Path) -> None:
    """What leads to the answer is behind more modules than are looked into."""
    many = {f"m{n:03}.py": f"class C{n}:\n    pass\n" for n in range(MOST_MODULES + 5)}
    imports = "".join(f"from m{n:03} import C{n}\n" for n in range(MOST_MODULES + 5))
    uses = "".join(f"    C{n}()\n" for n in range(MOST_MODULES + 5))
    written(
        tmp_path,
        {
            **many,
            "zz.py": ASKING,
            "mid.py": f"{imports}from zz import ask\ndef told():\n{uses}    return ask()\n",
            "main.py": "from mid import told\neval(told())\n",
        },
    )
    assert [text for text, _ in places(tmp_path, "main.py", "MLW401")] == ["eval(told())"]


def test_changed_while_it_is_used(tmp_path: Path) -> None:
    """Of a module that is no longer what it was nothing is known, rather than something wrong."""
    written(tmp_path, FILES)
    project = Project()
    project.siblings = Siblings(most_parsed=0)
    assert places(tmp_path, "e.py", "MLW111", project) == [("restore(requests.get(u).content)", "high")]
    assert places(tmp_path, "b.py", "MLW111", project) == []
    (tmp_path / "d.py").write_text("# shorter\n" + FILES["d.py"], encoding="utf-8")
    assert places(tmp_path, "e.py", "MLW111", project) == []


def test_taken(tmp_path: Path) -> None:
    """Names by what they are called in the module that they come from; whole modules; all of a module's names."""
    files = {"pkg/__init__.py": "", "pkg/io.py": "", "pkg/low.py": "", "pkg/sub/__init__.py": ""}
    main = "import pkg.low\nfrom pkg.io import (\n    read as r,  # quickly\n    write,\n)\nfrom pkg.low import *\nfrom pkg import sub\nimport json\n"
    written(tmp_path, {**files, "main.py": main})
    taken = ModuleSearch().taken(main.encode(), str(tmp_path / "main.py"), str(tmp_path))
    assert [(Path(each.module.path).relative_to(tmp_path).as_posix(), each.names, each.star) for each in taken] == [
        ("pkg/low.py", None, False),
        ("pkg/io.py", frozenset({"read", "write"}), False),
        ("pkg/low.py", None, True),
        ("pkg/__init__.py", frozenset({"sub"}), False),
        ("pkg/sub/__init__.py", None, False),
    ]


@pytest.mark.parametrize(
    ("taking", "stars"),
    [
        ("from .basics import *", 1),
        ("from .basics import load", 0),
        ("if TYPE_CHECKING:\n    from .basics import *", 0),
    ],
)
def test_of_itself_a_library_takes_only_what_it_takes_by_star(tmp_path: Path, taking: str, stars: int) -> None:
    written(tmp_path, {"fastai/__init__.py": "", "fastai/basics.py": "", "fastai/learner.py": taking})
    taken = list(ModuleSearch().taken(taking.encode(), str(tmp_path / "fastai/learner.py"), str(tmp_path)))
    assert [(Path(each.module.path).name, each.names, each.star) for each in taken] == [
        ("basics.py", None, True)
    ] * stars


@pytest.mark.parametrize(("text", "follows"), [("'SELECT x FROM t'", True), ("'select one'", False)])
def test_a_statement_of_sql_is_brought_only_by_modules_that_hold_one(tmp_path: Path, text: str, follows: bool) -> None:
    written(
        tmp_path,
        {
            "store.py": f"import sqlite3\nQUERY = {text}\ndef run(connection, text):\n    connection.execute(text)\n",
            "main.py": "from store import run\nrun(connection, text)\n",
        },
    )
    project = Project()
    settings = Settings(select=("MLW605",), root=str(tmp_path))
    plan = project.plans.of(project.enabled(settings), DocumentKind.PYTHON, policy=False)
    content = (tmp_path / "main.py").read_bytes()
    importer = Importer(content, words_of(content), 0, str(tmp_path / "main.py"), str(tmp_path))
    assert project.siblings.borrowed(importer, plan).codes == (frozenset({"MLW605"}) if follows else frozenset())


def brought(root: Path, main: str, code: str) -> frozenset[str]:
    project = Project()
    plan = project.plans.of(
        project.enabled(Settings(select=(code,), root=str(root))), DocumentKind.PYTHON, policy=False
    )
    content = (root / main).read_bytes()
    bits = word_classes.bits_of(words_of(content))
    return project.siblings.borrowed(
        Importer(content, words_of(content), bits, str(root / main), str(root)), plan
    ).codes


@pytest.mark.parametrize(
    ("sibling", "main", "follows"),
    [
        ("import torch\ndef get(name):\n    return torch.hub.load(name, 'm')\n", "get(request)", True),
        ("import torch\ndef get(part, name):\n    return part.load(torch, name)\n", "get(torch.hub, request)", True),
        ("import torch as get\n", "get.hub.load(request)", True),
        ("from torch import hub as get\n", "get.load(request)", True),
        ("import torch\ndef get(name):\n    return torch.load(name)\n", "get(request)", False),
        ("import torch as get\n", "get.load(request)", False),
    ],
)
def test_of_three_words_the_one_between_may_stand_in_either_module(
    tmp_path: Path, sibling: str, main: str, follows: bool
) -> None:
    written(tmp_path, {"tools.py": sibling, "main.py": f"from tools import get\n{main}\n"})
    assert brought(tmp_path, "main.py", "MLW222") == (frozenset({"MLW222"}) if follows else frozenset())


def test_what_a_library_imports_of_itself_is_not_followed(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "io.py": "import pickle\ndef restore(x):\n    return pickle.loads(x)\n",
        "use.py": "from .io import restore\n",
    }
    for package in ("ours", "transformers"):
        written(tmp_path, {f"{package}/{name}": text for name, text in files.items()})
    assert brought(tmp_path, "ours/use.py", "MLW111") == {"MLW111"}
    assert brought(tmp_path, "transformers/use.py", "MLW111") == frozenset()


@pytest.mark.parametrize("last", ["class Last:\n    pass\n", ASKING.replace("def ask", "def Last")])
def test_what_is_in_no_module_of_a_large_project_is_not_brought_once_all_are_known(tmp_path: Path, last: str) -> None:
    count = MOST_MODULES + MOST_NEW + 5
    written(
        tmp_path,
        {
            **{f"m{n:03}.py": f"class C{n}:\n    pass\n" for n in range(count)},
            "mid.py": "".join(f"from m{n:03} import C{n}\n" for n in range(count))
            + "from last import Last\nclass All:\n"
            + "".join(f"    c{n} = C{n}\n" for n in range(count))
            + "    last = Last\n",
            "last.py": last,
            "main.py": "from mid import All\neval(All)\n",
        },
    )
    project = Project()
    plan = project.plans.of(
        project.enabled(Settings(select=("MLW401",), root=str(tmp_path))), DocumentKind.PYTHON, policy=False
    )
    content = (tmp_path / "main.py").read_bytes()
    importer = Importer(content, words_of(content), 0, str(tmp_path / "main.py"), str(tmp_path))
    told = [project.siblings.borrowed(importer, plan).classes for _ in range(count // MOST_NEW + 2)]
    assert "@model" in told[0]  # not all modules are known yet
    assert ("@model" in told[-1]) is ("OpenAI" in last)
