"""A rule's documentation page: its docstring, a table from its metadata, and its examples."""

from __future__ import annotations

import inspect
import textwrap

from mlwarden.model.rule_info import RuleInfo
from mlwarden.rules.base import Rule
from mlwarden.rules.examples import Bad, Good, Missed, strip_marks

_MAX_EXAMPLES = 3


def page_of(info: RuleInfo, rule: Rule) -> str:
    """The page as Markdown."""
    summary, _, body = inspect.cleandoc(type(rule).__doc__ or "").partition("\n")
    parts = [f"# {info.code} `{info.name}`", summary, _table(info, rule)]
    if body.strip():
        parts.append(body.strip())
    parts.extend(_examples(rule))
    if rule.references:
        lines = [f"- [{reference.title}]({reference.url})" for reference in rule.references]
        parts.append("## References\n\n" + "\n".join(lines))
    return _without_secrets("\n\n".join(parts) + "\n", rule)


def _without_secrets(page: str, rule: Rule) -> str:
    """The page with the made-up secrets of its examples cut short: other people's scanners read the pages too."""
    from mlwarden.secrets.redaction import mask
    from mlwarden.secrets.scan import shapes

    texts = [page]
    for example in rule.examples:
        texts.append(strip_marks(example.code))
        if isinstance(example, Bad) and example.fixed is not None:
            texts.append(textwrap.dedent(example.fixed))
    values = {text[found.start : found.end] for text in texts for found in shapes(text)}
    for value in sorted(values, key=lambda value: (-len(value), value)):
        page = page.replace(value, mask(value).partition(" ")[0])
    return page


def _table(info: RuleInfo, rule: Rule) -> str:
    rows = [
        ("Severity", str(info.severity)),
        ("On by default", "yes" if info.default else "no"),
        ("Fix", _fix_kind(rule)),
        ("Documents", ", ".join(kind.value for kind in info.kinds)),
        ("Since", rule.since),
    ]
    if rule.cwe:
        rows.append(("CWE", ", ".join(f"[{n}](https://cwe.mitre.org/data/definitions/{n}.html)" for n in rule.cwe)))
    if rule.owasp_llm:
        rows.append(("OWASP LLM Top 10 (2025)", ", ".join(rule.owasp_llm)))
    if rule.owasp_ml:
        rows.append(("OWASP ML Top 10 (2023)", ", ".join(rule.owasp_ml)))
    if rule.atlas:
        rows.append(("MITRE ATLAS", ", ".join(rule.atlas)))
    lines = ["| | |", "| --- | --- |"]
    lines.extend(f"| {name} | {value} |" for name, value in rows)
    return "\n".join(lines)


def _fix_kind(rule: Rule) -> str:
    return "yes" if any(isinstance(example, Bad) and example.fixed is not None for example in rule.examples) else "no"


def _examples(rule: Rule) -> list[str]:
    parts: list[str] = []
    bad = [example for example in rule.examples if isinstance(example, Bad)][:_MAX_EXAMPLES]
    good = [example for example in rule.examples if isinstance(example, Good)][:_MAX_EXAMPLES]
    missed = [example for example in rule.examples if isinstance(example, Missed)]
    if bad:
        parts.append("## Examples")
        for example in bad:
            context = _context(example.versions)
            config = example.files.get("mlwarden.toml")
            if config is not None:
                parts.append(f"With this `mlwarden.toml`:\n\n{_block(config, 'mlwarden.toml')}")
            parts.append(f"Reported{context}:\n\n{_block(strip_marks(example.code), example.path)}")
            if example.fixed is not None:
                fixed = textwrap.dedent(example.fixed)
                parts.append(f"After the fix:\n\n{_block(fixed, example.path)}")
    parts.extend(f"Fine, because {fine.because}:\n\n{_block(strip_marks(fine.code), fine.path)}" for fine in good)
    if missed:
        parts.append("## Known misses")
        parts.extend(
            f"Not seen, because {known.because}:\n\n{_block(strip_marks(known.code), known.path)}" for known in missed
        )
    return parts


def _context(versions: dict[str, str]) -> str:
    return f" with {', '.join(f'{name}{spec}' for name, spec in versions.items())}" if versions else ""


def _block(code: str, path: str) -> str:
    language = {"py": "python", "ipynb": "json", "toml": "toml", "yaml": "yaml", "yml": "yaml", "sh": "bash"}
    return f"```{language.get(path.rpartition('.')[2], 'text')}\n{code.strip(chr(10))}\n```"
