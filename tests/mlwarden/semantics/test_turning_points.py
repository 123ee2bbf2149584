"""The table of turning points: every entry is usable, and asks the project's requirements."""

from __future__ import annotations

import pytest
from packaging.version import Version

from mlwarden.semantics import turning_points
from mlwarden.semantics.turning_points import TORCH_LOAD_RESTRICTED, TurningPoint
from mlwarden.testing import findings_in

POINTS = {name: value for name, value in vars(turning_points).items() if isinstance(value, TurningPoint)}


@pytest.mark.parametrize("name", POINTS)
def test_entry_is_complete(name: str) -> None:
    point = POINTS[name]
    assert Version(point.version) > Version("0")
    assert point.api.partition(".")[0].isidentifier()
    assert point.change
    assert point.source.startswith("https://")


def test_entries_differ() -> None:
    keys = [(point.package, point.api, point.parameter, point.version, point.change) for point in POINTS.values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("specifier", "passed"),
    [("==2.5.1", False), ("<2.6", False), (">=2.6", True), ("==2.6.0", True), (">=2.0", None), ("", None)],
)
def test_asks_what_the_project_requires(specifier: str, passed: bool | None) -> None:
    versions = {TORCH_LOAD_RESTRICTED.package: specifier} if specifier else {}
    found = findings_in("MLW102", "import torch\ntorch.load(path)\n", versions=versions)
    if passed:
        assert found == ()
    else:
        ruled_out = "does not rule out" not in found[0].message
        assert ruled_out is (passed is False)
