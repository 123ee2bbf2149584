"""Values stay bounded whatever the code does to them."""

from __future__ import annotations

import pytest

from mlwarden.semantics.values import MAX_WEIGHT
from mlwarden.testing import model_of

GROWING = {
    "list_of_itself": "x = []\n" + "x.append([x, x])\n" * 40,
    "doubled": "x = [1]\n" + "x = [x, x]\n" * 60,
    "dict": "x = {}\n" + "x = {'a': x, 'b': x}\n" * 60,
    "branches": "x = 1\n" + "if c:\n    x = [x]\nelse:\n    x = (x, x)\n" * 40,
    "recursion": "def f(x):\n    return f([x, x, {'a': x}])\nx = f(1)",
    "attribute": "class A:\n    def go(self, m):\n        self.h = [self.h, m, self.h]\n        self.go(self.h)\n"
    "x = A()\n" + "x.go(x.h)\n" * 20,
    "partial": "import functools\nx = print\n" + "x = functools.partial(x, [x, x])\n" * 40,
    "path": "from pathlib import Path\nx = Path('a')\n" + "x = Path(x) / str(x)\n" * 60,
    "text": "x = 'a'\n" + "x = f'{x}{x}'\n" * 60,
    "loop": "x = []\nfor i in y:\n    for j in i:\n        x.append({'x': x, 'y': [x]})\n        x = [x, x]\n",
}


@pytest.mark.parametrize("code", GROWING.values(), ids=GROWING)
def test_bounded(code: str) -> None:
    model = model_of(code + "\nprint(x)")
    values = [value for call in model.calls for value in call.positional()]
    assert values
    assert max(value.weight for value in values) <= MAX_WEIGHT + 1
