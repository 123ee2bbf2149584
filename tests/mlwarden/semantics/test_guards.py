"""Checks that code makes of a value before it uses it."""

from __future__ import annotations

import pytest

from mlwarden.semantics.guards import is_guarded
from mlwarden.testing import model_of


def _guarded(body: str, before: str = "", parameters: str = "name") -> bool:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    model = model_of(f"import lib\n{before}\ndef f({parameters}):\n{lines}\n    lib.load(name)\n")
    call = model.calls_of("lib.load")[-1]
    return is_guarded(call, "name", 0, model)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("assert name in ('a', 'b')", ""),
        ("if name not in ALLOWED:\n    raise ValueError", "ALLOWED = {'a', 'b'}"),
        ("if name not in NAMES.keys():\n    return", "NAMES = {'a': 1}"),
        ("if name.strip().lower() in SIZES: pass", "SIZES = frozenset(['a', 'b'])"),
        ("if name not in {m for m in SIZES}: return", "SIZES = ['a', 'b']"),
        ("if name not in settings.supported_models: return", ""),
        ("if name not in Size.__members__: return", ""),
        ("if name not in get_allowed_models(): return", ""),
        ("validate_model(name)", ""),
        ("ensureModelAllowed(name)", ""),
        ("if not is_trusted(name): return", ""),
        ("if name != 'a':\n    raise ValueError", ""),
        ("if not re.fullmatch(r'acme/[a-z]+', name): raise ValueError", "import re"),
        ("given = request['name']\nif given not in ('a', 'b'): raise ValueError\nname = given", ""),
    ],
)
def test_a_check_counts(body: str, before: str) -> None:
    assert _guarded(body, before)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("pass", ""),
        ("if name in cache: return cache[name]", "cache = {}"),
        ("if name not in self.models: self.models[name] = 1", ""),
        ("for name in ('a', 'b'): pass", ""),
        ("if other in ('a', 'b'): return", ""),
        ("if 'a' in name: return", ""),
        ("if name == 'a': return None", ""),
        ("check_cache(name)", ""),
        ("if not re.match(r'[\\w-]+/[\\w-]+', name): raise ValueError", "import re"),
        ("log(name)\nvalidate_model(other)", ""),
    ],
)
def test_no_check(body: str, before: str) -> None:
    assert not _guarded(body, before)


def test_a_check_after_the_call_is_none() -> None:
    model = model_of("import lib\ndef f(name):\n    lib.load(name)\n    assert name in ('a', 'b')\n")
    assert not is_guarded(model.calls_of("lib.load")[0], "name", 0, model)


@pytest.mark.parametrize("annotation", ["Literal['a', 'b']", "Size", "int", "Optional[Size]", "'Size'"])
def test_a_closed_type_is_a_check(annotation: str) -> None:
    before = "from enum import Enum\nfrom typing import Literal, Optional\nclass Size(str, Enum):\n    a = 'a'"
    assert _guarded("pass", before, f"name: {annotation}")
    assert not _guarded("pass", before, "name: str")


def test_a_check_in_the_caller_counts_for_its_call() -> None:
    model = model_of(
        """
        import lib
        from flask import request

        def load(name):
            return lib.load(name)

        def safe():
            name = request.args["name"]
            assert name in ("a", "b")
            return load(name)
        """
    )
    found = {bool(call.context): is_guarded(call, "name", 0, model) for call in model.calls_of("lib.load")}
    assert found == {True: True, False: False}
