"""docs/secrets.md lists every format. When this fails, put the table that it prints into the page."""

from __future__ import annotations

from pathlib import Path

from mlwarden.secrets.formats import TokenFormat, all_formats

PAGE = Path(__file__).parents[3] / "docs" / "secrets.md"


def row(token: TokenFormat) -> str:
    prefixes = ", ".join(f"`{prefix.rstrip()}`" for prefix in token.prefixes[:6])
    parts = [prefixes + (", ..." if len(token.prefixes) > 6 else "")] if prefixes else []
    if token.near:
        parts.append("beside " + ", ".join(f"`{word}`" for word in token.near[:3]))
    variable = f"`{token.env}`" if token.env else ""
    host = token.source.split("/")[2].removeprefix("www.")
    how = " ".join(parts) or "by its form"
    return f"| {token.kind} | {how} | {variable} | {token.severity} | [{host}]({token.source}) |"


def test_the_table_is_up_to_date() -> None:
    _, _, table = PAGE.read_text(encoding="utf-8").partition("| --- | --- | --- | --- | --- |\n")
    assert table == "".join(f"{row(token)}\n" for token in all_formats())
