"""Lock files: which version of each package was taken.

Tools write these files, always in the same layout, and they get large (a megabyte for a few hundred packages); so they
are searched line by line instead of being read as TOML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlwarden.model.spans import Span
from mlwarden.source.problems import INVALID_DEPENDENCY_FILE, Problem
from mlwarden.source.requirement import Dependencies, Requirement, Role, normalised

# The lines that matter in poetry.lock, uv.lock, pdm.lock and pylock.toml (PEP 751), all of which start in column 0.
_LINE = re.compile(
    r"^(?:(?P<package>\[\[packages?\]\])"
    r"|(?P<table>\[(?!\[)[^\]\n]*\])"
    r"|(?P<other>\[\[)"
    r"|(?P<key>name|version|git|path|url|type|marker|markers|requires-marker|resolved_reference|revision|commit-id)"
    r"[ \t]*=[ \t]*\"(?P<value>[^\"\n]*)\""
    r"|(?P<source>source|vcs|directory|archive)[ \t]*=[ \t]*\{(?P<inline>[^\n]*)\})",
    re.MULTILINE,
)
_INLINE = re.compile(r'([a-z-]+)[ \t]*=[ \t]*"([^"]*)"')


@dataclass
class _Package:
    start: int
    values: dict[str, tuple[str, Span]] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)


def parse_package_lock(text: str) -> Dependencies:
    """Parse poetry.lock, uv.lock, pdm.lock or pylock.toml. The project's own entry in uv.lock is left out."""
    return Dependencies(tuple(r for package in _packages(text) if (r := _requirement(package)) is not None))


def _packages(text: str) -> Iterator[_Package]:
    package: _Package | None = None
    in_source = inside = False
    for match in _LINE.finditer(text):
        if match["package"]:
            if package is not None:
                yield package
            package, inside, in_source = _Package(match.start()), True, False
        elif match["table"] or match["other"]:
            in_source = match["table"] in (
                "[package.source]",
                "[packages.vcs]",
                "[packages.directory]",
                "[packages.archive]",
            )
            inside = False
        elif package is None:
            continue
        elif match["key"]:
            if inside:
                package.values.setdefault(match["key"], (match["value"], Span(*match.span("value"))))
            elif in_source:
                package.source[match["key"]] = match["value"]
        elif inside:
            package.source.update(_INLINE.findall(match["inline"]))
    if package is not None:
        yield package


def _requirement(package: _Package) -> Requirement | None:
    name = package.values.get("name")
    if name is None or not {"editable", "virtual"}.isdisjoint(package.source):
        return None
    version, place = package.values.get("version", ("", Span(name[1].end, name[1].end)))
    marker = next(
        (package.values[key][0] for key in ("marker", "markers", "requires-marker") if key in package.values), ""
    )
    return Requirement(
        name=normalised(name[0]),
        specifier=f"=={version}" if version else "",
        span=Span(package.start, max(name[1].end, place.end) + 1),
        name_span=name[1],
        specifier_span=place,
        written=version,
        pinned=version or None,
        marker=marker,
        url=_url(package),
        role=Role.LOCKED,
    )


def _url(package: _Package) -> str | None:
    """Where the package comes from, if not from an index."""
    values = {key: value for key, (value, _) in package.values.items()}
    source = {**values, **package.source} if "git" in values else package.source
    revision = source.get("resolved_reference") or source.get("revision") or source.get("commit-id") or ""
    if "git" in source:
        url = source["git"]
        return f"git+{url}" + (f"@{revision}" if revision and "#" not in url else "")
    if source.get("type") in ("legacy", "registry") or "registry" in source:
        return None
    keys = ("url", "path", "directory")
    place = next((found[key] for found in (source, values) for key in keys if found.get(key)), None)
    if place is not None and (source.get("type") == "git" or revision):
        return f"git+{place}@{revision}" if revision else f"git+{place}"
    return place


def parse_pipfile_lock(text: str) -> Dependencies:
    """Parse Pipfile.lock."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        reason = error.msg.lower() if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        line = text.count("\n", 0, offset) + 1
        message = f"pipfile.lock is not valid JSON: {reason} (line {line})"
        return Dependencies(problem=Problem(INVALID_DEPENDENCY_FILE, message, offset))
    if not isinstance(data, dict):
        return Dependencies()
    requirements: list[Requirement] = []
    position = 0
    for section, packages in data.items():
        if section == "_meta" or not isinstance(packages, dict):
            continue
        position = _key(text, section, position).end
        for name, entry in packages.items():
            place = _key(text, name, position)
            position = place.end
            if isinstance(entry, dict):
                requirements.append(_pipenv_requirement(text, section, name, place, entry))
    return Dependencies(tuple(requirements))


def _key(text: str, key: str, position: int) -> Span:
    """Where a key stands, without its quotes; keys are found in the order of the file."""
    match = re.compile(rf"{re.escape(json.dumps(key))}(?=\s*:)").search(text, position)
    return Span(match.start() + 1, match.end() - 1) if match else Span(position, position)


def _pipenv_requirement(text: str, section: str, name: str, place: Span, entry: dict[str, Any]) -> Requirement:
    def string(key: str) -> str:
        value = entry.get(key)
        return value if isinstance(value, str) else ""

    version = string("version")
    at = text.find(f'"{version}"', place.end) if version else -1
    specifier_span = Span(at + 1, at + 1 + len(version)) if at >= 0 else Span(place.end, place.end)
    extras, hashes = entry.get("extras"), entry.get("hashes")
    url = string("git") or string("file") or string("path")
    reference = string("ref")
    return Requirement(
        name=normalised(name),
        specifier=version,
        span=Span(place.start, max(place.end, specifier_span.end)),
        name_span=place,
        specifier_span=specifier_span,
        written=version,
        pinned=version.lstrip("=") or None,
        marker=string("markers"),
        extras=tuple(map(str, extras)) if isinstance(extras, list) else (),
        url=(f"git+{url}" + (f"@{reference}" if reference else "") if string("git") else url) or None,
        hashes=tuple(map(str, hashes)) if isinstance(hashes, list) else (),
        editable=entry.get("editable") is True,
        group="" if section == "default" else section,
        role=Role.LOCKED,
    )
