"""MLW129: LangChain's JSON loader with more trust than the text deserves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import leaves, left_out, reading, switched_on
from mlwarden.semantics.origins import OriginKind
from mlwarden.semantics.turning_points import LANGCHAIN_LOAD_ALLOW_LIST, LANGCHAIN_LOAD_ALLOW_LIST_0
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Unknown

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LOADS: dict[str, str] = {
    "langchain_core.load.load": "obj",
    "langchain_core.load.load.load": "obj",
    "langchain_core.load.load.loads": "text",
    "langchain.load.load": "obj",
    "langchain_classic.load.load": "obj",
}
_REVIVER = "langchain_core.load.load.Reviver"
_POSITIONS = {"allowed_objects": 0, "valid_namespaces": 2, "secrets_from_env": 3}


class LangchainLoadWide(Rule):
    """`langchain_core.load` with a wide list of classes, or on text from outside.

    ## Why is this bad?

    The text names the LangChain classes to build and the arguments to give them: a prepared one points a model at the
    attacker's server, or asks for the values of environment variables and gets them sent there. Before the releases
    1.2.5 and 0.3.81 every class could be named, and secrets were read from the environment by default.

    ## How to fix

    Pass `allowed_objects="messages"`, or the few classes that the text may hold, and leave `secrets_from_env` off.

    ## When it is fine

    For text that the same program wrote, and stored where nobody else can write.

    ## Limits

    Text of unknown origin is reported only together with a wide list, secrets or an old release.

    ## Fix safety

    The fixes are unsafe: objects of other classes are refused, and secrets have to be passed in `secrets_map`.
    """

    code = "MLW129"
    name = "langchain-load-wide"
    severity = Severity.HIGH
    calls = (*_LOADS, _REVIVER)
    yields_to = ("MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM05", "LLM02")
    atlas = ("AML.T0011.000", "AML.T0057")
    references = (
        Reference("LangChain: langchain_core.load", "https://reference.langchain.com/python/langchain-core/load/load"),
        Reference("CVE-2025-68664: secrets", "https://nvd.nist.gov/vuln/detail/CVE-2025-68664"),
    )
    examples = (
        Bad(
            """
            from langchain_core.load import loads

            def restore(text):
                return loads(text, allowed_objects="all")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            versions={"langchain-core": ">=1.3"},
            message="`loads` with `allowed_objects='all'` builds any LangChain object that "
            "data of unknown origin asks for",
            fixed="""
            from langchain_core.load import loads

            def restore(text):
                return loads(text, allowed_objects="messages")
            """,
        ),
        Bad(
            """
            from langchain.load import load

            def restore(data):
                return load(data, allowed_objects="messages", secrets_from_env=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from langchain.load import load

            def restore(data):
                return load(data, allowed_objects="messages", secrets_from_env=False)
            """,
        ),
        Bad(
            """
            import requests
            from langchain_core.load.load import loads

            chain = loads(requests.get("https://example.com/chain.json").text)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            versions={"langchain-core": ">=1.3"},
            fixed="""
            import requests
            from langchain_core.load.load import loads

            chain = loads(requests.get("https://example.com/chain.json").text, allowed_objects="messages")
            """,
        ),
        Bad(
            """
            from langchain_core.load import loads

            def restore(text):
                return loads(text)
                       ^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            versions={"langchain-core": "==1.2.4"},
            message="`loads` of langchain-core==1.2.4 builds any LangChain object that data of unknown origin asks for, "
            "and gives it secrets from the environment",
        ),
        Good(
            """
            from langchain_core.load import loads
            from langchain_core.messages import AIMessage

            def restore(text):
                return loads(text, allowed_objects=[AIMessage])
            """,
            because="only the listed classes are built",
        ),
        Good(
            """
            from langchain_core.load import dumps, loads

            def deep_copy(message):
                return loads(dumps(message), allowed_objects="all")
            """,
            because="the text was made by the same expression",
        ),
        Good(
            """
            from json import load, loads

            data = loads("{}")
            more = load(open("data.json"), secrets_from_env=True)
            """,
            because="these are the functions of another module",
        ),
        Missed(
            """
            from langchain_core.load import loads

            def restore(text, objects):
                return loads(text, allowed_objects=objects)
            """,
            because="which classes the caller allows is not known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the widest thing that a call allows."""
        reviver = call.name == _REVIVER
        data = Unknown("handed to the reviver later") if reviver else call.argument(_LOADS[call.name], 0)
        if any(_is_dumped(leaf) for leaf in leaves(data)):
            return
        given = {name: call.argument(name, _POSITIONS[name] if reviver else None) for name in _POSITIONS}
        wide = given["allowed_objects"].may_be("all")
        secrets = switched_on(given["secrets_from_env"])
        spaces = switched_on(given["valid_namespaces"])
        old = self._is_old(model)
        read = reading(call, model, data, opted_out=Confidence.HIGH)
        if read is None:
            return
        foreign = read.origin.kind in {OriginKind.REMOTE, OriginKind.OUTSIDE} and left_out(given["allowed_objects"])
        builds = f"builds any LangChain object that {read.what} asks for"
        severity = min(read.severity, Severity.HIGH)
        confidence = Confidence.HIGH
        if old:
            how = f" of {model.version('langchain-core').describe()}"
            what = f"{builds}, and gives it secrets from the environment"
        elif secrets is not None:
            how, confidence = " with `secrets_from_env=True`", secrets
            what = f"gives secrets from the environment to the objects that {read.what} asks for"
        elif wide:
            how, what = " with `allowed_objects='all'`", builds
        elif spaces is not None:
            how, confidence = " with more `valid_namespaces`", spaces
            what = f"builds objects of other packages that {read.what} asks for"
        elif foreign:
            how, what, confidence = " without a list of classes", builds, read.confidence
        else:
            return
        yield self.finding(
            call.span,
            f"`{call.attribute}`{how} {what}",
            severity=severity,
            confidence=confidence,
            trace=read.trace,
            fixes=self._fixes(call, model, secrets is not None, wide or foreign),
        )

    def _is_old(self, model: SemanticModel) -> bool:
        """Whether the release is certainly one without an allow-list."""
        required = model.version("langchain-core")
        on_old_line = required.below("1.0")
        if on_old_line:
            return bool(LANGCHAIN_LOAD_ALLOW_LIST_0.ahead(model))
        return on_old_line is False and bool(LANGCHAIN_LOAD_ALLOW_LIST.ahead(model))

    def _fixes(self, call: CallSite, model: SemanticModel, secrets: bool, wide: bool) -> Iterator[Fix]:
        position = _POSITIONS["allowed_objects"] if call.name == _REVIVER else None
        old = self._is_old(model)
        if secrets and call.argument_span("secrets_from_env") is not None:
            edit = call.set_argument("secrets_from_env", "False")
            title, why = "Set `secrets_from_env=False`", "secrets have to be passed in `secrets_map` then"
        elif wide and not old and LANGCHAIN_LOAD_ALLOW_LIST_0.passed(model):
            edit = call.set_argument("allowed_objects", '"messages"', position)
            title, why = 'Set `allowed_objects="messages"`', "objects of other classes are refused"
        else:
            return
        if edit is not None:
            yield Fix(title, (edit,), Applicability.UNSAFE, why)


def _is_dumped(leaf: object) -> bool:
    dumped = ("dumps()", "dumpd()")
    return isinstance(leaf, Name) and leaf.name.startswith("langchain") and leaf.name.endswith(dumped)
