import json

import nbformat
import pytest

from mlwarden.notebooks.validate import MAX_LENGTH, MAX_PROBLEMS, problems

CODE = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": [], "execution_count": None}


def notebook(*cells, **more):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more)


def without(name):
    return {key: value for key, value in CODE.items() if key != name}


def test_what_nbformat_writes_is_valid():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x"), nbformat.v4.new_markdown_cell("# y")])
    assert problems(nbformat.writes(made)) == []


SECRET = "hf_" + "a" * 34


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", ["not JSON: expected a property name in double quotes (line 1, column 2)"]),
        ("[" * 10_000, ["not JSON: nested deeper than 200 levels (line 1, column 201)"]),
        ("[]", ["a notebook is a JSON object"]),
        ("{}", ["nbformat: is not a whole number"]),
        ('{"nbformat": 4, "nbformat_minor": true}', ["nbformat_minor: is not a whole number"]),
        ('{"nbformat": 9}', ["nbformat: version 9 is not known"]),
        ('{"nbformat": 4, "nbformat_minor": 5}', ["lacks 'metadata', 'cells'"]),
        (notebook(without("id")), ["cells[0]: lacks 'id'"]),
        (notebook(CODE, CODE), ["cells[1]: has the id of cells[0]"]),
        (notebook({**CODE, "id": SECRET + "!"}), ["cells[0].id: breaks the schema's rule 'pattern'"]),
        (notebook({**CODE, "source": {"x": SECRET}}), ["cells[0].source: has none of the allowed forms"]),
        (notebook({**CODE, "execution_count": SECRET}), ["cells[0].execution_count: is not of type integer or null"]),
        (notebook({**CODE, "extra": SECRET, SECRET + "x" * 40: 1}), ["cells[0]: has unknown 'extra', '...'"]),
        (
            notebook({**CODE, "outputs": [{"output_type": "stream", "text": SECRET}]}),
            ["cells[0].outputs[0]: lacks 'name'"],
        ),
        (notebook(CODE, metadata=[SECRET]), ["metadata: is not of type object"]),
        (notebook({**CODE, "cell_type": SECRET}), ["cells[0]: has none of the allowed forms"]),
    ],
)
def test_problems(text, expected):
    found = problems(text)
    assert sorted(found) == sorted(expected)
    assert SECRET not in "".join(found)


def test_old_versions_must_survive_the_upgrade():
    code = {"cell_type": "code", "input": "x", "language": "python", "metadata": {}, "outputs": []}
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [code], "metadata": {}}],
    }
    assert problems(json.dumps(old)) == []
    assert problems(json.dumps({**old, "nbformat": 2})) == []
    old["worksheets"] = [{"cells": [{**code, "collapsed": "yes"}], "metadata": {}}]
    assert problems(json.dumps(old)) == ["worksheets[0].cells[0].collapsed: is not of type boolean"]
    (problem,) = problems(json.dumps({"nbformat": 2, "worksheets": [{"cells": [3]}]}))
    assert problem.startswith("cannot be upgraded to nbformat 4 (")


def test_one_mistake_in_every_cell_is_not_told_forever():
    found = problems(notebook(*[without("metadata")] * (MAX_PROBLEMS + 5)))
    assert len(found) == MAX_PROBLEMS
    assert found[0] == "cells[0]: lacks 'metadata'"


def test_very_long_notebooks_are_not_validated():
    assert problems(" " * (MAX_LENGTH + 1)) == [
        f"the notebook is longer than {MAX_LENGTH} characters and was not validated"
    ]
