"""Dependencies in TOML: pyproject.toml (PEP 621, PEP 735, Poetry, PDM, uv, Hatch), Pipfile, PEP 723 script metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlwarden.model.spans import Span
from mlwarden.source.requirement import Dependencies, Option, Requirement, Role, normalised, pin_of, spanned
from mlwarden.source.toml_places import Node, parse_toml
from mlwarden.source.version_syntax import from_poetry

BUILD_GROUP = "build-system"


def parse_pyproject(text: str) -> Dependencies:
    """Parse pyproject.toml. Raises TomlError."""
    root = parse_toml(text)
    requirements = [*_standard(root), *_tools(root), *_poetry(root)]
    requirements.sort(key=lambda requirement: requirement.span)
    return Dependencies(tuple(requirements), tuple(_sources(root)))


def parse_script_metadata(text: str) -> Dependencies:
    """Parse the TOML of a PEP 723 block. Raises TomlError."""
    root = parse_toml(text)
    return Dependencies(tuple(_strings(root.get("dependencies"), "")), tuple(_sources(root)))


def parse_pipfile(text: str) -> Dependencies:
    """Parse a Pipfile. Raises TomlError."""
    root = parse_toml(text)
    requirements = [
        requirement
        for section, table in root.items()
        if section not in ("source", "requires", "scripts", "pipenv", "pipfile")
        for requirement in _table(table, "" if section == "packages" else section.removesuffix("-packages"), _as_is)
    ]
    return Dependencies(tuple(requirements), tuple(_tables(root.get("source"), "pipfile.source", _pipenv_detail)))


def _standard(root: Node) -> Iterator[Requirement]:
    yield from _strings(root.get("build-system", "requires"), BUILD_GROUP)
    yield from _strings(root.get("project", "dependencies"), "")
    for extra, array in _entries(root.get("project", "optional-dependencies")):
        yield from _strings(array, extra)
    for group, array in _entries(root.get("dependency-groups")):
        yield from _strings(array, group)


def _tools(root: Node) -> Iterator[Requirement]:
    yield from _strings(root.get("tool", "uv", "dev-dependencies"), "dev")
    for name in ("constraint-dependencies", "override-dependencies"):
        yield from _strings(root.get("tool", "uv", name), "", Role.CONSTRAINT)
    for group, array in _entries(root.get("tool", "pdm", "dev-dependencies")):
        yield from _strings(array, group)
    for environment, table in _entries(root.get("tool", "hatch", "envs")):
        for name in ("dependencies", "extra-dependencies"):
            yield from _strings(table.get(name), environment)


def _poetry(root: Node) -> Iterator[Requirement]:
    poetry = root.get("tool", "poetry")
    if poetry is None:
        return
    yield from _table(poetry.get("dependencies"), "", from_poetry)
    yield from _table(poetry.get("dev-dependencies"), "dev", from_poetry)
    for group, table in _entries(poetry.get("group")):
        yield from _table(table.get("dependencies"), group, from_poetry)


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None:
        yield from node.items()


def _strings(node: Node | None, group: str, role: Role = Role.DECLARED) -> Iterator[Requirement]:
    """The requirements in an array of PEP 508 strings."""
    if node is None:
        return
    for element in node.elements():
        requirement = spanned(element.text(), element.inner, element.span, role, group) if element.text() else None
        if requirement is not None:
            yield requirement


def _as_is(written: str) -> str:
    return "" if written.strip() == "*" else "".join(written.split())


def _table(node: Node | None, group: str, translated: Callable[[str], str | None]) -> Iterator[Requirement]:
    """The requirements in a table `name = "version"` or `name = { version = "...", extras = [...], git = "..." }`."""
    for name, entry in _entries(node):
        if name.lower() == "python":
            continue
        # Poetry takes an array where the version depends on the environment.
        for each in list(entry.elements()) or [entry]:
            yield _entry(name, entry.key_span, each, group, translated)


def _entry(name: str, key_span: Span, node: Node, group: str, translated: Callable[[str], str | None]) -> Requirement:
    version = node.get("version") if isinstance(node.value, dict) else node
    written = version.text() if version is not None else ""
    specifier = translated(written)
    span = Span(key_span.start, max(key_span.end, node.span.end))
    place = Span(key_span.end, key_span.end)
    if version is not None and isinstance(version.value, str):
        inner = version.inner
        place = version.span if inner is None else Span(inner, inner + len(written))
    url = next((text for key in ("git", "url", "path", "file") if (text := _text(node, key))), None)
    revision = next((text for key in ("rev", "tag", "branch", "ref") if (text := _text(node, key))), "")
    if url is not None and _text(node, "git"):
        url = f"git+{url}" + (f"@{revision}" if revision else "")
    extras = node.get("extras")
    editable = node.get("editable") or node.get("develop")
    return Requirement(
        name=normalised(name),
        specifier=specifier or "",
        span=span,
        name_span=key_span,
        specifier_span=place,
        written=written,
        understood=specifier is not None,
        pinned=pin_of(specifier or ""),
        marker=_text(node, "markers") or _text(node, "marker"),
        extras=tuple(extra.text() for extra in extras.elements()) if extras is not None else (),
        url=url,
        editable=editable is not None and editable.value is True,
        group=group,
    )


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return found.text() if found is not None else ""


# --- where packages come from --------------------------------------------------------------------------------------


def _sources(root: Node) -> Iterator[Option]:
    uv = root.get("tool", "uv")
    yield from _tables(uv and uv.get("index"), "tool.uv.index", _uv_detail)
    if uv is not None:
        for place in (uv, uv.get("pip")):
            yield from _uv_urls(place)
    yield from _tables(root.get("tool", "poetry", "source"), "tool.poetry.source", lambda node: _text(node, "priority"))
    yield from _tables(root.get("tool", "pdm", "source"), "tool.pdm.source", _pipenv_detail)


def _uv_urls(table: Node | None) -> Iterator[Option]:
    """The settings of uv that have the names of pip's options, in `tool.uv` and `tool.uv.pip`."""
    for name, node in _entries(table):
        if name in ("index-url", "extra-index-url", "find-links", "index-strategy", "no-index", "allow-insecure-host"):
            option = "--trusted-host" if name == "allow-insecure-host" else f"--{name}"
            for each in list(node.elements()) or [node]:
                if each.text() or each.value is True:
                    yield Option(option, each.text(), each.span)


def _tables(node: Node | None, name: str, detail: Callable[[Node], str]) -> Iterator[Option]:
    """An option for each table of an array of tables with a `url`."""
    if node is None:
        return
    for table in node.elements():
        url = table.get("url")
        if url is not None and url.text():
            yield Option(name, url.text(), url.span, detail(table))


def _uv_detail(node: Node) -> str:
    switches = [key for key in ("explicit", "default") if (found := node.get(key)) is not None and found.value is True]
    return " ".join(switches)


def _pipenv_detail(node: Node) -> str:
    verify = node.get("verify_ssl")
    return "verify_ssl=false" if verify is not None and verify.value is False else ""
