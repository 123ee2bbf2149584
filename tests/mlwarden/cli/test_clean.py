from __future__ import annotations

from pathlib import Path

import pytest

from mlwarden.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_the_cache_of_the_project_is_removed(project: Path, capsys: Capture) -> None:
    Path("mlwarden.toml").touch()
    Path(".mlwarden_cache/sub").mkdir(parents=True)
    Path(".mlwarden_cache/sub/entry").touch()
    Path("inner").mkdir()
    assert main(["clean"]) == 0
    assert capsys.readouterr().out == f"Removed {(project / '.mlwarden_cache').as_posix()}\n"
    assert sorted(path.name for path in Path().iterdir()) == ["inner", "mlwarden.toml"]


def test_without_a_cache_there_is_nothing_to_do(project: Path, capsys: Capture) -> None:
    assert main(["clean", "--isolated"]) == 0
    assert capsys.readouterr().out == f"There is no cache at {(project / '.mlwarden_cache').as_posix()}\n"


def test_a_cache_elsewhere_is_known_by_its_tag(project: Path, capsys: Capture) -> None:
    Path("kept").mkdir()
    Path("kept/CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert main(["clean", "--cache-dir", "kept"]) == 0
    assert not Path("kept").exists()


def test_a_folder_that_is_no_cache_is_left_alone(project: Path, capsys: Capture) -> None:
    Path("data").mkdir()
    Path("data/model.pt").touch()
    Path(".mlwarden_cache").symlink_to("data")
    for arguments in (["--cache-dir", "data"], ["--isolated"]):
        assert main(["clean", *arguments]) == 2
        assert "does not look like a cache of mlwarden's; remove it by hand" in capsys.readouterr().err
    assert Path("data/model.pt").exists()
