"""Bandit's tests as one more engine: run in process on Python files and notebook cells, selectable by their own ids."""

from mlwarden.bandit_engine.engine import run
from mlwarden.bandit_engine.overlap import covered
from mlwarden.bandit_engine.rules import cwe, infos, page, rule_page, url

__all__ = ["covered", "cwe", "infos", "page", "rule_page", "run", "url"]
