"""MLW117: decoding with jsonpickle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading, switched_off
from mlwarden.semantics.turning_points import JSONPICKLE_SAFE
from mlwarden.semantics.values import ABSENT, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_DECODE = "jsonpickle.decode"
_RESTORE = "jsonpickle.unpickler.Unpickler().restore"


class JsonpickleDecode(Rule):
    """Decoding data with jsonpickle.

    ## Why is this bad?

    The JSON names the classes to build and the values to give them; jsonpickle imports what is named and restores it,
    `__reduce__` recipes included. Whoever writes the text can have a function of their choice called. With `safe=False`,
    the default before jsonpickle 4, parts of the text are passed to `eval` besides. The `classes` argument adds
    classes to those that can be found; it does not limit them.

    ## How to fix

    Read with `json.loads` and build the objects in code of your own, or validate with pydantic.

    ## When it is fine

    When the same program wrote the text and nobody else can change it.

    ## Limits

    Custom backends and handlers are not looked at.

    ## Fix safety

    The fix is unsafe: texts written by jsonpickle before 0.7 need `eval` and no longer decode.
    """

    code = "MLW117"
    name = "jsonpickle-decode"
    severity = Severity.MEDIUM
    calls = (_DECODE, _RESTORE)
    yields_to = ("MLW132", "MLW407")
    cwe = (502,)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("jsonpickle: the warning", "https://jsonpickle.readthedocs.io/en/latest/"),
        Reference("CVE-2020-22083", "https://nvd.nist.gov/vuln/detail/CVE-2020-22083"),
    )
    examples = (
        Bad(
            """
            import jsonpickle

            def restore(text):
                return jsonpickle.decode(text)
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"jsonpickle": ">=4"},
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`jsonpickle.decode` builds whatever objects data of unknown origin asks for",
        ),
        Bad(
            """
            from jsonpickle import loads

            def restore(text):
                return loads(text, safe=False)
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`jsonpickle.decode` with `safe=False` passes parts of data of unknown origin to `eval`",
            fixed="""
            from jsonpickle import loads

            def restore(text):
                return loads(text, safe=True)
            """,
        ),
        Bad(
            """
            import jsonpickle

            with open("state.json") as file:
                state = jsonpickle.decode(file.read())
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"jsonpickle": "==3.4.2"},
            severity=Severity.MEDIUM,
            fixed="""
            import jsonpickle

            with open("state.json") as file:
                state = jsonpickle.decode(file.read(), safe=True)
            """,
        ),
        Bad(
            """
            import jsonpickle.unpickler as unpickler

            def restore(state):
                return unpickler.Unpickler().restore(state)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import jsonpickle

            def deep_copy(value):
                return jsonpickle.decode(jsonpickle.encode(value))
            """,
            because="the text was made by the same expression",
        ),
        Good(
            """
            import json

            state = json.loads(open("state.json").read())
            """,
            because="JSON holds data only",
        ),
        Good(
            """
            import jsonpickle

            text = jsonpickle.encode({"a": 1}, unpicklable=False)
            """,
            because="writing builds nothing",
        ),
        Missed(
            """
            import jsonpickle.handlers

            handler = jsonpickle.handlers.get("project.Model")
            handler.restore({"py/object": "os.system"})
            """,
            because="handlers that are called by hand are not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every decoding, worse where `safe` is off."""
        given = self._safe(call)
        off = switched_off(given)
        if off is None and given.is_absent and JSONPICKLE_SAFE.ahead(model):
            off = Confidence.HIGH
        data = call.argument("string" if call.name == _DECODE else "obj", 0)
        read = reading(call, model, data, opted_out=off)
        if read is None:
            return
        short = call.name.replace("()", "")
        message = f"`{short}` builds whatever objects {read.what} asks for"
        if off is not None:
            how = f"of {model.version('jsonpickle').describe()}" if given.is_absent else "with `safe=False`"
            message = f"`{short}` {how} passes parts of {read.what} to `eval`"
        yield self.finding(
            call.span,
            message,
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=() if off is None else self._fixes(call),
        )

    def _safe(self, call: CallSite) -> Value:
        if call.name == _DECODE:
            return call.argument("safe", 5)
        for option in () if call.receiver is None else call.receiver.alternatives():
            if isinstance(option, Name) and option.made_by is not None:
                return option.made_by.argument("safe", 2)
        return ABSENT

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        edit = call.set_argument("safe", "True", 5) if call.name == _DECODE else None
        if edit is not None:
            yield Fix(
                "Set `safe=True`",
                (edit,),
                Applicability.UNSAFE,
                "texts written before jsonpickle 0.7 stop decoding",
            )
