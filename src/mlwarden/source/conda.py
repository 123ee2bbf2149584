"""Dependencies in conda's YAML files, read line by line: environment.yml and conda-lock.yml.

Both are plain block lists wherever people or tools write them; what YAML could say in other ways is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlwarden.model.spans import Span
from mlwarden.source.lines import LineIndex
from mlwarden.source.pip_lines import parse_arguments
from mlwarden.source.requirement import (
    Dependencies,
    Option,
    Requirement,
    Role,
    joined,
    normalised,
    parse_requirement,
    pin_of,
)
from mlwarden.source.version_syntax import from_conda

CONDA_GROUP = "conda"

_TOP_KEY = re.compile(r"([A-Za-z_-]+)[ \t]*:[ \t]*(.*)")
# conda-forge::pytorch[version='>=2.0']=2.5.1=cuda*    numpy 1.26    python>=3.10,<3.12
_SPEC = re.compile(
    r"(?:(?P<channel>[^\s:=<>]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)(?P<gap>\s*)(?P<version>[=<>!~\d*][^\[#]*)?(?:\[.*\])?"
)
_BRACKETED_VERSION = re.compile(r"\[.*?version\s*=\s*['\"]?([^'\"\],]+)")
_PAIR = re.compile(r"([A-Za-z_]+):[ \t]*['\"]?([^'\"\s#]+)")
_LONGEST = 1_000


def parse_conda_environment(text: str) -> Dependencies:
    """Parse environment.yml: conda's packages (in group "conda"), its `pip:` list, and its channels."""
    parts: list[Dependencies] = []
    section, pip_indent = "", -1
    for start, indent, dashed, content in _lines(text):
        if indent == 0 and not dashed:
            key = _TOP_KEY.fullmatch(content)
            section, pip_indent = (key[1], -1) if key else ("", -1)
            if key is not None and key[2].startswith("["):
                parts += [_item(section, at + start + key.start(2), item) for at, item in _flow_items(key[2])]
            continue
        if not dashed:
            continue
        if pip_indent >= 0 and indent > pip_indent:
            at, item = _unquoted(start, content)
            parts.append(parse_arguments(item, allow_names=False).moved(at) if item.startswith("-") else _pip(at, item))
            continue
        pip_indent = -1
        if section == "dependencies" and re.fullmatch(r"pip[ \t]*:", content):
            pip_indent = indent
            continue
        parts.append(_item(section, *_unquoted(start, content)))
    return joined(parts)


def _lines(text: str) -> Iterator[tuple[int, int, bool, str]]:
    """Each line's content with its offset and indentation, whether it is a list's item, comments cut off."""
    lines = LineIndex(text)
    for number in range(len(lines)):
        line = lines.line_text(number)
        content = line.lstrip(" ")
        indent = at = len(line) - len(content)
        dashed = content.startswith("- ")
        if dashed:
            content = content[2:].lstrip(" ")
            at = len(line) - len(content)
        comment = 0 if content.startswith("#") else content.find(" #")
        content = (content if comment < 0 else content[:comment]).rstrip()
        if content:
            yield lines.starts[number] + at, indent, dashed, content


def _flow_items(flow: str) -> Iterator[tuple[int, str]]:
    """The items of `[a, "b=1"]`; commas inside of quotes belong to the item."""
    for match in re.finditer(r"\"[^\"]*\"|'[^']*'|[^\s,\[\]'\"][^,\[\]]*", flow):
        yield _unquoted(match.start(), match[0].rstrip())


def _unquoted(start: int, content: str) -> tuple[int, str]:
    if len(content) >= 2 and content[0] in "\"'" and content[-1] == content[0]:
        return start + 1, content[1:-1]
    return start, content


def _item(section: str, at: int, item: str) -> Dependencies:
    if section == "channels":
        return Dependencies(options=(Option("channels", item, Span(at, at + len(item))),))
    if section != "dependencies":
        return Dependencies()
    requirement = conda_requirement(item)
    return Dependencies((requirement,) if requirement else ()).moved(at)


def _pip(at: int, item: str) -> Dependencies:
    requirement = parse_requirement(item)
    return Dependencies((requirement,) if requirement else ()).moved(at)


def conda_requirement(text: str) -> Requirement | None:
    """Parse a conda match specification; None for anything else."""
    match = _SPEC.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or match["name"] == "python":
        return None
    place = Span(*match.span("version")) if match["version"] else Span(match.end("name"), match.end("name"))
    written = (match["version"] or "").rstrip()
    bracketed = _BRACKETED_VERSION.search(text)
    if not written and bracketed:
        written, place = bracketed[1], Span(*bracketed.span(1))
    specifier = from_conda(written) if not match["gap"] or not written[:1].isdigit() else from_conda(written.split()[0])
    return Requirement(
        name=normalised(match["name"]),
        specifier=specifier or "",
        span=Span(0, len(text.rstrip())),
        name_span=Span(*match.span("name")),
        specifier_span=Span(place.start, place.start + len(written)),
        written=written,
        understood=specifier is not None,
        pinned=pin_of(specifier or ""),
        group=CONDA_GROUP,
    )


def parse_conda_lock(text: str) -> Dependencies:
    """Parse conda-lock.yml: its list of packages, those from pip and those from conda (in group "conda")."""
    requirements: list[Requirement] = []
    package: dict[str, tuple[str, Span]] = {}
    started = False
    for start, indent, dashed, content in _lines(text):
        if indent == 0 and not dashed:
            started = started or content.startswith("package:")
            if content.startswith(("package:", "metadata:")):
                continue
        if not started:
            continue
        if dashed and indent <= 2 and _PAIR.match(content):
            requirements += _locked(package)
            package = {}
        pair = _PAIR.match(content)
        if pair is not None:
            package.setdefault(pair[1], (pair[2], Span(start + pair.start(2), start + pair.end(2))))
    requirements += _locked(package)
    return Dependencies(tuple(requirements))


def _locked(package: dict[str, tuple[str, Span]]) -> Iterator[Requirement]:
    if "name" not in package or "version" not in package or package["name"][0] == "python":
        return
    (name, name_span), (version, version_span) = package["name"], package["version"]
    first, last = sorted([name_span, version_span])
    yield Requirement(
        name=normalised(name),
        specifier=f"=={version}",
        span=Span(first.start, last.end),
        name_span=name_span,
        specifier_span=version_span,
        written=version,
        pinned=version,
        group="" if package.get("manager", ("", name_span))[0] == "pip" else CONDA_GROUP,
        role=Role.LOCKED,
    )
