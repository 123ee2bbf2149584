"""Checks of paths, addresses, queries and markup on the way to a call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlwarden.semantics import argument_checks
from mlwarden.testing import model_of


def _asked(question: Callable[..., bool], body: str, before: str = "", last: str = "lib.use(x)") -> bool:
    lines = "\n".join(f"    {line}" for line in f"{body}\n{last}".splitlines())
    model = model_of(f"import lib, os\nfrom pathlib import Path\n{before}\ndef f(x):\n{lines}\n")
    call = model.calls_of("lib.use")[-1]
    return question(call, ("x", 0), model)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("x = os.path.basename(x)", ""),
        ("x = os.path.join('out', os.path.basename(x))", ""),
        ("x = Path('out') / Path(x).name", ""),
        ("x = (ROOT / x).resolve()\nif not x.is_relative_to(ROOT): raise ValueError", "ROOT = Path('a')"),
        ("if os.path.commonpath([x, ROOT]) != ROOT: raise ValueError", "ROOT = 'a'"),
        ("path = os.path.realpath(x)\nif not path.startswith(ROOT): raise ValueError", "ROOT = 'a'"),
        ("if '..' in x: raise ValueError", ""),
        ("x = inside(x)", "def inside(p):\n    p.resolve().relative_to('a')\n    return p"),
        ("x = safe_path(x)", ""),
        ("x = re.sub(r'[^\\w-]+', '_', x)", ""),
        ("x = re.sub(r'[/\\\\]', '_', x)", ""),
        ("x = ''.join(c for c in x if c.isalnum())", ""),
        ("x = slug(x)", "def slug(t):\n    return t.lower().replace('/', '-')"),
    ],
)
def test_a_confined_path(body: str, before: str) -> None:
    assert _asked(argument_checks.confined, body, before)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("x = os.path.join('out', x)", ""),
        ("x = Path('out') / x", ""),
        ("x = os.path.realpath(x)", ""),
        ("x = upload.name", ""),
        ("yaml.safe_load(x)", ""),
        ("x = re.sub(r'[^/\\w]', '_', x)", ""),
        ("x = x.replace(' ', '_')", ""),
        ("if x.startswith('report'): pass", ""),
        ("y = os.path.basename(other)", ""),
        ("x = named(x)", "def named(p):\n    return p.strip()"),
    ],
)
def test_a_path_that_may_leave(body: str, before: str) -> None:
    assert not _asked(argument_checks.confined, body, before)


@pytest.mark.parametrize(
    "body",
    [
        "host = urlparse(x).hostname\nif host not in HOSTS: raise ValueError",
        "if urlparse(x).netloc != 'a.example': raise ValueError",
        "parts = urlsplit(x)\nif parts.hostname.lower() in HOSTS: pass",
        "if not x.startswith('https://a.example/'): return",
        "if not x.startswith(('https://a.example/', 'https://b.example/')): return",
        "if ip_address(gethostbyname(urlparse(x).hostname)).is_private: raise ValueError",
        "if not is_safe_url(x): return",
    ],
)
def test_a_checked_host(body: str) -> None:
    assert _asked(argument_checks.host_checked, body)


@pytest.mark.parametrize(
    "body",
    [
        "x = x.strip()",
        "if not x.startswith('http'): return",
        "if not x.startswith(('http://', 'https://')): return",
        "if urlparse(x).scheme not in ('http', 'https'): return",
        "if host not in HOSTS: raise ValueError",
        "x = 'https://' + x",
    ],
)
def test_any_host(body: str) -> None:
    assert not _asked(argument_checks.host_checked, body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("sqlglot.parse_one(x)", True),
        ("if not is_select(x): raise ValueError", True),
        ("x = x.strip()", False),
        ("sqlglot.parse_one(other)", False),
    ],
)
def test_a_parsed_query(body: str, expected: bool) -> None:
    assert _asked(argument_checks.parsed_as_query, body) is expected


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ("x = nh3.clean(x)", "import nh3", True),
        ("x = f'<b>{clean(x)}</b>'", "from bleach import clean", True),
        ("x = strip_tags(x)", "", True),
        ("x = clean(x)", "def clean(t):\n    return t.strip()", False),
        ("y = nh3.clean(other)", "import nh3", False),
    ],
)
def test_cleaned_markup(body: str, before: str, expected: bool) -> None:
    assert _asked(argument_checks.cleaned_page, body, before) is expected


def test_the_receiver_of_a_method() -> None:
    model = model_of("def f(path, ROOT):\n    if not path.is_relative_to(ROOT): return\n    path.write_text('a')\n")
    call = next(call for call in model.calls if call.attribute == "write_text")
    assert argument_checks.confined(call, ("", None), model)
