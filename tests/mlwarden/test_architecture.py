"""The direction of dependencies that docs/architecture.md draws, read off the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"mlwarden": ROOT / "src", "mlwarden_hooks": ROOT / "hooks", "mlwarden_lsp": ROOT / "lsp"}

# Nothing but these packages imports the faces and the contributor's helpers.
FACES = {
    "mlwarden.cli": {"mlwarden.__main__", "mlwarden.cli", "mlwarden_hooks"},
    "mlwarden.dev": {"mlwarden.dev"},
    "mlwarden.testing": {"mlwarden.dev"},
    "mlwarden.reports": {"mlwarden.reports", "mlwarden.cli", "mlwarden_lsp"},
    "mlwarden_hooks": {"mlwarden_hooks"},
    "mlwarden_lsp": {"mlwarden_lsp", "mlwarden.cli.server"},
}
# What these import of ours, at most.
MAY_IMPORT = {
    "mlwarden.model": {"mlwarden.model"},
    "mlwarden.config": {"mlwarden.config", "mlwarden.model"},
    "mlwarden_hooks": {"mlwarden_hooks", "mlwarden.cli"},
}
# Libraries that are imported in one place.
HOMES = {
    "bandit": {"mlwarden.bandit_engine.driver", "mlwarden.bandit_engine.generate"},
    "pygls": {"mlwarden_lsp"},
    "lsprotocol": {"mlwarden_lsp"},
    "nbformat": {"mlwarden.notebooks"},
    "detect_secrets": {"mlwarden.secrets"},
    "distributed": {"mlwarden.engine.cluster"},
}


def imports() -> Iterator[tuple[str, str]]:
    """(module of ours, module it imports) for every import, those inside functions and for types included."""
    for folder in PACKAGES.values():
        for path in sorted(folder.rglob("*.py")):
            module = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((module, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{module}: imports are absolute here"
                    assert node.module is not None
                    yield module, node.module


def within(module: str, packages: set[str]) -> bool:
    """Whether a module is one of the packages or below one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


IMPORTS = sorted(set(imports()))


@pytest.mark.parametrize("face", FACES)
def test_nothing_below_imports_a_face(face: str) -> None:
    assert [pair for pair in IMPORTS if within(pair[1], {face}) and not within(pair[0], FACES[face] | {face})] == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_what_a_package_imports_of_ours(package: str) -> None:
    ours = [pair for pair in IMPORTS if within(pair[0], {package}) and within(pair[1], set(PACKAGES))]
    assert [pair for pair in ours if not within(pair[1], MAY_IMPORT[package])] == []


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    users = [pair for pair in IMPORTS if within(pair[1], {library})]
    assert users
    assert [pair for pair in users if not within(pair[0], HOMES[library])] == []
