"""Which files a run checks: the paths that were asked for, folders walked, exclusions and .gitignore honoured."""

# A `Path` for each entry of each folder would cost more than the rest of the walk.
# ruff: noqa: PTH100, PTH109, PTH110, PTH112, PTH113, PTH116, PTH118, PTH120
from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from mlwarden.config.settings import Settings
from mlwarden.model.record import field, record, replace
from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.excluded import DEFAULT_EXCLUDE, EXCLUDED_FOLDERS, EXCLUDED_SUFFIX
from mlwarden.source.gitignore import IgnoreRules
from mlwarden.source.kinds import HEAD_SIZE, kind_by_name, kind_of, needs_head
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read, read_head, unreadable

# An ignore file beyond that is not an ignore file.
_IGNORE_FILE_LIMIT = 4_000_000

SettingsFor = Callable[[str], Settings]


@record(frozen=True, slots=True)
class DiscoveredFile:
    """One file to check, or one place that could not be looked into.

    Attributes:
        path: as it is shown: relative to the working directory where it lies below it, with forward slashes.
        location: the absolute path to open.
        kind: the kind of document; None where there is a problem.
        explicit: it was named itself, not found in a folder.
        problem: why the file or folder cannot be read.
    """

    path: str
    location: str
    kind: DocumentKind | None
    explicit: bool = False
    problem: Problem | None = None


def discover(
    paths: Iterable[str | os.PathLike[str]],
    settings_for: SettingsFor,
    *,
    force_exclude: bool = False,
    cwd: str | None = None,
) -> Iterator[DiscoveredFile]:
    """The files to check, each once, in the order of their shown paths.

    A file that is named itself is always checked, if it is of a kind that mlwarden knows. In a folder, the exclusions
    of the settings and .gitignore files count (nested ones, those of the folders above up to the repository's top, and
    its `info/exclude`; a user's global ignore file does not, so that everybody gets the same result). A symbolic link
    to a file is followed, one to a folder only where it is named itself. A file that several paths lead to is reported
    under the one that goes through no link, else under the first.

    Args:
        paths: files and folders; one that does not exist yields a problem.
        settings_for: a folder's absolute path -> the settings of the files in it (`ConfigSource.for_folder`).
        force_exclude: exclusions of the settings hold for files that are named themselves, too.
        cwd: what relative paths count from; the working directory by default.

    Raises:
        ConfigError: from `settings_for`.
    """
    walk = _Walk(settings_for, _absolute(cwd if cwd is not None else os.getcwd()), force_exclude)
    for path in paths:
        walk.add(_absolute(os.path.join(walk.cwd, path)))
    yield from sorted((file for _, file in walk.found.values()), key=lambda file: (file.path, file.location))


