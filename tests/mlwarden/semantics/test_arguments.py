"""Values of arguments: constants through names, defaults, dictionaries, options; and what stays unknown."""

from __future__ import annotations

import pytest

from mlwarden.semantics.values import Value
from mlwarden.testing import model_of


def safe_of(code: str) -> list[Value]:
    """The value of `safe` in each call of `lib.load`, whatever the context."""
    return [call.argument("safe", 1) for call in model_of(f"import lib\n{code}").calls_of("lib.load")]


KNOWN = {
    "literal": ("lib.load(p, safe=False)", {False}),
    "positional": ("lib.load(p, False)", {False}),
    "name": ("SAFE = False\nlib.load(p, safe=SAFE)", {False}),
    "not": ("SAFE = True\nlib.load(p, safe=not SAFE)", {False}),
    "negative": ("lib.load(p, safe=-1)", {-1}),
    "class_constant": ("class C:\n    SAFE = False\nlib.load(p, safe=C.SAFE)", {False}),
    "self_constant": ("class C:\n    SAFE = False\n    def go(self):\n        lib.load(p, safe=self.SAFE)", {False}),
    "conditional": ("lib.load(p, safe=True if x else False)", {True, False}),
    "branches": ("if x:\n    s = True\nelse:\n    s = False\nlib.load(p, safe=s)", {True, False}),
    "rebound": ("s = True\ns = False\nlib.load(p, safe=s)", {False}),
    "returns_early": (
        "def f(x):\n    s = False\n    if x:\n        s = True\n        return\n    lib.load(p, safe=s)",
        {False},
    ),
    "splat": ("lib.load(p, **{'safe': False})", {False}),
    "splat_name": ("kw = {'safe': False}\nlib.load(p, **kw)", {False}),
    "splat_dict_call": ("kw = dict(safe=False)\nlib.load(p, **kw)", {False}),
    "splat_item_set": ("kw = {}\nkw['safe'] = False\nlib.load(p, **kw)", {False}),
    "splat_update": ("kw = {}\nkw.update(safe=False)\nlib.load(p, **kw)", {False}),
    "splat_merge": ("kw = {**base(), 'safe': False}\nlib.load(p, **kw)", {False}),
    "splat_union": ("kw = {'a': 1} | {'safe': False}\nlib.load(p, **kw)", {False}),
    "star_args": ("args = (p, False)\nlib.load(*args)", {False}),
    "partial": ("import functools\nf = functools.partial(lib.load, safe=False)\nf(p)", {False}),
    "partial_overridden": ("import functools\nf = functools.partial(lib.load, safe=False)\nf(p, safe=True)", {True}),
    "environ_default": ("import os\nlib.load(p, safe=os.environ.get('S', 'no'))", {"no"}),
    "getenv_default": ("import os\nlib.load(p, safe=os.getenv('S', 'no'))", {"no"}),
    "argparse": (
        "import argparse\na = argparse.ArgumentParser()\na.add_argument('--be-safe', action='store_true')\n"
        "o = a.parse_args()\nlib.load(p, safe=o.be_safe)",
        {False},
    ),
    "dict_item": ("CONFIG = {'safe': False}\nlib.load(p, safe=CONFIG['safe'])", {False}),
    "dict_get": ("CONFIG = {'safe': False}\nlib.load(p, safe=CONFIG.get('safe', True))", {False}),
    "dict_get_default": ("CONFIG = {}\nlib.load(p, safe=CONFIG.get('safe', False))", {False}),
    "returned": ("def s():\n    return False\nlib.load(p, safe=s())", {False}),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    safe: bool = False\n"
        "def f(c: C):\n    lib.load(p, safe=c.safe)",
        {False},
    ),
    "dataclass_given": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    safe: bool\nc = C(safe=False)\n"
        "lib.load(p, safe=c.safe)",
        {False},
    ),
    "walrus": ("lib.load(p, safe=(s := False))", {False}),
    "unpacked": ("a, s = 1, False\nlib.load(p, safe=s)", {False}),
    "global": ("SAFE = False\ndef f():\n    lib.load(p, safe=SAFE)", {False}),
    "or": ("lib.load(p, safe=None or False)", {False}),
    "text": ("R = 'main'\nlib.load(p, safe=f'{R}')", {"main"}),
    "joined": ("lib.load(p, safe='ma' + 'in')", {"main"}),
    "adjacent": ("lib.load(p, safe='ma' 'in')", {"main"}),
    "loop_over_literals": ("for s in (True, False):\n    lib.load(p, safe=s)", {True, False}),
}


@pytest.mark.parametrize(("code", "expected"), KNOWN.values(), ids=KNOWN)
def test_known(code: str, expected: set[object]) -> None:
    found = {constant for value in safe_of(code) for constant in value.constants()}
    assert found == expected


def test_a_wrapper_is_judged_by_itself_and_in_the_context_of_each_caller() -> None:
    model = model_of(
        """
        import lib
        def load(path, safe=False):
            return lib.load(path, safe=safe)
        load("a", safe=True)
        load("b")
        """
    )
    seen = [
        (call.argument("path", 0).strings(), call.argument("safe").constants()) for call in model.calls_of("lib.load")
    ]
    assert seen == [(("a",), (True,)), (("b",), (False,)), ((), (False,))]
    assert [step.note for step in model.calls_of("lib.load")[0].context] == ["calls `load`"]


