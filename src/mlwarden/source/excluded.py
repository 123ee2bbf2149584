"""Folders that are left out where the settings say nothing else."""

from __future__ import annotations

# What holds no code of the project's own: other people's packages, caches, what builds leave behind.
_DEFAULT = (
    ".git/ .hg/ .svn/ .bzr/ .jj/ .venv/ venv/ .direnv/ .pixi/ node_modules/ __pycache__/ __pypackages__/ .tox/ .nox/ "
    ".mypy_cache/ .ruff_cache/ .pytest_cache/ .pytype/ .hypothesis/ .mlwarden_cache/ .ipynb_checkpoints/ .eggs/ "
    "*.egg-info/ build/ dist/ site-packages/"
)
DEFAULT_EXCLUDE = tuple(_DEFAULT.split())
EXCLUDED_FOLDERS = frozenset(pattern[:-1] for pattern in DEFAULT_EXCLUDE if "*" not in pattern)
EXCLUDED_SUFFIX = ".egg-info"
