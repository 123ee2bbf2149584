"""MLW137: pickle used to copy an object, or to compare it with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity
from mlwarden.semantics.loaders import LOADERS, data_of, made_here

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The loaders of the family that have a `dumps` of their own; NumPy's, Keras' and YAML's are switches of other rules.
_ROUND_TRIPS = tuple(
    name
    for name in LOADERS
    if name.startswith(
        ("pickle.", "cloudpickle.", "dill.", "marshal.", "jsonpickle.", "joblib.", "pandas.", "torch.", "srsly.")
    )
)


class PickleRoundTrip(Rule):
    """An object that is pickled and unpickled again in memory.

    ## Why is this bad?

    Nothing foreign is read here, so nothing foreign runs. But the line is one change away from it: once the bytes come
    from a cache, a queue or another process, whoever writes there runs code here. And every such line has to be read
    by whoever reviews the use of pickle.

    ## How to fix

    Copy with `copy.deepcopy`. Where the round trip is a test of the pickling itself, it is what it should be.

    ## When it is fine

    In tests, and wherever the bytes never leave the process. That is nearly always, which is why this rule is off by
    default: select it to find every use of pickle.

    ## Limits

    Round trips within one function, or at the top level of a module, are seen. Bytes that reach the loader from
    elsewhere are reported by MLW111, MLW112, MLW114, MLW116 or MLW117.
    """

    code = "MLW137"
    name = "pickle-round-trip"
    severity = Severity.LOW
    confidence = Confidence.LOW
    default = False
    calls = _ROUND_TRIPS
    triggers = (("loads",), ("load",), ("read_pickle",), ("decode",), ("restore",), ("Unpickler",), ("pickle_loads",))
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Python: the pickle module is not secure", "https://docs.python.org/3/library/pickle.html"),
    )
    examples = (
        Bad(
            """
            import pickle

            def copy_of(model):
                return pickle.loads(pickle.dumps(model))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import io
            import pickle as p

            def test_round_trip(model):
                buffer = io.BytesIO()
                p.dump(model, buffer)
                buffer.seek(0)
                twin = p.load(buffer)
                       ^^^^^^^^^^^^^^
                assert twin == model
            """,
        ),
        Bad(
            """
            from dill import dumps, loads

            def copy_of(model):
                data = dumps(model)
                return loads(data)
                       ^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import jsonpickle

            def copy_of(settings):
                text = jsonpickle.encode(settings)
                return jsonpickle.decode(text)
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import io
            import torch

            buffer = io.BytesIO()
            torch.save(model, buffer)
            buffer.seek(0)
            twin = torch.load(buffer, weights_only=False)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pickle as p

            data = p.dumps(model)
            twin = p.loads(data)
                   ^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import pickle

            model = pickle.loads(data)
            """,
            because="the bytes come from elsewhere: MLW111",
        ),
        Good(
            """
            import io
            import torch

            buffer = io.BytesIO()
            torch.save(model.state_dict(), buffer)
            buffer.seek(0)
            state = torch.load(buffer, weights_only=True)
            """,
            because="tensors only are loaded",
        ),
        Good(
            """
            import copy

            twin = copy.deepcopy(model)
            """,
            because="nothing is pickled into bytes",
        ),
        Good(
            """
            import json

            again = json.loads(json.dumps(settings))
            """,
            because="JSON holds data only",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a loader that reads back what the same function has just written in memory."""
        sure = LOADERS[call.name].unrestricted(call, model)
        if sure is None or not made_here(call, model, data_of(call)):
            return
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` reads back what the same code has just pickled: safe as long as the bytes "
            "stay in this process; `copy.deepcopy` copies without pickle",
            confidence=Confidence.LOW,
            trace=call.context,
        )
