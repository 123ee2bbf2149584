"""One requirement as pip writes it (PEP 508), with its place in the text, and what a dependency file holds.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mlwarden.model.spans import Span
from mlwarden.source.problems import Problem


class Role(enum.Enum):
    """What a requirement says: that a package is needed, how it must be if it is, or which one was taken."""

    DECLARED = "declared"
    CONSTRAINT = "constraint"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package that a file names.

    Attributes:
        name: normalised (PEP 503); "" for a URL or path that does not tell it.
        specifier: versions allowed, as PEP 440 has it, e.g. ">=2.0,<3"; "" for any.
        span: the requirement, from its name to the end of its marker, hashes not counted.
        name_span: the name as written.
        specifier_span: the versions as written; where there are none, the empty range where they would go.
        written: the versions as written, in the syntax of the file's own tool ("^2.0").
        understood: False where `written` says something that PEP 440 cannot.
        pinned: the one version allowed, or None.
        marker: environment marker, e.g. "python_version < '3.11'".
        extras: as written.
        url: where it comes from instead of an index: URL, VCS URL or path.
        hashes: "sha256:..." for each.
        editable: installed in place.
        group: name of the extra or group it belongs to; "" for what is always installed.
        role: see `Role`.
    """

    name: str
    specifier: str
    span: Span
    name_span: Span
    specifier_span: Span
    written: str = ""
    understood: bool = True
    pinned: str | None = None
    marker: str = ""
    extras: tuple[str, ...] = ()
    url: str | None = None
    hashes: tuple[str, ...] = ()
    editable: bool = False
    group: str = ""
    role: Role = Role.DECLARED


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of where packages come from.

    Attributes:
        name: pip's long option name ("--extra-index-url"), or the tool's table ("tool.uv.index", "channels").
        value: its value, "" for a switch.
        span: name and value.
        detail: what else the tool's table says about it, e.g. "explicit", a priority.
    """

    name: str
    value: str
    span: Span
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Include:
    """Another file that counts too: `-r path`, `-c path`."""

    path: str
    span: Span
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a dependency file says, in the order of the file.

    Attributes:
        problem: where it breaks its own format, and why nothing more is known.
    """

    requirements: tuple[Requirement, ...] = ()
    options: tuple[Option, ...] = ()
    includes: tuple[Include, ...] = ()
    problem: Problem | None = None

    def moved(self, by: int, cell: int | None = None) -> Dependencies:
        """The same, found `by` code points further on, in that cell."""

        def at(span: Span) -> Span:
            return Span(span.start + by, span.end + by, cell)

        return Dependencies(
            tuple(
                replace(r, span=at(r.span), name_span=at(r.name_span), specifier_span=at(r.specifier_span))
                for r in self.requirements
            ),
            tuple(replace(option, span=at(option.span)) for option in self.options),
            tuple(replace(include, span=at(include.span)) for include in self.includes),
            self.problem and replace(self.problem, offset=self.problem.offset + by),
        )


def joined(parts: Iterable[Dependencies]) -> Dependencies:
    """All of them as one."""
    parts = tuple(parts)
    return Dependencies(
        tuple(each for part in parts for each in part.requirements),
        tuple(each for part in parts for each in part.options),
        tuple(each for part in parts for each in part.includes),
        next((part.problem for part in parts if part.problem is not None), None),
    )