@pytest.mark.parametrize(
    ("code", "absent", "unknown"),
    [
        ("lib.load(p)", True, False),
        ("lib.load(p, **kw)", False, True),
        ("lib.load(*args)", False, True),
        ("def f(**kw):\n    lib.load(p, **kw)", False, True),
        ("def f(safe):\n    lib.load(p, safe=safe)", False, True),
        ("lib.load(p, safe=compute())", False, True),
        ("kw = {'other': 1}\nlib.load(p, **kw)", True, False),
        ("kw = {**other()}\nlib.load(p, **kw)", False, True),
    ],
)
def test_left_out_or_unknown(code: str, absent: bool, unknown: bool) -> None:
    (value,) = safe_of(code)
    assert (value.is_absent, value.is_unknown) == (absent, unknown)


def test_a_parameter_with_a_default_may_be_it_or_anything() -> None:
    (value,) = safe_of("def f(safe=False):\n    lib.load(p, safe=safe)")
    assert value.may_be(False)
    assert value.is_unknown
    assert not value.must_be(False)


def test_truth_is_not_equality() -> None:
    (value,) = safe_of("lib.load(p, safe=0)")
    assert value.truth() is False
    assert not value.may_be(False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lib.load(p)", "lib.load(p, x=1)"),
        ("lib.load()", "lib.load(x=1)"),
        ("lib.load( )", "lib.load( x=1)"),
        ("lib.load(p,)", "lib.load(p, x=1,)"),
        ("lib.load((p))", "lib.load((p), x=1)"),
        ("lib.load(( p ) )", "lib.load(( p ), x=1 )"),
        ("(lib.load(p))", "(lib.load(p, x=1))"),
        ("lib.load(p  # why\n)", "lib.load(p, x=1  # why\n)"),
        ("lib.load(\n    p,\n    y=2,\n)", "lib.load(\n    p,\n    y=2,\n    x=1,\n)"),
        ("lib.load(\n    p,\n    y=2\n)", "lib.load(\n    p,\n    y=2,\n    x=1\n)"),
        ("lib.load(*p)", "lib.load(*p, x=1)"),
        ("lib.load(g for g in p)", None),
        ("lib.load(p, **kw)", None),
    ],
)
def test_add_keyword(before: str, after: str | None) -> None:
    text = f"import lib\n{before}\n"
    (call,) = model_of(text).calls_of("lib.load")
    edit = call.add_keyword("x", "1")
    if after is None:
        assert edit is None
        return
    assert edit is not None
    assert text[: edit.span.start] + edit.replacement + text[edit.span.end :] == f"import lib\n{after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lib.load(p, x=1)", "lib.load(p)"),
        ("lib.load(p, x=1,)", "lib.load(p,)"),
        ("lib.load(x=1)", "lib.load()"),
        ("lib.load(x=1,)", "lib.load()"),
        ("lib.load(x=1 , )", "lib.load( )"),
        ("lib.load(x=1, y=2)", "lib.load(y=2)"),
        ("lib.load(x=1, **kw)", "lib.load(**kw)"),
        ("lib.load(x=(1), y=(2))", "lib.load(y=(2))"),
        ("lib.load(p, x=(1), y=2)", "lib.load(p, y=2)"),
        ("lib.load(\n    p,\n    x=1,\n    y=2,\n)", "lib.load(\n    p,\n    y=2,\n)"),
        ("lib.load(\n    p,\n    x=1,\n)", "lib.load(\n    p,\n)"),
        ("lib.load(x=1, *(a))", "lib.load(*(a))"),
        ("lib.load(1)", None),
    ],
)
def test_remove_argument(before: str, after: str | None) -> None:
    text = f"import lib\n{before}\n"
    (call,) = model_of(text).calls_of("lib.load")
    edit = call.remove_argument("x", 0)
    if after is None:
        assert edit is None
        return
    assert edit is not None
    assert text[: edit.span.start] + edit.replacement + text[edit.span.end :] == f"import lib\n{after}\n"


SETTINGS = {
    "setdefault": "def ld(p, **k):\n    k.setdefault('wo', False)\n    load(p, **k)\nld('x')",
    "pop with a default": "def ld(p, **k):\n    load(p, wo=k.pop('wo', False))",
    "bool": "load(p, wo=bool(0))",
    "member of an enumeration": "import enum\nclass M(enum.Enum):\n    A = False\nload(p, wo=M.A.value)",
    "namespace": "from types import SimpleNamespace\nc = SimpleNamespace(wo=False)\nload(p, wo=c.wo)",
    "configuration": "from omegaconf import OmegaConf\nc = OmegaConf.create({'wo': False})\nload(p, wo=c.wo)",
    "field of a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    wo: bool = field(default=False)\n"
    "load(p, wo=C().wo)",
    "field of a model": "from pydantic import BaseModel, Field\nclass C(BaseModel):\n    wo: bool = Field(False)\nload(p, wo=C().wo)",
}


@pytest.mark.parametrize("code", SETTINGS.values(), ids=SETTINGS)
def test_settings_may_be_false(code: str) -> None:
    calls = model_of(f"from lib import load\n{code}").calls_of("lib.load")
    assert any(call.argument("wo").may_be(False) for call in calls)
