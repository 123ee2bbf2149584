"""MLW135: models and tables written in formats that can carry code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import leaves, switched_off
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import TRANSFORMERS_SAFETENSORS_ONLY
from mlwarden.semantics.values import Constant, Instance, Mapping, Unknown, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Calls that pickle their first argument, and the argument's name.
_DUMPS: dict[str, str] = {
    "torch.save": "obj",
    "pickle.dump": "obj",
    "cloudpickle.dump": "obj",
    "dill.dump": "obj",
    "joblib.dump": "value",
}
_KERAS_SAVES = ("keras.models.save_model", "keras.saving.save_model")
# Libraries whose objects are models: what is made by calling one of their classes.
_MODELS = re.compile(
    r"(?:torchvision\.models\.(?:\w+\.)*\w+|timm\.create_model|torch\.nn\.(?:[A-Z]\w*)"
    r"|transformers\.\w*(?:Model|For[A-Z]\w*|Pipeline|pipeline)(?:\.from_pretrained)?"
    r"|(?:sklearn|xgboost|lightgbm|catboost)\.(?:\w+\.)*[A-Z]\w*|sklearn\.pipeline\.make_pipeline"
    r"|keras\.(?:models\.|applications\.)?(?:Model|Sequential|[A-Z]\w*Net\w*)|keras\.models\.load_model)\(\)"
    r"(?:\.(?:fit|to|cuda|cpu|eval|half|float)\(\))*"
)
_MODULES = ("torch.nn.Module", "torch.nn.Sequential", "pytorch_lightning.LightningModule", "keras.Model", "sklearn.")
# Names that people give to models, where nothing is known of the value.
_CALLED = re.compile(r"(?:self\.)?(?:model|net|network|clf|classifier|regressor|estimator|pipeline)(?:\.module)?")
_OBJECTS = ("object", "numpy.object_", "O")


class UnsafeSaveFormat(Rule):
    """A model or a table written in a format that can carry code.

    ## Why is this bad?

    A file written by `torch.save(model)`, `joblib.dump`, `pickle.dump`, `to_pickle` or in HDF5 can only be read by a
    loader that may run code. Everybody who uses it has to trust the file and every place it went through, and readers
    get used to turning their protection off. Whole pickled modules also break when the source code moves.

    ## How to fix

    Write weights with `safetensors.torch.save_file(model.state_dict(), path)` or `model.save_pretrained(path)`, Keras
    models as `.keras`, scikit-learn models with `skops.io.dump`, tables as Parquet, arrays without objects.

    ## When it is fine

    For files that never leave the job that writes them.

    ## Limits

    Where nothing is known of a value, only the names that people give to models count, with low confidence. Objects
    that are pickled under other names are not reported.

    ## Fix safety

    Removing `safe_serialization=False` is safe on transformers 5 and later, where the argument means nothing; before,
    other files are written.
    """

    code = "MLW135"
    name = "unsafe-save-format"
    severity = Severity.LOW
    calls = (
        *_DUMPS,
        *_KERAS_SAVES,
        "*.save_pretrained",
        "*.push_to_hub",
        "*.to_pickle",
        "*.save",
        "numpy.save",
    )
    triggers = (
        ("torch", "save"),
        ("pickle", "dump"),
        ("cPickle", "dump"),
        ("cloudpickle", "dump"),
        ("dill", "dump"),
        ("joblib", "dump"),
        "safe_serialization",
        "to_pickle",
        ("keras", "save"),
        ("keras", "save_model"),
        ("h5", "save"),
        ("hdf5", "save"),
        ("numpy", "object", "save"),
    )
    cwe = (502,)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("safetensors", "https://huggingface.co/docs/safetensors/index"),
        Reference(
            "PyTorch: saving state dictionaries rather than modules",
            "https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html",
        ),
    )
    examples = (
        Bad(
            """
            import torch
            from torch import nn

            class Net(nn.Module):
                pass

            net = Net()
            torch.save(net, "net.pt")
            ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`torch.save` pickles a whole model, which only a loader that may run code can read back",
        ),
        Bad(
            """
            def publish(model):
                model.save_pretrained("out", safe_serialization=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
            fixed="""
            def publish(model):
                model.save_pretrained("out")
            """,
        ),
        Bad(
            """
            import joblib
            from sklearn.linear_model import LogisticRegression

            fitted = LogisticRegression().fit(X, y)
            joblib.dump(fitted, "model.joblib")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import keras

            def train(model: keras.Model, frame):
                model.save("model.h5")
                ^^^^^^^^^^^^^^^^^^^^^^
                frame.to_pickle("train.pkl")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pickle

            def store(clf, path):
                with open(path, "wb") as file:
                    pickle.dump(clf, file)
                    ^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
        ),
        Good(
            """
            import torch
            from safetensors.torch import save_file

            def store(model, path):
                torch.save(model.state_dict(), path)
                torch.save({"model": model.state_dict(), "epoch": 3}, path)
                save_file(model.state_dict(), path)
            """,
            because="dictionaries of tensors load with the restricted unpickler",
        ),
        Good(
            """
            def publish(model, frame):
                model.save_pretrained("out")
                model.save("model.keras")
                model.save_weights("model.weights.h5")
                frame.to_parquet("train.parquet")
            """,
            because="safetensors, the native Keras format and Parquet hold data only",
        ),
        Good(
            """
            import io
            import pickle
            import torch

            def copy_of(model):
                torch.save(model, io.BytesIO())

            def store(cache, path):
                with open(path, "wb") as file:
                    pickle.dump(cache, file)
            """,
            because="the model is copied in memory, and nothing says that the cache is a model",
        ),
        Missed(
            """
            import torch
            from project.models import build

            torch.save(build(), "net.pt")
            """,
            because="that the project's function builds a model is not known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report writers by what they write: models, tables, arrays of objects, legacy formats."""
        if call.name in _DUMPS:
            yield from self._check_dump(call)
        elif call.attribute in {"save_pretrained", "push_to_hub"}:
            yield from self._check_pretrained(call, model)
        elif call.attribute == "to_pickle":
            yield self._written(call, "pickles a table", Confidence.MEDIUM)
        elif call.name == "numpy.save":
            if _holds_objects(call.argument("arr", 1)):
                yield self._written(call, "pickles an array of objects", Confidence.HIGH)
        elif call.name in _KERAS_SAVES or call.name == "" or _is_keras_model(call):
            path = call.argument("filepath", 1 if call.name in _KERAS_SAVES else 0)
            ends = [suffix.lower() for suffix in path.suffixes()]
            written = any(end.endswith((".h5", ".hdf5")) and not end.endswith(".weights.h5") for end in ends)
            if written or call.argument("save_format").may_be("h5"):
                sure = Confidence.HIGH if call.name else Confidence.MEDIUM
                yield self._written(call, "writes a model as HDF5", sure)

    def _check_dump(self, call: CallSite) -> Iterator[Finding]:
        keyword = _DUMPS[call.name]
        if any(isinstance(leaf, Name) and leaf.name.startswith("io.BytesIO") for leaf in leaves(call.argument("", 1))):
            return  # a copy in memory, no file
        value = call.argument(keyword, 0)
        sure = _is_model(value)
        span = call.argument_span(keyword, 0)
        if sure is None and value.is_unknown and span is not None and _CALLED.fullmatch(call.text(span)):
            sure = Confidence.LOW
        if sure is not None:
            yield self._written(call, "pickles a whole model", sure)

    def _check_pretrained(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        off = switched_off(call.argument("safe_serialization"))
        if off is None:
            return
        edit = call.remove_argument("safe_serialization")
        fixes: list[Fix] = []
        if edit is not None:
            meaningless = bool(TRANSFORMERS_SAFETENSORS_ONLY.passed(model))
            how = Applicability.SAFE if meaningless else Applicability.UNSAFE
            why = "" if meaningless else "safetensors files are written instead"
            fixes.append(Fix("Remove `safe_serialization=False`", (edit,), how, why))
        yield self._written(call, "with `safe_serialization=False` pickles the weights", off, fixes)

    def _written(self, call: CallSite, what: str, sure: Confidence, fixes: list[Fix] | None = None) -> Finding:
        name = call.name if call.name and "(" not in call.name else call.attribute
        return self.finding(
            call.span,
            f"`{name}` {what}, which only a loader that may run code can read back",
            confidence=sure,
            trace=trace_of(call),
            fixes=fixes or (),
        )


def _is_keras_model(call: CallSite) -> bool:
    return call.name.startswith("keras.") and "FileEditor" not in call.name


def _is_model(value: Value) -> Confidence | None:
    """How sure it is that a value is, or holds, a model object."""
    found: list[bool] = []
    for option in value.alternatives():
        if isinstance(option, Instance) and option.definition is not None:
            found.append(any(name.startswith(_MODULES) for name in option.definition.base_names()))
        elif isinstance(option, Name):
            found.append(bool(_MODELS.fullmatch(option.name)))
        elif isinstance(option, Mapping):
            found.append(any(_is_model(item) is Confidence.HIGH for _, item in option.items))
        elif isinstance(option, (Constant, Unknown)):
            found.append(False)
    if found and all(found):
        return Confidence.HIGH
    return Confidence.MEDIUM if any(found) else None


def _holds_objects(value: Value) -> bool:
    """Whether an array is made with the type of Python objects."""
    for option in value.alternatives():
        if isinstance(option, Name) and option.made_by is not None and option.name.startswith("numpy."):
            dtype = option.made_by.argument("dtype", 1)
            if any(name in _OBJECTS for name in (*dtype.names(), *dtype.strings())):
                return True
    return False
