"""What is found in a file does not depend on which files were checked before it, import cycles or not."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.engine.project import Project
from mlwarden.model.results import SourceFile

# Each module hands `restore` on from the next one, in a circle; only the last one has the loader.
CIRCLE = {
    "a.py": "from b import restore\nimport d\nrestore(x)\n",
    "b.py": "from c import restore\nimport a\nrestore(x)\n",
    "c.py": "from d import restore\nimport b\nrestore(x)\n",
    "d.py": "import a\nfrom pickle import loads as restore\nrestore(x)\n",
}
WRAPPERS = {
    "a.py": "import requests\nfrom b import f\nf(requests.get(u).content)\n",
    "b.py": "from c import g\nimport a\ndef f(x):\n    return g(x)\n",
    "c.py": "from b import f\nfrom d import h\ndef g(x):\n    f(x)\n    return h(x)\n",
    "d.py": "import pickle\nfrom c import g\ndef h(x):\n    g(x)\n    return pickle.loads(x)\n",
}
# Longer than any bound on how far imports are followed would be.
CHAIN = {f"m{n}.py": f"from m{n + 1} import restore\nrestore(x)\n" for n in range(9)}
CHAIN["m9.py"] = "from pickle import loads as restore\nrestore(x)\n"


def places(root: Path, names: tuple[str, ...]) -> dict[str, list[tuple[int, int, str]]]:
    project = Project()
    settings = Settings(select=("MLW111",), root=str(root))
    found = {}
    for name in names:
        result = check(SourceFile(str(root / name), (root / name).read_bytes()), settings, project)
        found[name] = [(f.span.start, f.span.end, str(f.severity)) for f in result.verdict.reported]
    return found


@pytest.mark.parametrize("files", [CIRCLE, WRAPPERS], ids=["circle", "wrappers"])
def test_every_order_gives_the_same(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    alone = {name: places(tmp_path, (name,))[name] for name in files}
    assert all(alone.values()) or files is WRAPPERS
    for order in permutations(files):
        assert places(tmp_path, order) == alone, order


def test_a_long_chain_of_imports(tmp_path: Path) -> None:
    for name, text in CHAIN.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    names = tuple(CHAIN)
    forward, backward = places(tmp_path, names), places(tmp_path, names[::-1])
    assert forward == backward
    assert all(len(found) == 1 for found in forward.values()), forward
