"""The short way: it is taken only where the engine, too, has nothing to report, and says the same then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlwarden.cli.dispatch import dispatch
from mlwarden.cli.glance import files_without_findings
from mlwarden.cli.main import main
from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.model.results import SourceFile
from mlwarden.rules.examples import marked
from mlwarden.rules.registry import all_rules, load
from mlwarden.secrets.samples import sample

CLEAN = '"""Small."""\nimport math\n\n\ndef area(radius: float) -> float:\n    return math.pi * radius**2\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def glance(*names: str) -> int | None:
    return files_without_findings(["check", "--force-exclude", *names])


def test_clean_files(folder: Path) -> None:
    for name in ("a.py", "b.py"):
        (folder / name).write_text(CLEAN)
    assert glance("a.py", "b.py") == 2
    assert files_without_findings(["check", "a.py"]) == 1
    assert files_without_findings(["check", "--isolated", "--exit-zero", "--no-cache", "a.py"]) == 1


@pytest.mark.parametrize("names", [["a.py"], ["a.py", "b.py"]])
def test_it_says_what_the_engine_says(folder: Path, capsys: pytest.CaptureFixture[str], names: list[str]) -> None:
    for name in names:
        (folder / name).write_text(CLEAN)
    assert glance(*names) == len(names)
    assert dispatch(["check", "--force-exclude", *names]) == 0
    said = capsys.readouterr()
    assert main(["check", "--force-exclude", *names]) == 0
    assert capsys.readouterr() == said


def test_what_it_imports(folder: Path) -> None:
    (folder / "a.py").write_text("VALUE = 1\n")
    program = (
        "import sys; before = set(sys.modules); from mlwarden_hooks.check import main; status = main(['a.py']); "
        "print(status, *sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said, modules = run.stdout.splitlines()
    assert said == "No problems found in 1 file"
    status, *names = modules.split()
    assert status == "0"
    heavy = {"re", "typing", "dataclasses", "inspect", "pathlib", "argparse", "enum", "mlwarden.engine.scan", "ast"}
    assert heavy.isdisjoint(names)
    assert "mlwarden.cli.glance" in names


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["check", "."],
        ["check", "--force-exclude"],
        ["check", "--select", "ALL", "a.py"],
        ["check", "a.py", "--fix"],
        ["check", "-"],
        ["check", "a.py", "a.py"],
        ["check", "a.py", "./a.py"],
        ["check", "missing.py"],
        ["check", "folder.py"],
        ["check", "link.py"],
        ["check", "a.txt"],
        ["check", *["a.py"] * 20],
        ["rule", "a.py"],
    ],
    ids=" ".join,
)
def test_other_command_lines(folder: Path, arguments: list[str]) -> None:
    (folder / "a.py").write_text(CLEAN)
    (folder / "a.txt").write_text("")
    (folder / "folder.py").mkdir()
    (folder / "link.py").symlink_to("a.py")
    assert files_without_findings(arguments) is None


@pytest.mark.parametrize(
    "content",
    [
        b"import torch\ntorch.load(path, weights_only=False)\n",
        b"x = 1  # noqa: MLW101\n",
        b"x = 1  # NoSec\n",
        b"# mlwarden: ignore-file\n",
        "x = 'ä'\n".encode(),
        b"# -*- coding: latin-1 -*-\n",
        b"\n# coding: utf-8\n",
        b"x = 1\0\n",
        b"def f(:\n",
        b"x = " + b"(" * 400 + b")" * 400 + b"\n",
        b"assert exec(code)\n",
        f'TOKEN = "{sample("huggingface")}"\n'.encode(),
        b'URL = "https://me:' + b'tR7-vqLw92xE@acme-labs.io"\n',
        b"api_key = read()\n",
    ],
)
def test_what_the_engine_must_look_at(folder: Path, content: bytes) -> None:
    (folder / "a.py").write_bytes(content)
    assert glance("a.py") is None


DANGER = "import torch\n\n\ndef read(path):\n    return torch.load(path, weights_only=False)\n"


@pytest.mark.parametrize(
    "content",
    [
        "from . import helpers\nhelpers.read(name)\n",
        "from .helpers import read\nread(name)\n",
        "import os, helpers\nhelpers.read(name)\n",
        "try:\n    import helpers as h\nexcept ImportError:\n    pass\nelse:\n    h.read(name)\n",
        "import helpers; helpers.read(name)\n",
        "from helpers import (\n    read as other,\n)\n",
        "from package.inner import read\n",
        "from package import *\nread(name)\n",
        "from inner import read\n",
    ],
)
def test_what_modules_of_the_project_bring(folder: Path, content: str) -> None:
    place = folder / "pack"
    modules = [place / "helpers.py", place / "package" / "inner.py", folder / "src" / "inner.py"]
    (place / "package").mkdir(parents=True)
    (folder / "src").mkdir()
    (place / "package" / "__init__.py").write_text("from .inner import read\n")
    (place / "a.py").write_text(content)
    for text, said in ((DANGER, None), (DANGER.replace("torch.load(path, weights_only=False)", "path"), 1)):
        for module in modules:
            module.write_text(text)
        assert glance("pack/a.py") == said
        assert glance(os.fspath(place / "a.py")) == said
        # Files that only name each other are looked at by themselves.
        (place / "b.py").write_text("import json\n")
        assert glance("pack/a.py", "pack/b.py") == (said and 2)


def test_what_a_rule_needs_from_elsewhere(folder: Path) -> None:
    (folder / "a.py").write_text("from helpers import answer\n\nopen(answer(), 'w').close()\n")
    (folder / "helpers.py").write_text("def answer():\n    return 'a.txt'\n")
    assert glance("a.py") == 1
    (folder / "helpers.py").write_text(
        "import openai\n\n\ndef answer():\n"
        "    return openai.OpenAI().chat.completions.create(messages=[]).choices[0].message.content\n"
    )
    assert glance("a.py") is None
    assert dispatch(["check", "--isolated", "a.py"]) == 1


def test_modules_of_the_packages_around(folder: Path) -> None:
    inner = folder / "lib" / "package" / "inner"
    inner.mkdir(parents=True)
    for package in (inner, inner.parent):
        (package / "__init__.py").write_text(DANGER)
    (folder / "lib" / "helpers.py").write_text(DANGER)
    (inner / "a.py").write_text("from helpers import read\n")
    assert glance("lib/package/inner/a.py") is None
    (inner / "a.py").write_text("from package import read\n")
    assert glance("lib/package/inner/a.py") is None
    (inner / "a.py").write_text("import json\n")
    assert glance("lib/package/inner/a.py") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mlwarden.toml", ""),
        ("pyproject.toml", "[tool.mlwarden]\n"),
        ("pyproject.toml", "[tool.bandit]\n"),
    ],
)
def test_a_configuration_is_near(folder: Path, name: str, content: str) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "a.py").write_text(CLEAN)
    assert glance("inner/a.py") == 1
    (folder / name).write_text(content)
    assert glance("inner/a.py") is None


def test_a_configuration_of_other_tools(folder: Path) -> None:
    (folder / "a.py").write_text(CLEAN)
    (folder / "pyproject.toml").write_text("[tool.black]\n")
    assert glance("a.py") == 1


@pytest.mark.parametrize("excluded", ["build", ".venv", "x.egg-info"])
def test_excluded_folders(folder: Path, excluded: str) -> None:
    inner = folder / excluded / "inner"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text(CLEAN)
    assert glance(f"{excluded}/inner/a.py") is None


def test_colour_is_the_reports_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.py").write_text(CLEAN)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert glance("a.py") is None
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert glance("a.py") is None


def test_over_all_examples_it_passes_over_nothing(folder: Path) -> None:
    passed_over = 0
    for info in all_rules():
        for number, example in enumerate(load(info).examples):
            if not example.path.endswith(".py"):
                continue
            place = folder / f"{info.code}-{number}"
            text, _ = marked(example.code)
            for name, content in {**dict(example.files or {}), example.path: text}.items():
                target = place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode())
            if glance(f"{place.name}/{example.path}") is None:
                continue
            passed_over += 1
            source = SourceFile(f"{place.name}/{example.path}", (place / example.path).read_bytes())
            result = check(source, Settings(root=os.fspath(folder)))
            assert (result.verdict.reported, result.failures) == ((), ()), example.code
    assert passed_over  # examples of rules that are off, and good ones
