"""The driver against Bandit's own: the same tests on the same text must say the same."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.bandit_engine import infos
from mlwarden.bandit_engine.driver import Chunk, drive
from mlwarden.source.lines import LineIndex

EVERY = frozenset(info.code for info in infos())

# One statement or more for most of the tests, in the shapes that matter to them: aliases, keywords over several
# lines, f-strings, nested functions, docstrings that must not count.
SAMPLES = [
    """\
assert x
try:
    pass
except Exception:
    pass
for i in x:
    try:
        f()
    except E:
        continue
""",
    """\
exec('1'); eval(x)
import os
os.chmod('f', 0o777)
os.chmod(p, 0o600)
""",
    """\
'''exec(0.0.0.0)'''
host = '0.0.0.0'
tmp = '/tmp/x'
def f():
    '0.0.0.0'
    return b'/tmp/y'
""",
    """\
password = 'a'
class C:
    token = 'b'
if secret == 'c': pass
d['pwd'] = 'd'
f(passwd='e')
def g(a, token='f'): pass
""",
    """\
import pickle as p, marshal
from dill import loads as l
p.load(f)
l(x)
marshal.loads(y)
__import__('pickle')
""",
    """\
import importlib
importlib.import_module('telnetlib')
import ftplib
ftplib.FTP(h)
""",
    """\
import hashlib
hashlib.md5(b'')
hashlib.new('sha1')
hashlib.md5(b'', usedforsecurity=False)
""",
    """\
import requests
requests.get(u, verify=False)
requests.get(
    u,
    timeout=3,
    verify=False,
)
""",
    """\
import ssl
ssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv3)
ssl._create_unverified_context()
""",
    """\
import yaml, torch
yaml.load(f)
yaml.load(f, Loader=yaml.SafeLoader)
torch.load(p)
torch.load(p, weights_only=True)
""",
    """\
from transformers import AutoModel
AutoModel.from_pretrained('a/b')
AutoModel.from_pretrained('a/b', revision='x')
""",
    """\
import subprocess as s, os
s.run(c, shell=True)
s.run(
    ['ls'],
    shell=False,
)
os.system('ls %s' % x)
s.Popen('chown *', shell=True)
""",
    """\
q = 'select * from t where x = %s' % x
cur.execute(f"delete from t where x = {x}")
cur.execute('select 1 from t where ' + x)
""",
    """\
import jinja2
jinja2.Environment()
jinja2.Environment(autoescape=True)
from mako.template import Template
Template('x')
""",
    """\
from django.utils.safestring import mark_safe
mark_safe(x)
mark_safe('a')
from markupsafe import Markup
Markup(x)
""",
    """\
import random
random.random()
from flask import Flask
app = Flask('a')
app.run(debug=True)
""",
    """\
from . import pickle
from .a import b
import xml.etree.ElementTree as ET
ET.parse(f)
""",
    """\
async def f(token='x'):
    exec(y)
lambda password='x': eval(z)
x = f'{exec(y)} {"0.0.0.0"}'
""",
    """\
x = '\u202e'
""",
]


TOGETHER = [
    end.join("".join(random.Random(seed).sample(SAMPLES[1:-1], len(SAMPLES) - 2)).split("\n"))
    for seed in range(10)
    for end in ("\n", "\r\n")
]

# Bandit writes on tree nodes that all trees of a process share, so it runs in a process of its own.
BY_BANDIT = """
import io, json, sys
from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager

results = []
for text in json.load(sys.stdin):
    manager = BanditManager(BanditConfig(), "file", ignore_nosec=True)
    manager._parse_file("./sample.py", io.BytesIO(text.encode()), ["./sample.py"])
    assert manager.skipped == []
    results.append(sorted([i.test_id, i.lineno, i.severity, i.confidence, i.text] for i in manager.results))
json.dump(results, sys.stdout)
"""


@pytest.fixture(scope="module")
def by_bandit() -> dict[str, list[list[object]]]:
    """What Bandit itself says of each text."""
    texts = [*SAMPLES, *TOGETHER]
    done = subprocess.run(
        [sys.executable, "-c", BY_BANDIT], input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(zip(texts, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("text", [*SAMPLES, *TOGETHER])
def test_the_same_as_bandit(text: str, by_bandit: dict[str, list[list[object]]]) -> None:
    assert by_bandit[text]
    outcome = drive("./sample.py", [Chunk(None, text, LineIndex(text))], EVERY, {})
    assert (outcome.failures, outcome.unparsed) == ((), ())
    ours = sorted([h.code, h.line, h.issue.severity, h.issue.confidence, h.issue.text] for h in outcome.hits)
    assert ours == by_bandit[text]


@given(st.text(alphabet="a\xe9\U0001f600\t \x0c\u2028", max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_span_is_the_nodes_own_text(filler: str, end: str) -> None:
    call = f"exec('{filler}',{end}  '{filler}')"
    text = f"# {filler}{end}x = '{filler}'; {call}{end}"
    hits = drive("a.py", [Chunk(None, text, LineIndex(text))], frozenset({"B102"}), {}).hits
    assert [text[hit.span.start : hit.span.end] for hit in hits] == [call]


def test_the_walk_visits_what_bandits_does_in_its_order() -> None:
    """Imports must be known before the calls after them, and only those after them."""
    text = "load(f)\nfrom pickle import load\nload(f)\n"
    assert [hit.line for hit in drive("a.py", [Chunk(None, text, LineIndex(text))], frozenset({"B301"}), {}).hits] == [
        3
    ]


def test_nothing_is_left_on_the_nodes_that_all_trees_share() -> None:
    text = "x = a + b if not c and d < e else [f, *g]\ndel x\n"
    drive("a.py", [Chunk(None, text, LineIndex(text))], EVERY, {})
    shared = [node for node in ast.walk(ast.parse(text)) if not node._fields and not node._attributes]
    assert {type(node).__name__ for node in shared} == {"Load", "Store", "Del", "Add", "Not", "And", "Lt"}
    assert [vars(node) for node in shared if vars(node)] == []


def test_every_kind_of_node_that_a_test_looks_at_is_reached() -> None:
    from mlwarden.bandit_engine.driver import _tests

    kinds: Any = set(_tests(EVERY, {}))
    assert kinds == {"Assert", "Call", "ExceptHandler", "File", "FunctionDef", "Import", "ImportFrom", "Str"}
    assert all(hasattr(ast, kind) for kind in kinds - {"File", "Str"})
