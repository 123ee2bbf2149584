"""Data that goes through a file: what is downloaded or written to a path is found again when the path is read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from mlwarden.semantics.calls import CallSite
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.values import Constant, Reference, Taint, Text, Unknown, Value, merge_taints

# Where a download names its target: keyword, position.
_TARGETS = (
    ("filename", 1),
    ("dst", 1),
    ("out", 1),
    ("output", 1),
    ("Filename", 2),
    ("file_path", 2),
    ("local_path", 1),
    ("lpath", 1),
)
_WRITING_METHODS = frozenset(["write", "write_bytes", "write_text", "writelines"])
# Functions that write their first argument into the file that the second one names.
_WRITING_CALLS: dict[str, tuple[str, int, str, int]] = {
    "shutil.copyfileobj": ("fsrc", 0, "fdst", 1),
    "shutil.copyfile": ("src", 0, "dst", 1),
    "shutil.copy": ("src", 0, "dst", 1),
    "shutil.copy2": ("src", 0, "dst", 1),
    "shutil.move": ("src", 0, "dst", 1),
    "os.rename": ("src", 0, "dst", 1),
    "os.replace": ("src", 0, "dst", 1),
    "json.dump": ("obj", 0, "fp", 1),
    "pickle.dump": ("obj", 0, "file", 1),
    "os.write": ("data", 1, "fd", 0),
}


def note_download(frame: Frame, site: CallSite, taints: tuple[Taint, ...]) -> None:
    """A download that names its target file taints what is read from that file later."""
    plain_request = site.attribute in {"get", "post", "request", "urlopen"}
    for keyword, position in _TARGETS:
        _store(frame, site.argument(keyword, None if plain_request else position), taints)


def note_writing(frame: Frame, site: CallSite) -> None:
    """Tainted data that is written to a file taints what is read from it later."""
    places = _WRITING_CALLS.get(site.name)
    if places is not None:
        word, position, target_word, target_position = places
        written, target = site.argument(word, position), site.argument(target_word, target_position)
        _store(frame, target, merge_taints(written.taints, stored_taints(frame, written)))
    elif site.attribute in _WRITING_METHODS and site.receiver is not None:
        for written in site.positional()[:1]:
            _store(frame, site.receiver, written.taints)


def stored_taints(frame: Frame, path: Value | None) -> tuple[Taint, ...]:
    """The taints of a path, and of what was written into the file it names."""
    if path is None:
        return ()
    stored = frame.state.stored
    found = [stored[key] for key in _keys(frame, path) if key in stored] if stored else []
    return merge_taints(path.taints, *found)


def read_back(frame: Frame, site: CallSite) -> tuple[Taint, ...]:
    """The taints of what was written before into the files whose paths a call gets."""
    stored = frame.state.stored
    found = [
        stored[key] for argument in site.arguments for key in _keys(frame, argument.value) if stored and key in stored
    ]
    return merge_taints(*found)


def _store(frame: Frame, target: Value, taints: tuple[Taint, ...]) -> None:
    taints = tuple(taint for taint in taints if taint.kind != "temporary")
    if not taints or target.is_absent:
        return
    for key in _keys(frame, target):
        frame.state.stored[key] = merge_taints(frame.state.stored.get(key, ()), taints)


def _keys(frame: Frame, target: Value, depth: int = 4) -> Iterator[Hashable]:
    """What a file is known by: its literal path, or the very value of the path within one function."""
    for option in target.alternatives():
        if isinstance(option, Reference) and option.content is not None and depth > 0:
            yield from _keys(frame, option.content, depth - 1)
        elif isinstance(option, Constant) and isinstance(option.value, str):
            yield option.value.removeprefix("./")
        elif isinstance(option, Unknown) and option.parameter:
            yield (id(frame.function), option.parameter)
        elif isinstance(option, Text) and any(option.parts):
            yield (id(frame.function), option.parts, _origin(option))
        elif isinstance(option, Reference) and option.name.startswith("tempfile.NamedTemporaryFile()"):
            yield (id(option.made_by), "file")  # the file object, or its `name`
        elif isinstance(option, Reference) and option.made_by is not None:
            yield (id(option.made_by), option.name)


def _origin(option: Value) -> Hashable:
    return tuple((taint.kind, taint.steps[:1]) for taint in option.taints)
