"""Write one page per rule to `docs/rules/`, made from the rule itself, and the table of all rules."""

from __future__ import annotations

import sys
from pathlib import Path

import mlwarden
from mlwarden.rules.registry import all_rules, rule_page

PAGES = Path(mlwarden.__file__).parents[2] / "docs" / "rules"

FAMILIES = {
    "MLW0": "About the run itself",
    "MLW1": "Unsafe deserialization",
    "MLW2": "Untrusted downloads",
    "MLW3": "Secrets",
    "MLW4": "LLM applications and agents",
    "MLW5": "Exposure",
    "MLW6": "Data handling",
    "MLW7": "Notebook execution",
    "MLW8": "Dependencies",
    "MLW9": "Model files",
}


def pages() -> dict[str, str]:
    """File name -> text, for every page."""
    made = {f"{info.code}.md": rule_page(info.code) for info in all_rules()}
    lines = ["# Rules", "", "Made by `python -m mlwarden.dev docs`. Bandit's own tests: see [bandit.md](../bandit.md)."]
    for prefix, title in FAMILIES.items():
        family = [info for info in all_rules() if info.code.startswith(prefix)]
        if not family:
            continue
        lines += ["", f"## {prefix}xx {title}", "", "| code | name | severity | default | fix | what |"]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for info in family:
            default, fix = "on" if info.default else "off", "yes" if info.fixable else ""
            summary = info.summary.replace("|", "\\|")
            lines.append(
                f"| [{info.code}]({info.code}.md) | {info.name} | {info.severity} | {default} | {fix} | {summary} |"
            )
    made["README.md"] = "\n".join(lines) + "\n"
    return made


def write_pages(check: bool) -> int:
    """Write the pages, or with `check` only say which are stale; returns the exit status."""
    wanted = pages()
    present = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")} if PAGES.exists() else {}
    stale = sorted({name for name in (*wanted, *present) if wanted.get(name) != present.get(name)})
    if check and stale:
        print(f"docs/rules is stale ({', '.join(stale[:5])}): run `python -m mlwarden.dev docs`", file=sys.stderr)
        return 1
    if check:
        return 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (PAGES / name).write_text(wanted[name], encoding="utf-8")
        else:
            (PAGES / name).unlink()
    return 0
