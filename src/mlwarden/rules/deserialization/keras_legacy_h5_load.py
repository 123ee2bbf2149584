"""MLW121: Keras models in HDF5, the legacy format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import has_suffix, reading, switched_off
from mlwarden.semantics.turning_points import KERAS_H5_SAFE_MODE

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class KerasLegacyH5Load(Rule):
    """A Keras model loaded from an HDF5 file.

    ## Why is this bad?

    Keras before 3.11.3, Keras 2 included, does not apply safe mode to HDF5 files, and says nothing about it: Lambda
    layers in them, stored as bytecode, run when the model is loaded or called. Before 3.12.1 such a file can also name
    other files of the machine as the place of its weights, and so read them.

    ## How to fix

    Save models in the native `.keras` format and load that, with Keras 3.12.1 or later.

    ## When it is fine

    When the same pipeline wrote the file, into a folder that nobody else can write to.

    ## Limits

    The format is told by the end of the path; `.h5` weights that are loaded with `load_weights` hold no code.
    """

    code = "MLW121"
    name = "keras-legacy-h5-load"
    severity = Severity.MEDIUM
    calls = ("keras.models.load_model",)
    yields_to = ("MLW119", "MLW132")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("CVE-2025-9905: safe mode and HDF5", "https://nvd.nist.gov/vuln/detail/CVE-2025-9905"),
        Reference("CVE-2026-1669: files named in HDF5", "https://nvd.nist.gov/vuln/detail/CVE-2026-1669"),
        Reference("Keras: saving formats", "https://keras.io/guides/serialization_and_saving/"),
    )
    examples = (
        Bad(
            """
            import os
            import keras

            def restore(folder):
                return keras.models.load_model(os.path.join(folder, "model.h5"))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"keras": "==3.10.0"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_model` of keras==3.10.0 does not apply safe mode to HDF5: "
            "code in a model of unknown origin runs",
        ),
        Bad(
            """
            from tensorflow.keras.models import load_model

            model = load_model("models/unet.hdf5", compile=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            import keras

            path = keras.utils.get_file("unet.h5", "https://example.com/unet.h5")
            model = keras.saving.load_model(path)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"keras": ">=3.12"},
            severity=Severity.MEDIUM,
            message="`load_model` reads HDF5, Keras's legacy format, from data from the network",
        ),
        Good(
            """
            import keras

            model = keras.models.load_model("model.keras")
            """,
            because="safe mode applies to the native format",
        ),
        Good(
            """
            import keras

            model = keras.applications.ResNet50(weights=None)
            model.load_weights("weights.h5")
            """,
            because="a file of weights holds no layers, and so no code",
        ),
        Good(
            """
            import h5py

            def load_model(path):
                return h5py.File(path)

            load_model("model.h5")
            """,
            because="this function is the module's own",
        ),
        Missed(
            """
            import keras

            def restore(path):
                return keras.models.load_model(path)

            restore(open("latest").read())
            """,
            because="the format of the file is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a path that ends as HDF5 files do, by the release of Keras."""
        path = call.argument("filepath", 0)
        if not has_suffix(path, ".h5", ".hdf5") or switched_off(call.argument("safe_mode", 3)) is not None:
            return
        old = KERAS_H5_SAFE_MODE.ahead(model)
        sure = Confidence.HIGH if old else None
        read = reading(call, model, path, opted_out=sure, unknown="a model of unknown origin")
        if read is None:
            return
        severity, confidence = read.severity, min(read.confidence, Confidence.MEDIUM)
        if old:
            confidence = Confidence.HIGH
            what = f"of {model.version('keras').describe()} does not apply safe mode to HDF5: code in {read.what} runs"
        elif KERAS_H5_SAFE_MODE.passed(model):
            severity = Severity(max(severity - 1, Severity.LOW))
            what = f"reads HDF5, Keras's legacy format, from {read.what}"
        else:
            what = (
                "on Keras below 3.11.3, which this project does not rule out, does not apply safe mode to HDF5: "
                f"code in {read.what} runs"
            )
        yield self.finding(
            call.span, f"`load_model` {what}", severity=severity, confidence=confidence, trace=read.trace
        )
