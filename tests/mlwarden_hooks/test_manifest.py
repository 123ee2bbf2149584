"""The manifest that pre-commit reads, against what is installed and what the documentation says."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from pre_commit.clientlib import load_manifest

ROOT = Path(__file__).parents[2]
HOOKS = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))


def test_every_hook_has_a_console_script() -> None:
    scripts = {
        script.name for script in entry_points(group="console_scripts") if script.value.startswith("mlwarden_hooks")
    }
    assert {hook["entry"] for hook in HOOKS} == scripts
    assert all(callable(script.load()) for script in entry_points(group="console_scripts") if script.name in scripts)


def test_the_hooks_run_one_process_each_and_get_the_names_of_files() -> None:
    assert [(hook["id"], hook["require_serial"], hook["pass_filenames"]) for hook in HOOKS] == [
        ("mlwarden", True, True),
        ("mlwarden-fix", True, True),
        ("mlwarden-secrets", True, True),
    ]


def test_every_hook_is_documented() -> None:
    text = (ROOT / "docs/pre-commit.md").read_text()
    assert [hook["id"] for hook in HOOKS if f"`{hook['id']}`" not in text] == []
