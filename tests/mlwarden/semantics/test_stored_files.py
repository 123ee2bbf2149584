"""What is downloaded or written to a file is found again when the file is read."""

from __future__ import annotations

import pytest

from mlwarden.semantics.origins import OriginKind, origin_of
from mlwarden.testing import model_of


def kinds_at_sink(code: str) -> set[str]:
    (call,) = model_of(f"import json, os, requests, shutil, tempfile\nfrom pathlib import Path\n{code}").calls_of(
        "exec"
    )
    return {taint.kind for taint in call.argument("source", 0).taints}


THROUGH = {
    "write and read": "open('m.py', 'wb').write(requests.get(u).content)\nexec(open('m.py').read())",
    "with": "with open('m.py', 'wb') as f:\n    f.write(requests.get(u).content)\nwith open('m.py') as f:\n    exec(f.read())",
    "chunks": "r = requests.get(u, stream=True)\nwith open('m.py', 'wb') as f:\n    for chunk in r.iter_content(1):\n"
    "        f.write(chunk)\nexec(open('m.py').read())",
    "path object": "p = Path('m.py')\np.write_bytes(requests.get(u).content)\nexec(p.read_text())",
    "copied": "with open('m.py', 'wb') as f:\n    shutil.copyfileobj(requests.get(u, stream=True).raw, f)\nexec(open('m.py').read())",
    "moved": "from urllib.request import urlretrieve\nurlretrieve(u, 'a.py')\nshutil.move('a.py', 'b.py')\nexec(open('b.py').read())",
    "dot slash": "open('./m.py', 'wb').write(requests.get(u).content)\nexec(open('m.py').read())",
    "unknown path": "def f(path):\n    open(path, 'wb').write(requests.get(u).content)\n    exec(open(path).read())",
    "joined path": "def f(folder):\n    path = os.path.join(folder, 'm.py')\n    open(path, 'wb').write(requests.get(u).content)\n"
    "    exec(open(path).read())",
    "temporary folder": "d = tempfile.mkdtemp()\npath = os.path.join(d, 'm.py')\nopen(path, 'wb').write(requests.get(u).content)\n"
    "exec(open(path).read())",
    "temporary folder as a context": "with tempfile.TemporaryDirectory() as d:\n    path = Path(d) / 'm.py'\n"
    "    path.write_bytes(requests.get(u).content)\n    exec(path.read_text())",
}


@pytest.mark.parametrize("code", THROUGH.values(), ids=THROUGH)
def test_network_data_through_a_file(code: str) -> None:
    assert "network" in kinds_at_sink(code)


OTHERS = {
    "other file": "open('a.py', 'wb').write(requests.get(u).content)\nexec(open('b.py').read())",
    "other parameter": "def f(path, other):\n    open(path, 'wb').write(requests.get(u).content)\n    exec(open(other).read())",
    "same name in another function": "def f(path):\n    open(path, 'wb').write(requests.get(u).content)\n"
    "def g(path):\n    exec(open(path).read())",
    "own data": "open('m.py', 'w').write('x = 1')\nexec(open('m.py').read())",
}


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_other_files_are_clean(code: str) -> None:
    assert "network" not in kinds_at_sink(code)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("from urllib.request import urlretrieve\nurlretrieve(u, 'm.joblib')\nload('m.joblib')", OriginKind.REMOTE),
        (
            "from urllib.request import urlretrieve\nP = 'm.joblib'\nurlretrieve(u, P)\ndef f():\n    load(P)",
            OriginKind.REMOTE,
        ),
        ("t = tempfile.NamedTemporaryFile()\nt.write(requests.get(u).content)\nload(t.name)", OriginKind.REMOTE),
        (
            "def f(url):\n    name = 'https://a.com/x.pkl'.split('/')[-1]\n    open(name, 'wb').write(requests.get(url).content)\n"
            "    load(name)",
            OriginKind.REMOTE,
        ),
        ("from urllib.request import urlretrieve\nurlretrieve(u, 'a.joblib')\nload('b.joblib')", OriginKind.LITERAL),
        ("open('a.pkl', 'wb').write(b'x')\nload('a.pkl')", OriginKind.LITERAL),
    ],
)
def test_a_loader_that_gets_a_path(code: str, kind: OriginKind) -> None:
    text = f"import requests, tempfile\nfrom lib import load\n{code}"
    (call,) = model_of(text).calls_of("lib.load")
    assert origin_of(call.argument("file", 0), call.read_back).kind is kind
