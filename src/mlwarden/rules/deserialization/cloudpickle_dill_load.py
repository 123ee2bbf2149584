"""MLW112: unpickling with cloudpickle or dill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import DILL_LOADERS, data_of, reading, restricted_receiver

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class CloudpickleDillLoad(Rule):
    """Loading with cloudpickle or dill.

    ## Why is this bad?

    Reading such a file can call any function that Python can import, as with every pickle. These two formats carry the
    bytecode of functions and classes besides, so even a list of allowed names does not make foreign files safe.
    Whoever can change the file runs code with your rights while it is being read.

    ## How to fix

    Exchange data in a format that holds only data: safetensors or `numpy.savez` for arrays, Parquet for tables, skops for
    scikit-learn models, ONNX for models that are only served. Import functions from source code.

    ## When it is fine

    Between processes of one job that talk over channels nobody else can reach.

    ## Limits

    Frameworks that unpickle on their own, such as Ray or Dask workers, are not reported.
    """

    code = "MLW112"
    name = "cloudpickle-dill-load"
    severity = Severity.MEDIUM
    calls = tuple(DILL_LOADERS)
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("cloudpickle: security considerations", "https://github.com/cloudpipe/cloudpickle#readme"),
        Reference("dill: the warning on untrusted data", "https://dill.readthedocs.io/en/latest/index.html"),
    )
    examples = (
        Bad(
            """
            import dill

            def restore(path):
                with open(path, "rb") as file:
                    return dill.load(file)
                           ^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`dill.load` on data of unknown origin can run any code that was hidden in it",
        ),
        Bad(
            """
            import cloudpickle as cp
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/apply")
            def apply(body: bytes):
                function = cp.loads(body)
                           ^^^^^^^^^^^^^^
                return function()
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from dill import load_session

            load_session("notebook.db")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            from ray import cloudpickle

            restored = list(map(cloudpickle.loads, blobs))
                                ^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import cloudpickle

            def isolated(function):
                return cloudpickle.loads(cloudpickle.dumps(function))
            """,
            because="the bytes were made by the same expression",
        ),
        Good(
            """
            import dill

            with open("functions.pkl", "wb") as file:
                dill.dump(len, file)
            """,
            because="writing runs nothing",
        ),
        Good(
            """
            class Store:
                def load(self, path):
                    return open(path).read()

            dill = Store()
            dill.load("functions.txt")
            """,
            because="`dill` is an object of the module's own",
        ),
        Missed(
            """
            import dill

            for function in vars(dill).values():
                function("functions.pkl")
            """,
            because="the function is picked at run time",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every load, graded by where the data comes from."""
        if restricted_receiver(call):
            return
        read = reading(call, model, data_of(call))
        if read is None:
            return
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` on {read.what} can run any code that was hidden in it",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
        )
