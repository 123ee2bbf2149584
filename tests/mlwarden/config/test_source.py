"""Which configuration counts where, what overrides what, and how each value is explained."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mlwarden.config.fields import FIELDS
from mlwarden.config.settings import Settings
from mlwarden.config.source import CommandLine, ConfigSource, Explained
from mlwarden.model.errors import ConfigError, UsageError
from mlwarden.model.levels import Confidence, Severity

KNOWN = frozenset({"MLW001", "MLW101", "MLW203", "MLW311", "B101", "B301"})


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(name: str, text: str = "") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _source(**given: object) -> ConfigSource:
    return ConfigSource(CommandLine(**given), known_codes=KNOWN)  # type: ignore[arg-type]


def test_without_any_file_the_defaults_count_and_the_root_is_here(tmp_path: Path) -> None:
    assert _source().for_path("a/b.py") == Settings(root=tmp_path.as_posix())


def test_the_nearest_configuration_counts(tmp_path: Path) -> None:
    _file("mlwarden.toml", "jobs = 1")
    _file("a/pyproject.toml", "[tool.mlwarden]\njobs = 2")
    _file("a/b/pyproject.toml", "[tool.other]\n")
    _file("a/c/mlwarden.toml", "jobs = 3")
    source = _source()
    paths = ["x.py", "a/x.py", "a/b/d/x.py", "a/c/x.py", tmp_path / "a/c/d/x.py", "gone/x.py", "a/../x.py"]
    found = [source.for_path(path) for path in paths]
    assert [settings.jobs for settings in found] == [1, 2, 2, 3, 3, 1, 1]
    assert [settings.root for settings in found[:4]] == [
        tmp_path.as_posix(),
        (tmp_path / "a").as_posix(),
        (tmp_path / "a").as_posix(),
        (tmp_path / "a/c").as_posix(),
    ]
    assert found[2].config_path == (tmp_path / "a/pyproject.toml").as_posix()


def test_files_under_one_configuration_share_one_settings_object() -> None:
    _file("mlwarden.toml", "jobs = 1")
    source = _source()
    assert source.for_path("a/x.py") is source.for_path("b/c/y.py")


def test_a_configuration_is_read_once() -> None:
    path = _file("mlwarden.toml", "jobs = 1")
    source = _source()
    source.for_path("a/x.py")
    path.write_text("jobs = 2", encoding="utf-8")
    assert source.for_path("b/x.py").jobs == 1
    assert _source().for_path("b/x.py").jobs == 2


def test_it_can_be_sent_to_another_process() -> None:
    _file("mlwarden.toml", "jobs = 1")
    source = _source(ignore=("MLW1",))
    before = source.for_path("x.py")
    assert pickle.loads(pickle.dumps(source)).for_path("x.py") == before


def test_a_wrong_file_is_an_error_where_it_counts() -> None:
    _file("bad/mlwarden.toml", "job = 1")
    source = _source()
    assert source.for_path("good/x.py").jobs is None
    with pytest.raises(ConfigError, match=r"^bad/mlwarden.toml: job: unknown key \(did you mean 'jobs'\?\)$"):
        source.for_path("bad/x.py")


def test_the_command_line_comes_first(tmp_path: Path) -> None:
    _file("mlwarden.toml", 'severity = "high"\nconfidence = "high"\njobs = 7\nbaseline = "a.json"\ncache = true')
    settings = _source(severity=Severity.LOW, fail_on=Severity.CRITICAL, baseline="b.json", cache=False).for_path("x")
    assert settings == Settings(
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        fail_on=Severity.CRITICAL,
        jobs=7,
        baseline=(tmp_path / "b.json").as_posix(),
        cache=False,
        root=tmp_path.as_posix(),
        config_path=(tmp_path / "mlwarden.toml").as_posix(),
    )


@pytest.mark.parametrize(
    ("given", "select", "extend_select", "ignore"),
    [
        ({}, ("MLW1",), ("B301",), ("MLW203", "B101")),
        ({"select": ("MLW203",)}, ("MLW203",), (), ()),
        ({"select": ("B",), "ignore": ("B101",)}, ("B",), (), ("B101",)),
        ({"extend_select": ("B",)}, ("MLW1",), ("B301", "B"), ("MLW203", "B101")),
        # The file ignores what the command line asks for: the command line wins.
        ({"extend_select": ("MLW203",)}, ("MLW1",), ("B301", "MLW203"), ("B101",)),
        ({"ignore": ("MLW101", "B101")}, ("MLW1",), ("B301",), ("MLW203", "B101", "MLW101")),
        ({"extend_select": ("MLW203",), "ignore": ("MLW101",)}, ("MLW1",), ("B301", "MLW203"), ("B101", "MLW101")),
    ],
)
def test_selection_from_both(
    given: dict[str, tuple[str, ...]],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> None:
    _file("mlwarden.toml", 'select = ["MLW1"]\nextend-select = ["B301"]\nignore = ["MLW203", "B101"]')
    settings = _source(**given).for_path("x.py")
    assert (settings.select, settings.extend_select, settings.ignore) == (select, extend_select, ignore)


def test_isolated_reads_no_file(tmp_path: Path) -> None:
    _file("mlwarden.toml", "jobs = 1")
    source = ConfigSource(CommandLine(severity=Severity.HIGH), isolated=True, known_codes=KNOWN)
    assert source.for_path("x.py") == Settings(severity=Severity.HIGH, root=tmp_path.as_posix())


def test_a_given_file_is_the_only_one_and_counts_from_here(tmp_path: Path) -> None:
    _file("mlwarden.toml", "jobs = 1")
    _file("shared/policy.toml", 'jobs = 2\nbaseline = "b.json"')
    source = ConfigSource(config_file=Path("shared/policy.toml"), known_codes=KNOWN)
    settings = source.for_path("a/x.py")
    assert (settings.jobs, settings.root, settings.baseline) == (
        2,
        tmp_path.as_posix(),
        (tmp_path / "b.json").as_posix(),
    )
    with pytest.raises(UsageError, match="--isolated and --config exclude each other"):
        ConfigSource(config_file=Path("shared/policy.toml"), isolated=True)


@pytest.mark.parametrize("key", ["select", "extend_select", "ignore"])
def test_unknown_codes_on_the_command_line(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        _source(**{key: ("MLW1", "MLW1O1")})
    name = key.replace("_", "-")
    assert str(caught.value) == f"command line: {name}: unknown code 'MLW1O1' (did you mean 'MLW101'?)"


def test_the_bandit_table_of_the_nearest_pyproject() -> None:
    _file("pyproject.toml", "[tool.bandit]\nskips = ['B101']")
    _file("a/pyproject.toml", "[tool.bandit]\nskips = ['B301']")
    _file("b/mlwarden.toml", "jobs = 2")
    source = _source()
    found = [source.for_path(path).bandit for path in ("x.py", "a/c/x.py", "b/x.py", "c/x.py")]
    assert found == [{"skips": ["B101"]}, {"skips": ["B301"]}, {}, {"skips": ["B101"]}]


def test_a_given_file_goes_with_the_bandit_table_beside_it() -> None:
    _file("ci/pyproject.toml", "[tool.mlwarden]\njobs = 2\n[tool.bandit]\nskips = ['B101']")
    source = ConfigSource(config_file=Path("ci/pyproject.toml"), known_codes=KNOWN)
    assert source.for_path("x.py").bandit == {"skips": ["B101"]}


def test_explain_names_every_key_once_in_the_order_of_the_table() -> None:
    assert [line.key for line in _source().explain(".")] == [field.key for field in FIELDS]
    assert {line.origin for line in _source().explain(".")} == {"default"}


def test_explain_says_where_each_value_came_from(tmp_path: Path) -> None:
    _file(
        "a/pyproject.toml",
        '[tool.mlwarden]\nignore = ["MLW203"]\nseverity = "high"\nversions = { torch = ">=2" }\nbaseline = "b.json"\n'
        '[tool.mlwarden.per-file-ignores]\n"tests/*" = ["MLW1"]',
    )
    lines = _source(ignore=("B",), severity=Severity.MEDIUM, cache=False).explain("a/x.py")
    place = "a/pyproject.toml: tool.mlwarden."
    assert {line for line in lines if line.origin != "default" and not isinstance(line.value, (list, dict))} == {
        Explained("severity", "medium", "command line"),
        Explained("cache", False, "command line"),
        Explained("baseline", (tmp_path / "a/b.json").as_posix(), place + "baseline"),
    }
    assert [line for line in lines if line.origin != "default" and isinstance(line.value, (list, dict))] == [
        Explained("ignore", ["MLW203", "B"], place + "ignore and command line"),
        Explained("per-file-ignores", {"tests/*": ["MLW1"]}, place + "per-file-ignores"),
        Explained("versions", {"torch": ">=2"}, place + "versions"),
    ]
    assert lines == _source(ignore=("B",), severity=Severity.MEDIUM, cache=False).explain("a")
    assert Explained("select", None, "default") in lines


def test_a_select_on_the_command_line_takes_the_place_of_the_files_selection() -> None:
    _file("mlwarden.toml", 'select = ["MLW1"]\nignore = ["MLW101"]')
    lines = {line.key: line for line in _source(select=("B",)).explain(".")}
    assert lines["select"] == Explained("select", ["B"], "command line")
    assert lines["ignore"] == Explained("ignore", [], "default")


def test_another_origin_is_named_as_it_calls_itself() -> None:
    lines = {line.key: line for line in _source(jobs=2, origin="editor settings").explain(".")}
    assert lines["jobs"] == Explained("jobs", 2, "editor settings")
    with pytest.raises(UsageError, match=r"^editor settings: select: unknown code"):
        _source(select=("X",), origin="editor settings")
