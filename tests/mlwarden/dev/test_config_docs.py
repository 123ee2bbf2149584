"""The documentation of the configuration says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlwarden.config.codes import is_known
from mlwarden.config.load import load
from mlwarden.dev.config_docs import PAGE, with_reference
from mlwarden.rules.registry import every_rule

KNOWN = frozenset(info.code for info in every_rule())


def test_the_reference_is_fresh() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_reference(page), "run `python -m mlwarden.dev.config_docs`"


def test_links_within_the_page_lead_somewhere() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", page, re.MULTILINE)}
    links = re.findall(r"\(#([^)]+)\)", page)
    assert len(links) == 6
    assert set(links) <= headings


@pytest.mark.parametrize("block", re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S))
def test_each_example_of_toml_is_a_configuration(block: str, tmp_path: Path) -> None:
    path = tmp_path / ("pyproject.toml" if "[tool.mlwarden]" in block else "mlwarden.toml")
    path.write_text(block, encoding="utf-8")
    # The examples may name rules of later releases: what counts here is their form.
    codes = frozenset(re.findall(r"MLW[0-9]{3}", block))
    assert load(path, KNOWN | codes).values != {}


def test_the_codes_of_the_run_that_the_page_names_exist() -> None:
    for code in re.findall(r"\bMLW0[0-9]{2}\b", PAGE.read_text(encoding="utf-8")):
        assert is_known(code, KNOWN)
