"""Reading a configuration file: what it may say, and what is said about each mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwarden.config.load import bandit_table, load, load_folder
from mlwarden.config.settings import PerFileIgnore
from mlwarden.model.errors import ConfigError
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.policy import Policy, SourcePolicy

KNOWN = frozenset({"MLW001", "MLW101", "MLW203", "MLW311", "B101", "B301"})


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str, name: str = "mlwarden.toml") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _error(text: str, name: str = "mlwarden.toml") -> str:
    with pytest.raises(ConfigError) as caught:
        load(_file(text, name), KNOWN)
    return str(caught.value)


def test_every_key_is_read(tmp_path: Path) -> None:
    loaded = load(
        _file(
            """
            select = ["MLW1", "B"]
            extend-select = ["MLW203"]
            ignore = ["MLW0"]
            per-file-ignores = { "tests/**" = ["MLW101", "ALL"], "*.ipynb" = [] }
            unsuppressable = ["MLW3"]
            severities = { MLW203 = "critical", B = "low" }
            severity = "medium"
            confidence = "high"
            fail-on = "high"
            unsafe-fixes = true
            versions = { Torch = ">=2.6", "huggingface_hub" = "==0.30.*" }
            policy.sources = { allow = ["meta-llama/*"], deny = ["*.zoo.org"] }
            exclude = ["third_party/"]
            extend-exclude = ["data/"]
            respect-gitignore = false
            baseline = "../base.json"
            jobs = 3
            cache = false
            cache-dir = "build/cache"
            """,
            "sub/mlwarden.toml",
        ),
        KNOWN,
    )
    assert loaded.path == tmp_path / "sub/mlwarden.toml"
    assert loaded.root == tmp_path / "sub"
    assert loaded.values == {
        "select": ("MLW1", "B"),
        "extend_select": ("MLW203",),
        "ignore": ("MLW0",),
        "per_file_ignores": (PerFileIgnore("tests/**", ("MLW101", "ALL")), PerFileIgnore("*.ipynb", ())),
        "unsuppressable": ("MLW3",),
        "severities": (("MLW203", Severity.CRITICAL), ("B", Severity.LOW)),
        "severity": Severity.MEDIUM,
        "confidence": Confidence.HIGH,
        "fail_on": Severity.HIGH,
        "unsafe_fixes": True,
        "versions": (("torch", ">=2.6"), ("huggingface-hub", "==0.30.*")),
        "policy": Policy(SourcePolicy(("meta-llama/*",), ("*.zoo.org",))),
        "exclude": ("third_party/",),
        "extend_exclude": ("data/",),
        "respect_gitignore": False,
        "baseline": (tmp_path / "base.json").as_posix(),
        "jobs": 3,
        "cache": False,
        "cache_dir": (tmp_path / "sub/build/cache").as_posix(),
    }
    assert loaded.places["per_file_ignores"] == "per-file-ignores"


def test_only_the_keys_that_stand_there_are_set() -> None:
    assert load(_file('severity = "high"\n'), KNOWN).values == {"severity": Severity.HIGH}
    assert load(_file(""), KNOWN).values == {}


def test_a_byte_order_mark_is_no_trouble() -> None:
    Path("mlwarden.toml").write_bytes("\ufeffjobs = 2\n".encode())
    assert load(Path("mlwarden.toml"), KNOWN).values == {"jobs": 2}


def test_another_root(tmp_path: Path) -> None:
    loaded = load(_file('baseline = "b.json"', "shared/policy.toml"), KNOWN, root=tmp_path)
    assert loaded.root == tmp_path
    assert loaded.values == {"baseline": (tmp_path / "b.json").as_posix()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "mlwarden.toml: selct: unknown key (did you mean 'select'?)"),
        ("select = ['MLW1O1']", "mlwarden.toml: select[0]: unknown code 'MLW1O1' (did you mean 'MLW101'?)"),
        ("select = ['MLW1', 'mlw203']", "mlwarden.toml: select[1]: unknown code 'mlw203' (did you mean 'MLW203'?)"),
        ("ignore = ['B999']", "mlwarden.toml: ignore[0]: unknown code 'B999'"),
        ("select = 'MLW1'", "mlwarden.toml: select: expected a list, found a string (did you mean '[\"MLW1\"]'?)"),
        (
            "[per-file-ignores]\n'tests/*' = ['MLW999']",
            "mlwarden.toml: per-file-ignores.\"tests/*\"[0]: unknown code 'MLW999' (did you mean 'MLW9'?)",
        ),
        ("[per-file-ignores]\n'!a' = []", 'mlwarden.toml: per-file-ignores."!a": a glob here cannot be negated'),
        (
            "[per-file-ignores]\n'# a' = []",
            "mlwarden.toml: per-file-ignores.\"# a\": the glob '# a' matches nothing",
        ),
        ("exclude = ['  ']", "mlwarden.toml: exclude[0]: the glob '  ' matches nothing"),
        (
            "[versions]\ntorch = '2.6'",
            "mlwarden.toml: versions.torch: '2.6' is not a version specifier (did you mean '==2.6'?)",
        ),
        ("[versions]\ntorch = 'new'", "mlwarden.toml: versions.torch: 'new' is not a version specifier"),
        ("[versions]\n'-' = '>=1'", "mlwarden.toml: versions.-: '-' is not the name of a package"),
        ("versions = {a_b = '>=1', A-B = '>=2'}", "mlwarden.toml: versions.A-B: the package a-b is named twice"),
        ("policy = []", "mlwarden.toml: policy: expected a table, found a list"),
        ("[policy.source]", "mlwarden.toml: policy.source: unknown key (did you mean 'sources'?)"),
        ("[policy.sources]\nalow = []", "mlwarden.toml: policy.sources.alow: unknown key (did you mean 'allow'?)"),
        (
            "[policy.sources]\nallow = 'a/*'",
            "mlwarden.toml: policy.sources.allow: expected a list, found a string (did you mean '[\"a/*\"]'?)",
        ),
        (
            "[policy.sources]\ndeny = ['zoo/']",
            "mlwarden.toml: policy.sources.deny[0]: the pattern 'zoo/' names no repository (did you mean 'zoo/*'?)",
        ),
        ("versions = {a = ' '}", "mlwarden.toml: versions.a: is an empty version specifier"),
        (
            "[tool.mlwarden]\nselect = []",
            "mlwarden.toml: tool: keys stand at the top of this file, without [tool.mlwarden]",
        ),
        ("jobs = 1979-05-27", "mlwarden.toml: jobs: expected a whole number, found a date or time"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    assert _error(text) == message


def test_in_a_pyproject_the_place_is_the_whole_key() -> None:
    assert (
        _error("[tool.mlwarden]\njobs = 0", "pyproject.toml") == "pyproject.toml: tool.mlwarden.jobs: 0 is less than 1"
    )
    assert _error("tool.mlwarden = 3", "pyproject.toml") == (
        "pyproject.toml: tool.mlwarden: expected a table, found a whole number"
    )


def test_files_that_cannot_be_read() -> None:
    assert _error("a = ").startswith("mlwarden.toml: is not valid TOML: ")
    assert _error("[project]\nname = 'x'", "pyproject.toml") == "pyproject.toml: has no [tool.mlwarden] table"
    assert _error("a = " + "[" * 100_000) == "mlwarden.toml: is nested too deeply"
    assert _error("# " + "x" * 1_000_000) == "mlwarden.toml: is larger than 1000000 bytes"
    assert _error("jobs = " + "9" * 5000).startswith("mlwarden.toml: is not valid TOML: ")
    Path("mlwarden.toml").write_bytes(b"# \xff\n")
    with pytest.raises(ConfigError, match=r"^mlwarden.toml: is not UTF-8 \(byte 2\)$"):
        load(Path("mlwarden.toml"), KNOWN)
    with pytest.raises(ConfigError, match=r"^gone.toml: there is no such file$"):
        load(Path("gone.toml"), KNOWN)


def test_a_folder_is_not_a_file() -> None:
    with pytest.raises(ConfigError, match=r"^\.: cannot be read: "):
        load(Path(), KNOWN)


def test_mlwarden_toml_comes_before_pyproject(tmp_path: Path) -> None:
    _file("[tool.mlwarden]\njobs = 1\n[tool.bandit]\nskips = ['B101']", "pyproject.toml")
    config, bandit = load_folder(tmp_path, KNOWN)
    assert config is not None
    assert (config.values, bandit) == ({"jobs": 1}, {"skips": ["B101"]})
    _file("jobs = 2")
    config, bandit = load_folder(tmp_path, KNOWN)
    assert config is not None
    assert (config.values, bandit) == ({"jobs": 2}, {"skips": ["B101"]})


def test_a_pyproject_without_our_table_is_no_configuration(tmp_path: Path) -> None:
    _file("[project]\ndependencies = ['mlwarden']", "pyproject.toml")
    assert load_folder(tmp_path, KNOWN) == (None, None)


def test_a_broken_pyproject_matters_only_where_it_may_be_ours(tmp_path: Path) -> None:
    _file("[tool.bandit\n", "pyproject.toml")
    assert load_folder(tmp_path, KNOWN) == (None, None)
    assert bandit_table(tmp_path) == {}
    _file("[tool.mlwarden\n", "pyproject.toml")
    with pytest.raises(ConfigError, match=r"^pyproject.toml: is not valid TOML"):
        load_folder(tmp_path, KNOWN)


def test_a_pipe_named_like_a_configuration_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo("mlwarden.toml")
    Path("pyproject.toml").symlink_to("pyproject.toml")
    assert load_folder(tmp_path, KNOWN) == (None, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=60),
        st.builds(
            "{} = {}".format,
            st.sampled_from(["select", "versions", "exclude", "per-file-ignores", "severities", "jobs", "baseline"]),
            st.sampled_from(["[{}]", "{{ a = {} }}", '{{ "{}" = [] }}', "{}"]).flatmap(
                lambda form: st.text(max_size=8).map(lambda text: form.format(repr(text)))
            ),
        ),
    )
)
def test_any_text_is_a_configuration_or_a_config_error(text: str) -> None:
    Path("mlwarden.toml").write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    error = ""
    try:
        load(Path("mlwarden.toml"), KNOWN)
    except ConfigError as caught:
        error = str(caught)
    assert error == "" or error.startswith("mlwarden.toml: ")
