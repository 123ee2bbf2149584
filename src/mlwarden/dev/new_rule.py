"""Scaffold a new rule: its file with headings and examples that fail until it is written, and the index."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import mlwarden.rules
from mlwarden.dev.index import find_rules, write

FOLDERS = {
    "0": "run",
    "1": "deserialization",
    "2": "downloads",
    "3": "secrets",
    "4": "llm",
    "5": "exposure",
    "6": "data",
    "7": "notebooks",
    "8": "dependencies",
    "9": "models",
}

_TEMPLATE = '''"""{code}: say in a few words what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class {class_name}(Rule):
    """Name the pattern in one line, without advice.

    ## Why is this bad?

    What an attacker gains, in plain sentences.

    ## How to fix

    The first choice, then the fallback.

    ## When it is fine

    So that people suppress for the right reason.

    ## Limits

    What is not seen.
    """

    code = "{code}"
    name = "{name}"
    severity = Severity.HIGH
    calls = ("library.function",)
    cwe = ()
    references = (Reference("Where the claim comes from", "https://..."),)
    examples = (
        Bad(
            """
            import library
            library.function(x)
            ^^^^^^^^^^^^^^^^^^^
            """
        ),
        Good("library.function(x, safe=True)\\n", because="say why"),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the calls that are wrong."""
        if call.argument("safe").truth() is True:
            return
        yield self.finding(call.span, "say what is wrong and why it is dangerous", confidence=Confidence.HIGH)
'''


def create(code: str, name: str) -> int:
    """Write the rule's file and update the index; returns the exit status."""
    if not re.fullmatch(r"MLW\d(\d\d)?", code):
        print(f"{code} is not a code: MLW and three digits, or a family such as MLW1", file=sys.stderr)
        return 2
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        print(f"{name} is not a rule name: lower-case words joined by hyphens", file=sys.stderr)
        return 2
    used = {rule.code for _, rule in find_rules()}
    if len(code) == 4:
        code = next(f"{code}{number:02}" for number in range(1, 100) if f"{code}{number:02}" not in used)
    if code in used:
        print(f"{code} is taken", file=sys.stderr)
        return 2
    folder = Path(mlwarden.rules.__file__).parent / FOLDERS[code[3]]
    file = folder / f"{name.replace('-', '_')}.py"
    if file.exists():
        print(f"{file.name} exists already", file=sys.stderr)
        return 2
    folder.mkdir(exist_ok=True)
    package = folder / "__init__.py"
    if not package.exists():
        package.write_text(f'"""MLW{code[3]}xx rules."""\n', encoding="utf-8")
    class_name = "".join(word.capitalize() for word in name.split("-"))
    file.write_text(_TEMPLATE.format(code=code, name=name, class_name=class_name), encoding="utf-8")
    print(f"wrote {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return write(check=False)
