from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.engine.cache_table import DIGEST_SIZE, NOTHING, STATE_SIZE, Folder, Table

names = st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1, max_size=8)
rows = st.fixed_dictionaries(
    {
        "state": st.binary(min_size=STATE_SIZE, max_size=STATE_SIZE),
        "digest": st.binary(min_size=DIGEST_SIZE, max_size=DIGEST_SIZE),
        "owner": st.integers(0, 3),
        "result": st.binary(max_size=20),
        "names": st.sets(names, max_size=4),
        "questions": st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4).map(tuple), max_size=2),
        "edges": st.sets(st.integers(0, 7), max_size=4),
    }
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    table = Table()
    paths = draw(st.lists(names.map(lambda name: f"/{name}"), min_size=8, max_size=8, unique=True))
    for path in paths:
        table.row(path)
    for number in range(len(paths)):
        row = draw(rows)
        table.set_content(number, row["state"], row["digest"])
        table.set_result(number, row["owner"], row["result"], 20_000)
        table.set_names(number, row["names"])
        table.set_edges(number, row["edges"])
        if row["questions"]:
            table.questions[number] = row["questions"]
    for path in draw(st.sets(names, max_size=3)):
        table.folders[path] = Folder(draw(st.integers(0, 2**63)), draw(st.frozensets(names, max_size=3)))
    table.settings = draw(st.lists(st.binary(min_size=DIGEST_SIZE, max_size=DIGEST_SIZE), max_size=3))
    return table


def shown(table: Table) -> list[object]:
    found: list[object] = [table.settings, table.folders]
    for row, path in enumerate(table.paths):
        edges = sorted(table.paths[target] for target in table.edges_of(row))
        found.append(
            (path, table.state(row), table.digest(row), table.owners[row], table.days[row], table.result(row), edges)
        )
        found.append((table.names_of(row), table.questions.get(row)))
    return found


@given(tables())
def test_there_and_back(table: Table) -> None:
    assert shown(Table.of_bytes(table.to_bytes())) == shown(table)


@given(tables(), st.data())
def test_what_is_damaged_is_refused_or_read_without_harm(table: Table, data: st.DataObject) -> None:
    content = bytearray(table.to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError, TypeError, KeyError, IndexError):
        read = Table.of_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
        assert len(read.paths) == len(read.owners)


@pytest.mark.parametrize("content", [b"", b"mlwarden results 1\n", b"{}", bytes(1000)])
def test_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a table of results"):
        Table.of_bytes(content)


@given(tables(), st.sets(st.integers(0, 7)))
def test_what_reaches_and_is_reached(table: Table, start: set[int]) -> None:
    down, up = set(start), set(start)
    for _ in table.paths:
        down |= {target for row in down for target in table.edges_of(row)}
        up |= {row for row in range(len(table.paths)) if up & set(table.edges_of(row))}
    assert table.reached_from(start) == down
    assert table.reaching(start) == up


@given(tables(), st.sets(st.integers(0, 7)))
def test_a_compacted_table_holds_what_is_kept_and_what_that_depends_on(table: Table, keep: set[int]) -> None:
    small = table.compacted(keep)
    kept = table.reached_from(keep)
    assert set(small.paths) == {table.paths[row] for row in kept}
    before = {each[0]: each for each in shown(table)[2::2]}  # type: ignore[index]
    assert {each[0]: each for each in shown(small)[2::2]} == {  # type: ignore[index]
        path: row for path, row in before.items() if path in small.paths
    }
    assert small.waste == 0.0


def test_rows_are_made_once_and_start_as_files_that_are_not_there() -> None:
    table = Table()
    assert (table.row("/a"), table.row("/b"), table.row("/a")) == (0, 1, 0)
    assert (table.digest(1), table.owners[1], table.result(1), table.names_of(1)) == (NOTHING, 0, b"", set())
    assert (table.settings_number(b"x"), table.settings_number(b"y"), table.settings_number(b"x")) == (0, 1, 0)