@record(frozen=True, slots=True)
class _Scope:
    """Ignore rules and the folder they count from, with a slash at its end; the enclosing folder's come after."""

    base: str
    rules: IgnoreRules
    outer: _Scope | None

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether the innermost rules that speak of the entry ignore it."""
        scope: _Scope | None = self
        while scope is not None:
            decision = scope.rules.decide(path[len(scope.base) :], is_folder)
            if decision is not None:
                return decision
            scope = scope.outer
        return False


@record
class _Walk:
    """One run of discovery: what was found so far, under its real path."""

    settings_for: SettingsFor
    cwd: str
    force_exclude: bool
    found: dict[str, tuple[bool, DiscoveredFile]] = field(default_factory=dict)
    _walked: set[str] = field(default_factory=set)
    _exclusions: dict[tuple[object, ...], IgnoreRules] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """Add a file, or what is in a folder."""
        try:
            is_folder = _is_folder(path)
        except (OSError, ValueError) as error:
            if not (self.force_exclude and self._named_is_excluded(path)):
                self._problem(path, unreadable(error), explicit=True)
            return
        if is_folder:
            self._add_folder(path)
            return
        if self.force_exclude and self._named_is_excluded(path):
            return
        kind = kind_of(path, read_head(path, HEAD_SIZE) if kind_by_name(path) is None else b"")
        if kind is not None:
            self._file(_real(path), path, kind, self._through_link(path), explicit=True)

    def _through_link(self, path: str) -> bool:
        """Whether a link stands in the path, the working directory's own path aside."""
        prefix = _folder_prefix(self.cwd)
        expected = _folder_prefix(_real(self.cwd)) + path[len(prefix) :] if path.startswith(prefix) else path
        return path != self.cwd and _real(path) != expected

    def _named_is_excluded(self, path: str) -> bool:
        """Whether the exclusions speak against a file or against a folder it lies in."""
        settings = self.settings_for(os.path.dirname(path))
        rules, base = self._excluding(settings)
        base = base if path.startswith(base) else "/"
        at = path.find("/", len(base))
        while at >= 0:
            if _excluded(rules, base, path[:at], path[path.rfind("/", 0, at) + 1 : at], True):
                return True
            at = path.find("/", at + 1)
        return _excluded(rules, base, path, path[path.rfind("/") + 1 :], False)

    def _add_folder(self, root: str) -> None:
        """Walk a folder, entering no links; an explicit stack, so that depth costs nothing."""
        through_link = self._through_link(root)
        stack: list[tuple[str, str, _Scope | None]] = [(root, _real(root), None)]
        first = True
        while stack:
            folder, real, scope = stack.pop()
            if folder in self._walked:
                continue
            self._walked.add(folder)
            settings = self.settings_for(folder)
            if first and settings.respect_gitignore:
                scope = _scopes_above(folder)
            first = False
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self._problem(folder, unreadable(error, "folder"))
                continue
            if settings.respect_gitignore:
                scope = _scope_of(folder, {entry.name for entry in entries}, scope)
            stack.extend(self._look_at(entries, folder, real, scope, settings, through_link))

    def _look_at(
        self,
        entries: list[os.DirEntry[str]],
        folder: str,
        real: str,
        scope: _Scope | None,
        settings: Settings,
        through_link: bool,
    ) -> Iterator[tuple[str, str, _Scope | None]]:
        """Take in a folder's files and yield the folders to enter."""
        rules, base = self._excluding(settings)
        prefix, real_prefix = _folder_prefix(folder), _folder_prefix(real)
        if not prefix.startswith(base):
            base = "/"
        for entry in entries:
            name = entry.name
            path = prefix + name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder:
                kind = kind_by_name(path)
                if kind is None and not needs_head(name):
                    continue
            if _excluded(rules, base, path, name, is_folder) or (scope is not None and scope.ignores(path, is_folder)):
                continue
            if is_folder:
                if settings.exclude is not None or not _is_environment(path):
                    yield path, real_prefix + name, scope
            elif entry.is_symlink():
                self._linked(path, kind)
            elif entry.is_file(follow_symlinks=False):
                kind = kind or kind_of(name, read_head(path, HEAD_SIZE))
                if kind is not None:
                    self._file(real_prefix + name, path, kind, through_link)

    def _linked(self, path: str, kind: DocumentKind | None) -> None:
        """A symbolic link in a folder: to a file it counts, to a folder it does not."""
        try:
            if _is_folder(path):
                return
        except OSError as error:
            if kind is not None:
                self._problem(path, unreadable(error))
            return
        kind = kind or kind_of(path, read_head(path, HEAD_SIZE))
        if kind is not None:
            self._file(_real(path), path, kind, through_link=True)

    def _file(self, real: str, path: str, kind: DocumentKind, through_link: bool, explicit: bool = False) -> None:
        candidate = (through_link, DiscoveredFile(self._shown(path), path, kind, explicit))
        known = self.found.get(real)
        if known is not None:
            through_link, file = min(known, candidate, key=lambda each: (each[0], each[1].path))
            candidate = (through_link, replace(file, explicit=explicit or known[1].explicit))
        self.found[real] = candidate

    def _problem(self, path: str, problem: Problem, explicit: bool = False) -> None:
        self.found[path] = (False, DiscoveredFile(self._shown(path), path, None, explicit, problem))

    def _shown(self, path: str) -> str:
        prefix = _folder_prefix(self.cwd)
        if path == self.cwd:
            return "."
        if path.startswith(prefix):
            path = path[len(prefix) :]
        # A name that is not valid UTF-8 holds lone surrogates, which no report could print.
        return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def _excluding(self, settings: Settings) -> tuple[IgnoreRules | None, str]:
        """The settings' exclusions and the folder they count from; None for the built-in list alone."""
        base = _folder_prefix(_absolute(os.path.join(self.cwd, settings.root)))
        if settings.exclude is None and not settings.extend_exclude:
            return None, base
        key = (settings.exclude, settings.extend_exclude)
        rules = self._exclusions.get(key)
        if rules is None:
            patterns = DEFAULT_EXCLUDE if settings.exclude is None else settings.exclude
            rules = self._exclusions[key] = IgnoreRules([*patterns, *settings.extend_exclude])
        return rules, base


