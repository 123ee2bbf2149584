"""MLW111: unpickling with the standard library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import PICKLE_LOADERS, data_of, reading, restricted_receiver

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class PickleLoad(Rule):
    """Unpickling data with `pickle`.

    ## Why is this bad?

    A pickle is a small program: reading it may call any function that Python can import. Whoever can change the
    file, or the place it is downloaded from, runs code with your rights while it is being read. There is no way to
    look at a pickle first by loading it.

    ## How to fix

    Store data in a format that holds only data: safetensors or `numpy.savez` for arrays, Parquet for tables, JSON for
    settings, skops for scikit-learn models. Where a pickle must stay, derive from `pickle.Unpickler` and let
    `find_class` return only the few classes that belong in the file.

    ## When it is fine

    When the same program wrote the file, into a folder that nobody else can write to.

    ## Limits

    A subclass of `Unpickler` whose `find_class` refuses anything at all is taken to be restricted; one that only
    renames modules or moves tensors to the CPU is not.
    """

    code = "MLW111"
    name = "pickle-load"
    severity = Severity.MEDIUM
    calls = tuple(PICKLE_LOADERS)
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Python: pickle, the warning at the top", "https://docs.python.org/3/library/pickle.html"),
        Reference(
            "Python: restricting globals",
            "https://docs.python.org/3/library/pickle.html#restricting-globals",
        ),
    )
    examples = (
        Bad(
            """
            import pickle

            def load_features(path):
                with open(path, "rb") as file:
                    return pickle.load(file)
                           ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            import pickle as p
            import requests

            model = p.loads(requests.get("https://example.com/model.pkl").content)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from pickle import Unpickler

            with open("cache.pkl", "rb") as file:
                cache = Unpickler(file).load()
                        ^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            try:
                import cPickle as pickle
            except ImportError:
                import pickle

            restore = pickle.loads

            def read(blob):
                return restore(blob)
                       ^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import io
            import pickle
            import torch

            class CpuUnpickler(pickle.Unpickler):
                def find_class(self, module, name):
                    if module == "torch.storage" and name == "_load_from_bytes":
                        return lambda data: torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
                    return super().find_class(module, name)

            def read(path):
                with open(path, "rb") as file:
                    return CpuUnpickler(file).load()
                           ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`pickle.Unpickler.load` on data of unknown origin can run any code that was hidden in the pickle",
        ),
        Good(
            """
            import pickle

            def copy_of(model):
                return pickle.loads(pickle.dumps(model))
            """,
            because="nothing foreign is read (MLW137, off by default, finds such round trips)",
        ),
        Good(
            """
            import pickle

            class Restricted(pickle.Unpickler):
                def find_class(self, module, name):
                    if (module, name) in {("collections", "OrderedDict")}:
                        return super().find_class(module, name)
                    raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

            def read(file):
                return Restricted(file).load()
            """,
            because="`find_class` lets only listed classes through",
        ),
        Good(
            """
            def save(pickle, data):
                pickle.load(data)
            """,
            because="`pickle` is a parameter here, not the module",
        ),
        Good(
            """
            import pickle

            def deep_copy(value):
                return pickle.loads(pickle.dumps(value, protocol=-1))
            """,
            because="the bytes were made by the same expression",
        ),
        Good(
            """
            import json

            with open("features.json") as file:
                features = json.load(file)
            """,
            because="JSON holds data only",
        ),
        Missed(
            """
            import pickle

            exec("data = pickle." + "loads(blob)")
            """,
            because="code in strings is not analysed",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every unpickling, graded by where the data comes from."""
        if restricted_receiver(call):
            return
        read = reading(call, model, data_of(call))
        if read is None:
            return
        short = call.name.removeprefix("multiprocessing.reduction.").replace("()", "")
        yield self.finding(
            call.span,
            f"`{short}` on {read.what} can run any code that was hidden in the pickle",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
        )