def normalised(name: str) -> str:
    """The name by which indexes know a package: `Huggingface_Hub` is `huggingface-hub` (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


# --- one requirement -----------------------------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SPACE = re.compile(r"[ \t]*")
_EXTRAS = re.compile(r"[ \t]*\[([^\]]*)\]")
_AT = re.compile(r"[ \t]*@[ \t]*")
_CLAUSE = r"(?:===|==|~=|!=|<=|>=|<|>)[ \t]*(?:\d+!)?[^\s,;()=<>!~]+"
_CLAUSES = re.compile(rf"{_CLAUSE}(?:[ \t]*,[ \t]*{_CLAUSE})*")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+[a-z+]+:|git@")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@|file:")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
# torch-2.5.1+cu121-cp311-cp311-linux_x86_64.whl      mlwarden-0.1.0.tar.gz
_ARCHIVE = re.compile(
    rf"(?P<name>{_NAME.pattern})-(?P<version>\d[^-]*)(?:-[^/]*\.whl|\.(?:tar\.gz|zip|tar\.bz2|tgz))", re.IGNORECASE
)
# Longer ones are nobody's requirement, and would make the patterns here slow.
_LONGEST = 2_000
_LONGEST_FILE_NAME = 255


def parse_requirement(text: str, role: Role = Role.DECLARED, group: str = "") -> Requirement | None:
    """Parse one requirement (PEP 508, or a URL or path as pip takes them); None for anything else."""
    if len(text) > _LONGEST:
        return None
    start = _after_space(text, 0)
    name = _NAME.match(text, start)
    if name is None:
        return _location(text, role, group)
    extras = _EXTRAS.match(text, name.end())
    end = extras.end() if extras else name.end()
    at = _AT.match(text, end)
    url, versions = None, Span(end, end)
    if at is not None:
        # A URL may hold semicolons: a marker stands behind a space.
        stop = next((i for i in range(at.end(), len(text)) if text[i] in " \t"), len(text))
        url = text[at.end() : stop]
        position = end = stop
        if not url:
            return None
    else:
        versions, position = _versions(text, end)
        end = max(end, versions.end)
    position = _after_space(text, position)
    marker = text[position + 1 :].strip() if text[position : position + 1] == ";" else ""
    if not marker and text[position:].rstrip(" \t;"):
        return _location(text, role, group)
    written = text[versions.start : versions.end]
    specifier = "".join(written.split())
    return Requirement(
        name=normalised(name[0]),
        specifier=specifier,
        span=Span(start, len(text.rstrip()) if marker else end),
        name_span=Span(*name.span()),
        specifier_span=versions,
        written=written,
        pinned=_version_in(url) if url else pin_of(specifier),
        marker=marker,
        extras=_extras(extras[1]) if extras else (),
        url=url,
        group=group,
        role=role,
    )


def _versions(text: str, position: int) -> tuple[Span, int]:
    """Where the versions stand, without brackets around them, and the offset after all of that."""
    start = _after_space(text, position)
    bracket = text[start : start + 1] == "("
    clauses = _CLAUSES.match(text, _after_space(text, start + 1) if bracket else start)
    if clauses is None:
        return Span(position, position), start
    end = _after_space(text, clauses.end())
    if text[end : end + 1] == ",":
        end = _after_space(text, end + 1)
    return Span(*clauses.span()), end + (bracket and text[end : end + 1] == ")")


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _extras(text: str) -> tuple[str, ...]:
    return tuple(extra.strip() for extra in text.strip(" \t[]").split(",") if extra.strip())


def pin_of(specifier: str) -> str | None:
    """The version in a specifier that allows no other: "==2.5.1", "===2.5"; not "==2.*"."""
    for clause in specifier.split(","):
        if clause.startswith("==") and not clause.endswith(".*"):
            return clause.lstrip("=")
    return None


def _location(text: str, role: Role, group: str) -> Requirement | None:
    """A requirement that is only a URL or a path."""
    start = _after_space(text, 0)
    url, _, marker = text.strip().partition(" ;")
    url = url.rstrip()
    archive = _archive(url)
    if not url or " " in url or not (archive or url.startswith((".", "/", "~")) or _URL.match(url)):
        return None
    span = Span(start, start + len(url))
    egg = _EGG.search(url)
    name = Span(*egg.span(1)) if egg else Span(*archive.span("name")) if archive else None
    extras = re.search(r"\[([^\[\]]*)\]\Z", url)
    return Requirement(
        name=normalised(url[name.start : name.end]) if name else "",
        specifier="",
        span=span,
        name_span=name.shifted(start) if name else span,
        specifier_span=Span(span.end, span.end),
        pinned=_version_in(url),
        marker=marker.strip(),
        extras=_extras(extras[1]) if extras else (),
        url=url,
        group=group,
        role=role,
    )


def _archive(url: str) -> re.Match[str] | None:
    """The name and version in the file name that a URL or path ends with, at their offsets."""
    end = min((at for at in (url.find("#"), url.find("?")) if at >= 0), default=len(url))
    start = max(url.rfind("/", 0, end), url.rfind("\\", 0, end)) + 1
    return _ARCHIVE.fullmatch(url, start, end) if end - start <= _LONGEST_FILE_NAME else None


def _version_in(url: str) -> str | None:
    """The version that an archive's name tells: only for archives, a tag of a repository may be moved."""
    archive = None if _VCS.match(url) else _archive(url)
    return archive["version"].replace("%2B", "+") if archive else None


def spanned(text: str, at: int | None, literal: Span, role: Role, group: str) -> Requirement | None:
    """A requirement in a string of some other format.

    Args:
        text: the string's value.
        at: where its characters stand in the file as they are; None where escapes hide that, so that every place is
            the whole literal.
        literal: the string with its quotes.
        role: of the requirement.
        group: of the requirement.
    """
    requirement = parse_requirement(text, role, group)
    if requirement is None:
        return None
    if at is None:
        return replace(requirement, span=literal, name_span=literal, specifier_span=literal)
    return Dependencies((requirement,)).moved(at).requirements[0]
