"""The JSON schema and our own reading of it: the two must say the same about every value."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.fields import FIELDS
from mlwarden.config.schema import Mismatch, config_schema, mismatches
from mlwarden.config.settings import Settings


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(config_schema())


def test_every_key_is_an_attribute_of_settings_and_every_attribute_is_a_key() -> None:
    # `root`, `config_path` and `bandit` say where settings come from; nobody sets them under a key of ours.
    assert {field.attribute for field in FIELDS} == set(Settings.__slots__) - {"root", "config_path", "bandit"}


def test_the_defaults_in_the_schema_are_those_of_settings() -> None:
    defaults = {key: piece["default"] for key, piece in config_schema()["properties"].items() if "default" in piece}
    assert defaults == {
        "extend-select": [],
        "ignore": [],
        "per-file-ignores": {},
        "unsuppressable": [],
        "severities": {},
        "severity": "low",
        "confidence": "low",
        "unsafe-fixes": False,
        "versions": {},
        "extend-exclude": [],
        "respect-gitignore": True,
        "cache": True,
    }


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_the_example_of_each_key_fits(field: Any) -> None:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    table = tomllib.loads(field.example)
    assert list(table) == [field.key]
    assert list(mismatches(table, config_schema())) == []


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"selct": []}, Mismatch(("selct",), "unknown key", "select")),
        ({"per_file_ignores": {}}, Mismatch(("per_file_ignores",), "unknown key", "per-file-ignores")),
        ({"zzz": 1}, Mismatch(("zzz",), "unknown key", "")),
        ({"select": "MLW1"}, Mismatch(("select",), "expected a list, found a string", '["MLW1"]')),
        ({"select": [1]}, Mismatch(("select", 0), "expected a string, found a whole number")),
        ({"select": ["E501"]}, Mismatch(("select", 0), "unknown code 'E501'", not_a_code="E501")),
        ({"select": ["MLW1\n"]}, Mismatch(("select", 0), "unknown code 'MLW1\n'", not_a_code="MLW1\n")),
        ({"jobs": 0}, Mismatch(("jobs",), "0 is less than 1")),
        ({"jobs": True}, Mismatch(("jobs",), "expected a whole number, found a boolean")),
        ({"jobs": 1.5}, Mismatch(("jobs",), "expected a whole number, found a number")),
        ({"cache": "yes"}, Mismatch(("cache",), "expected true or false, found a string")),
        (
            {"severity": "hihg"},
            Mismatch(("severity",), "unknown value 'hihg': expected one of critical, high, medium, low", "high"),
        ),
        ({"severity": 3}, Mismatch(("severity",), "expected one of critical, high, medium, low, found a whole number")),
        (
            {"confidence": "Medium"},
            Mismatch(("confidence",), "unknown value 'Medium': expected one of high, medium, low", "medium"),
        ),
        ({"baseline": ""}, Mismatch(("baseline",), "must not be empty")),
        ({"per-file-ignores": {"": ["MLW1"]}}, Mismatch(("per-file-ignores", ""), "must not be empty")),
        (
            {"per-file-ignores": {"a/*": "MLW1"}},
            Mismatch(("per-file-ignores", "a/*"), "expected a list, found a string", '["MLW1"]'),
        ),
        ({"severities": {"E1": "low"}}, Mismatch(("severities", "E1"), "unknown code 'E1'", not_a_code="E1")),
        ([], Mismatch((), "expected a table, found a list")),
    ],
)
def test_what_does_not_fit(table: Any, expected: Mismatch) -> None:
    assert next(mismatches(table, config_schema())) == expected


_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-2, 5),
    # JSON Schema takes 1.0 for an integer, TOML does not.
    st.floats(allow_nan=False).filter(lambda number: not number.is_integer()),
    st.sampled_from(["", "MLW1", "B301", "ALL", "E501", "high", "HIGH", "low", ">=2", "tests/**"]),
    st.text(max_size=3),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "MLW1", "B", "torch"]), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*(field.key for field in FIELDS), "other"]), _VALUES, max_size=4))
def test_we_and_a_json_schema_library_agree(table: dict[str, Any]) -> None:
    theirs = {
        tuple(error.absolute_path) for error in jsonschema.Draft202012Validator(config_schema()).iter_errors(table)
    }
    assert bool(theirs) == any(mismatches(table, config_schema()))
