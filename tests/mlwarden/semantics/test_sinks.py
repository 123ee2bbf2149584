"""Which calls are sinks, and how sure that is."""

from __future__ import annotations

import pytest

from mlwarden.semantics import sinks
from mlwarden.semantics.sinks import Sink, sink_of
from mlwarden.testing import model_of

TABLES = {name: getattr(sinks, name) for name in ("CODE", "COMMANDS", "SQL", "HTML", "PATHS", "URLS", "DESERIALIZERS")}


def _found(code: str, table: dict[str, Sink]) -> list[tuple[str, bool]]:
    """The sinks that the calls of a module are: the call's last word, and whether it is certain."""
    model = model_of(code)
    return [(call.attribute, found[1]) for call in model.calls if (found := sink_of(call, table)) is not None]


@pytest.mark.parametrize(
    ("code", "table", "expected"),
    [
        ("import sqlite3\nsqlite3.connect('a').cursor().execute(q)", "SQL", [("execute", True)]),
        ("def f(self, q):\n    self._cursor.execute(q)", "SQL", [("execute", False)]),
        ("def f(db, q):\n    db.cursor().execute(q)", "SQL", [("execute", False)]),
        ("def f(plan, q):\n    plan.execute(q)", "SQL", []),
        ("import concurrent.futures as c\nc.ThreadPoolExecutor().execute(q)", "SQL", []),
        ("class Db:\n    def execute(self, q): ...\ndb = Db()\ndb.execute(q)", "SQL", []),
        ("import lib\nconn = lib.App().connect()\nconn.execute(q)", "SQL", [("execute", False)]),
        ("import lib\nconn = lib.App()\nconn.execute(q)", "SQL", []),
        ("import requests\nrequests.get(u)\nrequests.Session().post(u)", "URLS", [("get", True), ("post", True)]),
        ("settings = {}\nsettings.get(u)", "URLS", []),
        ("from pathlib import Path\nPath(p).write_text(t)", "PATHS", [("write_text", True)]),
        ("def f(out_path):\n    out_path.write_text(t)", "PATHS", [("write_text", False)]),
        ("def f(response):\n    response.write_text(t)", "PATHS", []),
        ("import streamlit as st\nst.sidebar.markdown(t)", "HTML", [("markdown", True)]),
        ("def f(file):\n    file.write(t)", "HTML", []),
    ],
)
def test_sink_of(code: str, table: str, expected: list[tuple[str, bool]]) -> None:
    assert _found(code, TABLES[table]) == expected


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_are_well_formed(table: str) -> None:
    """A sink of a method of anything says whose; one of a named call needs no pattern."""
    for name, sink in TABLES[table].items():
        assert bool(sink.owner) is (name.startswith("*.") and name != "*.exec_driver_sql"), name
        assert sink.places[0] == (sink.keyword, sink.position)
