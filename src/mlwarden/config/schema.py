"""The JSON schema of the configuration, made from `config.fields`, and the check that reads it.

The check covers the part of JSON Schema that `config_schema` uses, so that no schema library is loaded at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mlwarden.config.codes import nearest_of
from mlwarden.config.fields import FIELDS, Kind
from mlwarden.config.settings import PerFileIgnore, Settings
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.policy import Policy

Schema = dict[str, Any]

_CODE: Schema = {"type": "string", "pattern": "^(ALL|MLW[0-9A-Z]*|B[0-9]{0,3})$"}
_GLOB: Schema = {"type": "string", "minLength": 1}
_SOURCES: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}}
_SEVERITY: Schema = {"enum": [str(level) for level in reversed(Severity)]}
_CONFIDENCE: Schema = {"enum": [str(level) for level in reversed(Confidence)]}


def config_schema() -> Schema:
    """The schema of mlwarden.toml, and of the table `[tool.mlwarden]` in pyproject.toml."""
    defaults = Settings()
    properties: Schema = {}
    for field in FIELDS:
        piece = {"description": field.doc, **_value_schema(field.kind)}
        default = to_plain(field.kind, getattr(defaults, field.attribute))
        if default is not None:
            piece["default"] = default
        properties[field.key] = piece
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlwarden configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _value_schema(kind: Kind) -> Schema:
    match kind:
        case Kind.CODES:
            return {"type": "array", "items": _CODE}
        case Kind.GLOBS:
            return {"type": "array", "items": _GLOB}
        case Kind.CODES_BY_GLOB:
            codes = {"type": "array", "items": _CODE}
            return {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": codes}
        case Kind.SEVERITY_BY_CODE:
            return {"type": "object", "propertyNames": _CODE, "additionalProperties": _SEVERITY}
        case Kind.SPECIFIER_BY_NAME:
            specifier = {"type": "string", "minLength": 1}
            return {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": specifier}
        case Kind.POLICY:
            return _table({"sources": _table({"allow": _SOURCES, "deny": _SOURCES})})
        case Kind.SWITCH:
            return {"type": "boolean"}
        case Kind.SEVERITY:
            return dict(_SEVERITY)
        case Kind.CONFIDENCE:
            return dict(_CONFIDENCE)
        case Kind.PATH:
            return {"type": "string", "minLength": 1}
        case Kind.COUNT:
            return {"type": "integer", "minimum": 1}


def _table(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def to_plain(kind: Kind, value: Any) -> Any:
    """A value of `Settings` as it would stand in a configuration file; None where nothing stands for it."""
    if value is None or (kind is Kind.PATH and value == ""):
        return None
    match kind:
        case Kind.CODES | Kind.GLOBS:
            return list(value)
        case Kind.CODES_BY_GLOB:
            entries: tuple[PerFileIgnore, ...] = value
            return {entry.pattern: list(entry.codes) for entry in entries}
        case Kind.SEVERITY_BY_CODE:
            return {code: str(level) for code, level in value}
        case Kind.SPECIFIER_BY_NAME:
            return dict(value)
        case Kind.POLICY:
            policy: Policy = value
            lists = {"allow": policy.sources.allow, "deny": policy.sources.deny or None}
            given = {name: list(patterns) for name, patterns in lists.items() if patterns is not None}
            return {"sources": given} if given else None
        case Kind.SEVERITY | Kind.CONFIDENCE:
            return str(value)
        case Kind.SWITCH | Kind.PATH | Kind.COUNT:
            return value


class Mismatch(NamedTuple):
    """Where a value does not fit the schema.

    Attributes:
        keys: keys and list indexes that lead to the place.
        problem: what is wrong, without the place.
        suggestion: the nearest right spelling, or "".
        not_a_code: the text that should have been a rule code, or ""; who knows the codes can make the suggestion.
    """

    keys: tuple[str | int, ...]
    problem: str
    suggestion: str = ""
    not_a_code: str = ""


def mismatches(value: Any, schema: Schema, keys: tuple[str | int, ...] = ()) -> Iterator[Mismatch]:
    """Yield every place where `value` does not fit `schema`, in the order of the value."""
    wanted = schema.get("type")
    if wanted is not None and not _is_a(value, wanted):
        yield Mismatch(keys, f"expected {_TYPES[wanted]}, found {_type_of(value)}", _as_list(value, schema))
        return
    if "enum" in schema and value not in schema["enum"]:
        yield _not_in_enum(value, schema["enum"], keys)
        return
    if isinstance(value, str):
        yield from _string_mismatches(value, schema, keys)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from mismatches(item, schema.get("items", {}), (*keys, index))
    elif isinstance(value, Mapping):
        yield from _table_mismatches(value, schema, keys)
    elif "minimum" in schema and value < schema["minimum"]:
        yield Mismatch(keys, f"{value} is less than {schema['minimum']}")


_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "a table",
    "string": "a string",
}


def _is_a(value: Any, wanted: str) -> bool:
    match wanted:
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "object":
            return isinstance(value, Mapping)
        case _:
            return isinstance(value, str)


def _type_of(value: Any) -> str:
    for wanted, text in _TYPES.items():
        if _is_a(value, wanted):
            return "a boolean" if wanted == "boolean" else text
    return "a number" if isinstance(value, float) else "a date or time"


def _as_list(value: Any, schema: Schema) -> str:
    """`["MLW1"]` for a lone "MLW1" where a list of strings is wanted."""
    if schema.get("type") != "array" or not isinstance(value, str):
        return ""
    return "" if any(mismatches(value, schema["items"])) else f'["{value}"]'


def _not_in_enum(value: Any, allowed: list[str], keys: tuple[str | int, ...]) -> Mismatch:
    expected = "expected one of " + ", ".join(allowed)
    if not isinstance(value, str):
        return Mismatch(keys, f"{expected}, found {_type_of(value)}")
    return Mismatch(keys, f"unknown value {shown(value)}: {expected}", nearest_of(value.strip().lower(), allowed))


def _string_mismatches(value: str, schema: Schema, keys: tuple[str | int, ...]) -> Iterator[Mismatch]:
    if len(value) < schema.get("minLength", 0):
        yield Mismatch(keys, "must not be empty")
    # JSON Schema's `$` is the end of the text, Python's also matches before a last line end: hence `\Z`.
    elif "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        yield Mismatch(keys, f"unknown code {shown(value)}", not_a_code=value)


def _table_mismatches(value: Mapping[str, Any], schema: Schema, keys: tuple[str | int, ...]) -> Iterator[Mismatch]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for key, item in value.items():
        place = (*keys, key)
        yield from mismatches(key, schema.get("propertyNames", {}), place)
        if key in properties:
            yield from mismatches(item, properties[key], place)
        elif others is False:
            yield Mismatch(place, "unknown key", _key_spelling(key, properties))
        else:
            yield from mismatches(item, others, place)


def _key_spelling(key: str, properties: Schema) -> str:
    kebab = key.strip().lower().replace("_", "-")
    return kebab if kebab in properties else nearest_of(kebab, properties)


def shown(value: str) -> str:
    """The value in quotes, cut to a length that a message can bear."""
    return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
