"""MLW113: `joblib.load`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class JoblibLoad(Rule):
    """Loading a model or data with `joblib.load`.

    ## Why is this bad?

    A joblib file is a pickle with arrays stored beside it: reading it may call any function that Python can import.
    Whoever can change the file runs code with your rights while it is being read. joblib has no restricted mode; a
    `safe_mode` argument, which some guides name, does not exist.

    ## How to fix

    For scikit-learn models write with `skops.io.dump` and read with `skops.io.load(path, trusted=[...])`, which refuses
    types that are not listed. Serve models as ONNX. Store arrays with `numpy.savez` and tables as Parquet.

    ## When it is fine

    When the file was written by the same pipeline and is stored where nobody else can write.

    ## Limits

    `joblib.Memory` reads its own cache and is not reported.
    """

    code = "MLW113"
    name = "joblib-load"
    severity = Severity.MEDIUM
    calls = ("joblib.load",)
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("joblib: load, the warning", "https://joblib.readthedocs.io/en/stable/generated/joblib.load.html"),
        Reference(
            "scikit-learn: model persistence, security",
            "https://scikit-learn.org/stable/model_persistence.html#security-maintainability-limitations",
        ),
    )
    examples = (
        Bad(
            """
            import joblib

            def predictor(path):
                return joblib.load(path)
                       ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`joblib.load` unpickles data of unknown origin, and can run any code that was hidden in it",
        ),
        Bad(
            """
            from huggingface_hub import hf_hub_download
            from joblib import load

            model = load(hf_hub_download(repo_id="somebody/iris", filename="model.joblib"), mmap_mode="r")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from sklearn.externals import joblib

            model = joblib.load("models/model.pkl", safe_mode=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import skops.io

            model = skops.io.load("model.skops", trusted=["sklearn.linear_model.LogisticRegression"])
            """,
            because="only the listed types are built",
        ),
        Good(
            """
            import joblib

            joblib.dump({"accuracy": 0.9}, "scores.joblib")
            """,
            because="writing runs nothing",
        ),
        Good(
            """
            import json as joblib

            settings = joblib.load(open("settings.json"))
            """,
            because="the name stands for another module",
        ),
        Missed(
            """
            import joblib

            memory = joblib.Memory("/shared/cache")

            @memory.cache
            def features(path):
                return open(path).read()
            """,
            because="a cache that others can write to is unpickled, but most caches are private",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every load, graded by where the file comes from."""
        read = reading(call, model, call.argument("filename", 0))
        if read is None:
            return
        yield self.finding(
            call.span,
            f"`joblib.load` unpickles {read.what}, and can run any code that was hidden in it",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
        )