def _absolute(path: str | os.PathLike[str]) -> str:
    """The absolute path with forward slashes, which every system understands; links are not resolved."""
    return os.path.abspath(path).replace(os.sep, "/")


def _real(path: str) -> str:
    return os.path.realpath(path).replace(os.sep, "/")


def _folder_prefix(folder: str) -> str:
    return folder if folder.endswith("/") else folder + "/"


def _excluded(rules: IgnoreRules | None, base: str, path: str, name: str, is_folder: bool) -> bool:
    if rules is None:
        return is_folder and (name in EXCLUDED_FOLDERS or name.endswith(EXCLUDED_SUFFIX))
    return bool(rules.decide(path[len(base) :], is_folder))


def _is_folder(path: str) -> bool:
    """Like `os.path.isdir`, but a path that cannot be looked at raises."""
    return stat.S_ISDIR(os.stat(path).st_mode)


def _is_environment(folder: str) -> bool:
    """Whether the folder is a virtual environment, whatever its name."""
    return os.path.isfile(folder + "/pyvenv.cfg") and (
        os.path.isdir(folder + "/bin") or os.path.isdir(folder + "/Scripts")
    )


def _scopes_above(folder: str) -> _Scope | None:
    """The ignore rules of the folders above, from the repository's top down; None outside of any repository."""
    above = []
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        above.append(parent)
        folder = parent
    scope: _Scope | None = None
    for folder in reversed(above):
        scope = _scope_of(folder, {".git", ".gitignore"}, scope)
    return scope


def _scope_of(folder: str, names: set[str], outer: _Scope | None) -> _Scope | None:
    """The ignore rules for the entries of a folder, given the names in it."""
    base = _folder_prefix(folder)
    if ".git" in names and os.path.exists(base + ".git"):
        # A repository of its own: git's rules do not reach across.
        outer = _with_rules(base, _info_exclude(base + ".git"), None)
    return _with_rules(base, base + ".gitignore", outer) if ".gitignore" in names else outer


def _with_rules(base: str, file: str, outer: _Scope | None) -> _Scope | None:
    content = read(file, _IGNORE_FILE_LIMIT)
    if isinstance(content, Problem):
        return outer
    rules = IgnoreRules.of_text(content)
    return _Scope(base, rules, outer) if rules else outer


def _info_exclude(dot_git: str) -> str:
    """The path of `info/exclude`; a work tree's `.git` is a file that names a folder, which names the common one."""
    if os.path.isdir(dot_git):
        return dot_git + "/info/exclude"
    pointer = read_head(dot_git, 4096).decode("utf-8", "surrogateescape")
    if not pointer.startswith("gitdir:"):
        return ""
    git_folder = os.path.join(os.path.dirname(dot_git), pointer[7:].strip())
    common = read_head(git_folder + "/commondir", 4096).decode("utf-8", "surrogateescape").strip()
    return os.path.join(git_folder, common, "info", "exclude")
