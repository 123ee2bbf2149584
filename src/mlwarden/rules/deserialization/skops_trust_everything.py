"""MLW123: skops told to trust whatever a file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import has_suffix, reading, switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import SKOPS_CARD_ALLOW_PICKLE, SKOPS_NO_TRUSTED_BOOL
from mlwarden.semantics.values import Constant, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LOADS = ("skops.io.load", "skops.io.loads")
_UNTRUSTED = "skops.io.get_untrusted_types()"


class SkopsTrustEverything(Rule):
    """skops told to trust every type that a file asks for.

    ## Why is this bad?

    skops refuses types that are not on its list, because building an object of a wrong type can run code. `trusted=True`
    turns that off; so does passing on what `get_untrusted_types` finds in the file, unless somebody has read it.
    `skops.card.Card` unpickles files that are not in the skops format when it is told or, before 0.13, always.

    ## How to fix

    Write the types that your own models need as a literal list, and let everything else fail. Use skops 0.13 or later.

    ## When it is fine

    Never for files from others.

    ## Limits

    A list from `get_untrusted_types` counts as reviewed where the document compares it with something.

    ## Fix safety

    The fix is unsafe: models that need a type which skops does not trust no longer load; the error names it.
    """

    code = "MLW123"
    name = "skops-trust-everything"
    severity = Severity.HIGH
    calls = (*_LOADS, "skops.card.Card")
    cwe = (502, 183)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("skops: secure persistence", "https://skops.readthedocs.io/en/stable/persistence.html"),
        Reference("CVE-2024-37065", "https://nvd.nist.gov/vuln/detail/CVE-2024-37065"),
        Reference("CVE-2025-54886: cards", "https://nvd.nist.gov/vuln/detail/CVE-2025-54886"),
    )
    examples = (
        Bad(
            """
            import skops.io as sio

            model = sio.load("model.skops", trusted=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`skops.io.load` with `trusted=True` builds whatever the file asks for, and can run code that way",
            fixed="""
            import skops.io as sio

            model = sio.load("model.skops", trusted=[])
            """,
        ),
        Bad(
            """
            from skops.io import get_untrusted_types, load

            def restore(path):
                return load(path, trusted=get_untrusted_types(file=path))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
            fixed="""
            from skops.io import get_untrusted_types, load

            def restore(path):
                return load(path, trusted=[])
            """,
        ),
        Bad(
            """
            import skops.io

            unknown = skops.io.get_untrusted_types(file="model.skops")
            print(unknown)
            model = skops.io.load("model.skops", unknown)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import skops.io

            unknown = skops.io.get_untrusted_types(file="model.skops")
            print(unknown)
            model = skops.io.load("model.skops", [])
            """,
        ),
        Bad(
            """
            from skops.card import Card

            card = Card("model.pkl", allow_pickle=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"skops": ">=0.13"},
            message="`skops.card.Card` with `allow_pickle=True` unpickles the model, and can run code hidden in it",
            fixed="""
            from skops.card import Card

            card = Card("model.pkl")
            """,
        ),
        Bad(
            """
            from skops.card import Card

            card = Card("model.pkl")
                   ^^^^^^^^^^^^^^^^^
            """,
            versions={"skops": "==0.12.0"},
        ),
        Good(
            """
            import skops.io

            model = skops.io.load("model.skops", trusted=["project.Scaler", "numpy.random.Generator"])
            """,
            because="only the listed types are built",
        ),
        Good(
            """
            import skops.io

            unknown = skops.io.get_untrusted_types(file="model.skops")
            if set(unknown) - {"project.Scaler"}:
                raise ValueError(unknown)
            model = skops.io.load("model.skops", trusted=unknown)
            """,
            because="what was found is compared with a list",
        ),
        Good(
            """
            from skops.io import dumps, get_untrusted_types, loads

            def deep_copy(model):
                data = dumps(model)
                return loads(data, trusted=get_untrusted_types(data=data))
            """,
            because="the bytes were made by the same function",
        ),
        Good(
            """
            from skops.card import Card

            card = Card("model.skops", trusted=["project.Scaler"])
            plain = Card("model.pkl")
            """,
            versions={"skops": ">=0.13"},
            because="the skops format is not unpickled, and from 0.13 on other files are refused",
        ),
        Missed(
            """
            import skops.io

            names = [str(name) for name in skops.io.get_untrusted_types(file="model.skops")]
            model = skops.io.load("model.skops", trusted=sorted(names))
            """,
            because="the list is put together anew",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report loads that trust everything, and cards that unpickle."""
        if call.name == "skops.card.Card":
            yield from self._check_card(call, model)
            return
        given = call.argument("trusted", 1)
        sure = switched_on(given) if any(isinstance(option, Constant) for option in given.alternatives()) else None
        how = "`trusted=True`"
        if sure is None and self._is_blind(call, given, model):
            inline = call.argument_span("trusted", 1)
            sure = Confidence.HIGH if inline and "(" in call.text(inline) else Confidence.MEDIUM
            how = "every type that `get_untrusted_types` found in the file"
        if sure is None:
            return
        data = call.argument("file" if call.attribute == "load" else "data", 0)
        read = reading(call, model, data, opted_out=sure)
        if read is None or (how == "`trusted=True`" and SKOPS_NO_TRUSTED_BOOL.passed(model)):
            return  # its own bytes, or a TypeError
        yield self.finding(
            call.span,
            f"`{call.name}` with {how} builds whatever the file asks for, and can run code that way",
            severity=Severity.LOW if read.own else Severity.HIGH,
            confidence=sure,
            trace=read.trace,
            fixes=self._fixes(call),
        )

    def _check_card(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        sure = switched_on(call.argument("allow_pickle", 5))
        path = call.argument("model", 0)
        if sure is not None:
            how, edit = "with `allow_pickle=True` ", call.remove_argument("allow_pickle", 5)
        elif SKOPS_CARD_ALLOW_PICKLE.ahead(model) and path.strings() and not has_suffix(path, ".skops"):
            sure, how, edit = Confidence.HIGH, f"of {model.version('skops').describe()} ", None
        else:
            return
        fixes = []
        if edit is not None:
            title, why = "Remove `allow_pickle=True`", "files that are not in the skops format are refused"
            fixes.append(Fix(title, (edit,), Applicability.UNSAFE, why))
        yield self.finding(
            call.span,
            f"`skops.card.Card` {how}unpickles the model, and can run code hidden in it",
            confidence=sure,
            trace=trace_of(call),
            fixes=fixes,
        )

    def _is_blind(self, call: CallSite, given: Value, model: SemanticModel) -> bool:
        """Whether the list is what the file asks for, and nothing in the document compares it with anything."""
        if not any(isinstance(option, Name) and option.name == _UNTRUSTED for option in given.alternatives()):
            return False
        span = call.argument_span("trusted", 1)
        written = call.text(span) if span is not None else ""
        if not written.isidentifier():
            return True
        name = rf"(?:\w+\()?\b{re.escape(written)}\b\)?"
        compared = rf"(?:==|!=|<=|>=|[-&<]|\bin|\bnot)\s*{name}\s*(?!\))|{name}\s*(?:==|!=|<=|>=|[-&<]|not in\b)"
        loop = rf"for \w+ in {name}.*?\b(?:raise|assert|not in|if)\b"
        code = "".join(fragment.text for fragment in model.fragments)
        return not re.search(f"{compared}|{loop}|issubset|difference", code, re.DOTALL)

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        edit = call.set_argument("trusted", "[]", 1)
        if edit is not None:
            yield Fix(
                "Trust no other types, `trusted=[]`",
                (edit,),
                Applicability.UNSAFE,
                "models that need a type which skops does not trust stop loading",
            )
