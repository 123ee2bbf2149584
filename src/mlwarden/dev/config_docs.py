"""Write the reference part of `docs/configuration.md` from the table of keys: `python -m mlwarden.dev.config_docs`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mlwarden
from mlwarden.config.fields import FIELDS, Field, Kind
from mlwarden.config.schema import config_schema
from mlwarden.source.excluded import DEFAULT_EXCLUDE

PAGE = Path(mlwarden.__file__).parents[2] / "docs" / "configuration.md"
START = "<!-- keys: made by `python -m mlwarden.dev.config_docs` -->\n"
END = "<!-- end of keys -->\n"

_VALUES = {
    Kind.SEVERITY: "`critical`, `high`, `medium` or `low`",
    Kind.CONFIDENCE: "`high`, `medium` or `low`",
    Kind.SWITCH: "`true` or `false`",
    Kind.SEVERITY_BY_CODE: "table: code to `critical`, `high`, `medium` or `low`",
}


def reference() -> str:
    """A section for each key: what it does, type, default, example."""
    properties = config_schema()["properties"]
    return "\n".join(_section(field, properties[field.key]) for field in FIELDS)


def _section(field: Field, schema: dict[str, Any]) -> str:
    default = f"`{json.dumps(schema['default'])}`" if "default" in schema else field.unset
    if field.key == "exclude":
        default += ": " + ", ".join(f"`{glob}`" for glob in DEFAULT_EXCLUDE)
    return (
        f"### `{field.key}`\n\n{field.doc}\n\n"
        f"- Type: {_VALUES.get(field.kind, field.kind.value)}\n- Default: {default}\n\n"
        f"```toml\n{field.example}\n```\n"
    )


def with_reference(page: str) -> str:
    """The page with its reference part replaced."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{reference()}\n{END}{after}"


def main() -> int:
    """Write the page."""
    PAGE.write_text(with_reference(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
