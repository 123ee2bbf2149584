"""What checks looked at beyond the checked files, so that a result can be kept until one of these things changes."""

from __future__ import annotations

import os
from typing import TypeAlias

from mlwarden.model.record import field, record

# What the machine was asked, and its answer: ("commit", repository, kind, reference, commit or ""),
# ("path", literal, path of the document, "1" or ""), or ("top", folder, top of its repository or "").
Question: TypeAlias = tuple[str, ...]


@record
class Trail:
    """Written by `Siblings` and `Analysis` while files are checked; paths as they are used there.

    Attributes:
        modules: file -> the project's modules that a name in it was looked up in.
        names: file -> the parts of all dotted names that were looked for among the project's modules, found or not.
        folders: where modules were looked for; some do not exist.
        versions: files whose check asked for the versions that the project requires, with the root of their settings.
        questions: file -> what its check asked the machine.
    """

    modules: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)
    questions: dict[str, set[Question]] = field(default_factory=dict)

    def looked_up(self, dotted: str, path: str, found: str | None) -> None:
        """A dotted name was looked for, as seen from a file."""
        names = self.names.get(path)
        if names is None:
            names = self.names[path] = set()
            self.folders.add(os.path.dirname(path))  # noqa: PTH120  # for every file
        names.update(dotted.split("."))
        if found is not None:
            self.modules.setdefault(path, set()).add(found)

    def led_to(self, path: str, other: str) -> None:
        """The result for a file holds what was found in another, which need not be there (`%%writefile other`)."""
        self.modules.setdefault(path, set()).add(other)

    def commit(self, document: str, repo_id: str, kind: str, reference: str) -> str | None:
        """`hub_cache.commit_on_this_machine`, asked by a document."""
        from mlwarden.semantics.hub_cache import commit_on_this_machine

        found = commit_on_this_machine(repo_id, kind, reference)
        self.questions.setdefault(document, set()).add(("commit", repo_id, kind, reference, found or ""))
        return found

    def exists(self, text: str, document: str) -> bool:
        """`hub_cache.path_exists`, asked by a document."""
        from mlwarden.semantics.hub_cache import path_exists

        found = path_exists(text, document)
        self.questions.setdefault(document, set()).add(("path", text, document, "1" if found else ""))
        return found

    def taken(self) -> Trail:
        """What is written so far; it begins anew."""
        taken = Trail(self.modules, self.names, self.folders, self.versions, self.questions)
        self.modules, self.names, self.folders, self.versions, self.questions = {}, {}, set(), {}, {}
        return taken

    def add(self, other: Trail) -> None:
        """Take in what another process wrote."""
        for mine, theirs in ((self.modules, other.modules), (self.names, other.names)):
            for path, found in theirs.items():
                mine.setdefault(path, set()).update(found)
        for path, asked in other.questions.items():
            self.questions.setdefault(path, set()).update(asked)
        self.folders |= other.folders
        self.versions.update(other.versions)


def still_so(question: Question) -> bool:
    """Whether the machine answers as before."""
    from mlwarden.semantics.hub_cache import commit_on_this_machine, path_exists

    match question:
        case ("commit", repo_id, kind, reference, answer):
            return (commit_on_this_machine(repo_id, kind, reference) or "") == answer
        case ("path", text, document, answer):
            return path_exists(text, document) == bool(answer)
        case ("top", folder, answer):
            from mlwarden.engine.cache_facts import top_above

            return (top_above(folder) or "") == answer
        case _:
            return False
