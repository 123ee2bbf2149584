"""Run a rule on an example: used by mlwarden's own tests, and by anybody's own rules."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.engine.fixing import fix
from mlwarden.model.findings import Finding
from mlwarden.model.results import SourceFile
from mlwarden.rules.examples import Bad, Good, Missed, as_notebook, marked

if TYPE_CHECKING:
    from mlwarden.semantics.model import SemanticModel

__all__ = ["ExampleError", "as_notebook", "check_example", "findings_in", "fixed_text", "model_of"]


class ExampleError(AssertionError):
    """An example that does not hold; the message shows what was expected and what was found."""


def findings_in(
    code: str,
    text: str,
    *,
    path: str = "example.py",
    versions: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """The findings of the rule `code` in a text, with sibling files and library versions as given.

    A sibling `mlwarden.toml` gives the policy.
    """
    with tempfile.TemporaryDirectory(prefix="mlwarden-example-") as folder:
        root = Path(folder)
        for name, content in (files or {}).items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        settings = _settings(code, root, versions)
        result = check(SourceFile(str(root / path), text.encode()), settings)
    if result.failures:
        raise ExampleError("; ".join(result.failures))
    return result.verdict.reported


def fixed_text(
    code: str,
    text: str,
    *,
    path: str = "example.py",
    versions: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> str:
    """The text after every fix of the rule `code`, unsafe ones too."""
    with tempfile.TemporaryDirectory(prefix="mlwarden-example-") as folder:
        root = Path(folder)
        for name, content in (files or {}).items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        outcome = fix(SourceFile(str(root / path), text.encode()), _settings(code, root, versions), unsafe=True)
    if outcome.result.failures:
        raise ExampleError("; ".join(outcome.result.failures))
    return outcome.content.decode()


def check_example(code: str, example: Bad | Good | Missed) -> None:
    """Check one example of the rule `code`.

    Raises:
        ExampleError: if what the rule finds, or its fix, is not what the example says.
    """
    text, marks = marked(example.code)
    context = {"path": example.path, "versions": example.versions, "files": example.files}
    found = findings_in(code, text, **context)  # type: ignore[arg-type]
    if not isinstance(example, Bad):
        if found:
            kind = "a miss on record is found now" if isinstance(example, Missed) else "good code is reported"
            raise ExampleError(f"{code}: {kind} ({example.because}):\n{_show(text, found)}")
        return
    if marks:
        expected = [(mark.start, None if mark.open_end else mark.end) for mark in marks]
        actual = [
            (finding.span.start, None if mark is None or mark.open_end else finding.span.end)
            for finding, mark in zip(found, [*marks, *[None] * len(found)], strict=False)
        ]
        if expected != actual:
            raise ExampleError(f"{code}: expected findings at {expected}, found {actual}:\n{_show(text, found)}")
    elif example.texts:
        covered = tuple(_covered(text, example.path, finding) for finding in found)
        if covered != example.texts:
            raise ExampleError(f"{code}: expected findings on {example.texts}, found {covered}:\n{_show(text, found)}")
    elif len(found) != 1:
        raise ExampleError(f"{code}: expected one finding, found {len(found)}:\n{_show(text, found)}")
    for finding in found:
        for attribute in ("severity", "confidence"):
            wanted = getattr(example, attribute)
            if wanted is not None and getattr(finding, attribute) != wanted:
                got = getattr(finding, attribute)
                raise ExampleError(f"{code}: expected {attribute} {wanted}, found {got}:\n{_show(text, found)}")
        if example.message and finding.message != example.message:
            raise ExampleError(f"{code}: expected message {example.message!r}, found {finding.message!r}")
    _check_fix(code, example, text, found)


def _check_fix(code: str, example: Bad, text: str, found: tuple[Finding, ...]) -> None:
    context = {"path": example.path, "versions": example.versions, "files": example.files}
    after = fixed_text(code, text, **context)  # type: ignore[arg-type]
    wanted = text if example.fixed is None else marked(example.fixed)[0]
    if after != wanted:
        raise ExampleError(f"{code}: expected after the fix:\n{wanted}\nfound:\n{after}")


def model_of(code: str, *, path: str = "example.py", module_name: str = "") -> SemanticModel:
    """The semantic model of dedented code, without an engine or rules around it."""
    from mlwarden.semantics.fragments import fragments_of
    from mlwarden.semantics.model import build
    from mlwarden.semantics.versions import VersionFacts
    from mlwarden.source.documents import PythonModule

    document = PythonModule(path, textwrap.dedent(code))
    fragments, problems = fragments_of(document)
    if problems:
        raise ExampleError(f"the code does not parse: {problems[0].message}")
    return build(document, fragments, VersionFacts(), module_name=module_name)


def _settings(code: str, root: Path, versions: Mapping[str, str] | None) -> Settings:
    pinned = tuple(sorted((versions or {}).items()))
    settings = Settings(select=(code,), root=str(root), versions=pinned)
    config = root / "mlwarden.toml"
    if not config.is_file():
        return settings
    from mlwarden.config.load import load
    from mlwarden.rules.registry import every_rule

    loaded = load(config, frozenset(info.code for info in every_rule()))
    return replace(settings, policy=loaded.values.get("policy", settings.policy))


def _covered(text: str, path: str, finding: Finding) -> str:
    """The text in a finding's span, of the cell or of the file."""
    if finding.span.cell is not None:
        from mlwarden.notebooks.read import read_notebook

        text = read_notebook(path, text).cells[finding.span.cell].source
    return text[finding.span.start : finding.span.end]


def _show(text: str, found: tuple[Finding, ...]) -> str:
    lines = [f"  {finding.span.start}..{finding.span.end} {finding.message}" for finding in found]
    return "\n".join([*lines, text])
