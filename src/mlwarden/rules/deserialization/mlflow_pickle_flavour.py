"""MLW127: MLflow models that are stored as pickles, or loaded from where others choose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import is_unset
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.origins import OriginKind, trace_of
from mlwarden.semantics.values import Class, Instance, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The calls that write with a format, and the position of `serialization_format`.
_FORMATS: dict[str, int] = {
    "mlflow.sklearn.log_model": 4,
    "mlflow.sklearn.save_model": 5,
    "mlflow.sklearn.autolog": 10,
}
_PICKLES = {
    "mlflow.sklearn.SERIALIZATION_FORMAT_PICKLE": "pickle",
    "mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE": "cloudpickle",
}
_FLAVOURS = ("sklearn", "pyfunc", "pytorch", "statsmodels", "pmdarima", "paddle", "fastai", "langchain", "dspy")
_LOADERS: dict[str, int] = {
    **{f"mlflow.{flavour}.load_model": 0 for flavour in _FLAVOURS},
    "mlflow.pyfunc.spark_udf": 1,
}
_PYTHON_MODELS = ("mlflow.pyfunc.log_model", "mlflow.pyfunc.save_model")
_MOVING = re.compile(r"models:/[^/@]+(?:@.+|/(?:latest|production|staging|archived|none))", re.I)
_SWITCHES = ("MLFLOW_ALLOW_MODEL_CODE_EXECUTION", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION")


class MlflowPickleFlavour(Rule):
    """An MLflow model stored as a pickle, or loaded from a place that others choose.

    ## Why is this bad?

    MLflow loads most models by unpickling them or by running code stored beside them, and both are allowed unless a
    switch says otherwise. Whoever can register a model, move an alias or write to the artifact store runs code in every
    service that loads it. A model stored with pickle or cloudpickle leaves its readers no other way.

    ## How to fix

    Store scikit-learn models with `serialization_format="skops"`. Load a fixed version, `models:/name/3`. In services
    set `MLFLOW_ALLOW_MODEL_CODE_EXECUTION=false` (MLflow 3.18, pyfunc models do not load then) or
    `MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false`.

    ## When it is fine

    In a registry where only reviewed pipelines can write.

    ## Limits

    Who may write to the registry is not known. A model address that is given in full, with a version or a run's id, is
    not reported, and one that begins with `runs:/` is low.

    ## Fix safety

    The fix is unsafe: skops refuses types that it does not know, unless they are listed in `skops_trusted_types`.
    """

    code = "MLW127"
    name = "mlflow-pickle-flavour"
    severity = Severity.MEDIUM
    calls = (*_FORMATS, *_LOADERS, *_PYTHON_MODELS, "mlflow.pytorch.log_model", "mlflow.pytorch.save_model")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "MLflow: mlflow.sklearn", "https://mlflow.org/docs/latest/api_reference/python_api/mlflow.sklearn.html"
        ),
        Reference(
            "CVE-2024-37054: models that run code when loaded", "https://nvd.nist.gov/vuln/detail/CVE-2024-37054"
        ),
    )
    examples = (
        Bad(
            """
            import mlflow

            def log(model):
                mlflow.sklearn.log_model(model, name="iris", serialization_format="cloudpickle")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`mlflow.sklearn.log_model` stores the model with cloudpickle, which can carry code to its readers",
            fixed="""
            import mlflow

            def log(model):
                mlflow.sklearn.log_model(model, name="iris", serialization_format="skops")
            """,
        ),
        Bad(
            """
            import mlflow.sklearn as ms

            ms.save_model(model, "out", serialization_format=ms.SERIALIZATION_FORMAT_PICKLE)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import mlflow.sklearn as ms

            ms.save_model(model, "out", serialization_format="skops")
            """,
        ),
        Bad(
            """
            import mlflow

            model = mlflow.pyfunc.load_model("models:/churn@champion")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`mlflow.pyfunc.load_model` runs the code in whatever 'models:/churn@champion' points to at the time",
        ),
        Bad(
            """
            import mlflow
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/load")
            def load(uri: str):
                mlflow.sklearn.load_model(uri)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import mlflow

            class Model(mlflow.pyfunc.PythonModel):
                def predict(self, context, model_input):
                    return model_input

            mlflow.pyfunc.log_model(name="echo", python_model=Model())
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import mlflow

            mlflow.sklearn.log_model(model, name="iris", serialization_format="skops")
            fixed = mlflow.pyfunc.load_model("models:/iris/3")
            """,
            because="skops refuses unknown types, and the version cannot move",
        ),
        Good(
            """
            import os
            import mlflow

            os.environ["MLFLOW_ALLOW_MODEL_CODE_EXECUTION"] = "false"

            def load(uri):
                return mlflow.sklearn.load_model(uri)
            """,
            because="MLflow refuses models that run code then",
        ),
        Good(
            """
            import mlflow

            mlflow.pyfunc.log_model(name="echo", python_model="model.py")
            mlflow.log_metric("accuracy", 0.9)
            """,
            because="the model is stored as source code",
        ),
        Missed(
            """
            import mlflow

            mlflow.models.serve("models:/churn@champion")
            """,
            because="only the loaders of the flavours are looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report pickle formats, pickled Python models, and loads from moving or unknown addresses."""
        if call.name in _LOADERS:
            yield from self._check_load(call, model)
        elif call.name in _FORMATS:
            yield from self._check_format(call)
        elif call.name in _PYTHON_MODELS:
            given = call.argument("python_model", 6 if call.name.endswith("log_model") else 7)
            if any(isinstance(option, (Instance, Class)) for option in given.alternatives()):
                yield self._stored(call, "cloudpickle", Severity.LOW)
        else:
            given = call.argument("pickle_module", 4 if call.name.endswith("log_model") else 5)
            modules = [name for name in given.names() if name]
            if modules:
                yield self._stored(call, modules[0], Severity.MEDIUM)

    def _check_format(self, call: CallSite) -> Iterator[Finding]:
        position = _FORMATS[call.name]
        used = _pickle_format(call.argument("serialization_format", position))
        if not used:
            return
        span = call.argument_span("serialization_format", position)
        fixes = []
        if span is not None:
            why = "types that skops does not know are refused"
            fixes.append(Fix("Store with skops", (TextEdit(span, '"skops"'),), Applicability.UNSAFE, why))
        yield self._stored(call, used, Severity.MEDIUM, fixes)

    def _stored(self, call: CallSite, used: str, severity: Severity, fixes: list[Fix] | None = None) -> Finding:
        return self.finding(
            call.span,
            f"`{call.name}` stores the model with {used}, which can carry code to its readers",
            severity=severity,
            confidence=Confidence.HIGH if severity is Severity.MEDIUM else Confidence.MEDIUM,
            trace=trace_of(call),
            fixes=fixes or (),
        )

    def _check_load(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        address = call.argument("model_uri", _LOADERS[call.name])
        read = reading(call, model, address, unknown="a model of unknown origin")
        if read is None or address.is_absent or any(is_unset(model, switch) for switch in _SWITCHES):
            return
        moving = next((text for text in address.strings() if _MOVING.fullmatch(text)), None)
        if moving is not None:
            what = f"whatever '{moving}' points to at the time"
        elif read.origin.kind is OriginKind.LITERAL:
            return
        else:
            what = read.what
        severity, confidence = read.severity, min(read.confidence, Confidence.MEDIUM)
        if moving is not None:
            severity = max(severity, Severity.MEDIUM)
        elif read.origin.kind is OriginKind.UNKNOWN and any(p.startswith("runs:/") for p in address.prefixes()):
            severity = Severity.LOW
        yield self.finding(
            call.span,
            f"`{call.name}` runs the code in {what}",
            severity=severity,
            confidence=read.confidence if read.origin.kind is OriginKind.REMOTE else confidence,
            trace=read.trace,
        )


def _pickle_format(value: Value) -> str:
    """The pickle format that a value certainly or perhaps is, or ""."""
    for option in value.alternatives():
        if isinstance(option, Name) and option.name in _PICKLES:
            return _PICKLES[option.name]
    return next((text for text in value.strings() if text in {"pickle", "cloudpickle"}), "")
