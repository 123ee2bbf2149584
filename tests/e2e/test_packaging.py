"""What is published: it builds, holds what it should and nothing else, installs, and works where it was installed."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from mlwarden import __version__


@pytest.fixture(scope="module")
def built(snapshot: Path, clean_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(snapshot)]
    done = subprocess.run(command, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, clean_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh virtual environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], env=clean_env, check=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    wheel = built / f"mlwarden-{__version__}-py3-none-any.whl"
    _pip(binaries, clean_env, "install", str(wheel))
    return binaries


def _pip(binaries: Path, env: dict[str, str], *arguments: str) -> None:
    command = [str(binaries / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def test_the_wheel_holds_the_three_packages_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(built / f"mlwarden-{__version__}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    info = f"mlwarden-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"mlwarden", "mlwarden_hooks", "mlwarden_lsp", info}
    assert {
        "mlwarden/py.typed",
        "mlwarden/rules/_index.py",
        "mlwarden_hooks/check.py",
        "mlwarden_lsp/__init__.py",
        f"{info}/licenses/LICENSE",
        f"{info}/entry_points.txt",
    } <= names
    assert [name for name in names if "/test_" in name or name.endswith((".pyc", ".ipynb"))] == []


def test_the_source_distribution_holds_what_a_packager_needs(built: Path) -> None:
    with tarfile.open(built / f"mlwarden-{__version__}.tar.gz") as source:
        names = {name.split("/", 1)[1] for name in source.getnames() if "/" in name}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "Makefile",
        ".pre-commit-hooks.yaml",
        "src/mlwarden/__init__.py",
        "hooks/mlwarden_hooks/check.py",
        "lsp/mlwarden_lsp/__init__.py",
        "tests/e2e/test_packaging.py",
        "examples/train.py",
    } <= names


def test_what_was_installed_works(installed: Path, clean_env: dict[str, str], tmp_path: Path) -> None:
    def mlwarden(*arguments: str) -> tuple[int, str]:
        command = [str(installed / "mlwarden"), *arguments]
        done = subprocess.run(command, env=clean_env, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    (tmp_path / "load.py").write_text("import pickle\n\npickle.load(open('model.pkl', 'rb'))\n")
    (tmp_path / "fine.py").write_text("import json\n")
    assert mlwarden("--version") == (0, f"mlwarden {__version__}\n")
    status, report = mlwarden("check", "--output-format", "concise", "load.py")
    assert (status, report.splitlines()[0].split(": ", 1)[0]) == (1, "load.py:3:1")
    assert "MLW111" in report
    assert mlwarden("check", "fine.py")[0] == 0
    hook = subprocess.run([str(installed / "mlwarden-hook"), "load.py"], env=clean_env, cwd=tmp_path)
    assert hook.returncode == 1


def test_the_source_distribution_installs(installed: Path, built: Path, clean_env: dict[str, str]) -> None:
    source = built / f"mlwarden-{__version__}.tar.gz"
    _pip(installed, clean_env, "install", "--force-reinstall", "--no-deps", str(source))
    done = subprocess.run([str(installed / "mlwarden"), "--version"], env=clean_env, stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (0, f"mlwarden {__version__}\n")
