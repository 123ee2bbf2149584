"""MLW119: Keras loading with safe mode off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading, switched_off
from mlwarden.semantics.origins import trace_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The call, the position of `safe_mode`, and the argument that holds the model.
_LOADERS: dict[str, tuple[int, str]] = {
    "keras.models.load_model": (3, "filepath"),
    "keras.saving.deserialize_keras_object": (2, "config"),
    "keras.layers.Lambda.from_config": (2, "config"),
    "keras.layers.TFSMLayer.from_config": (2, "config"),
}
_SCOPE = "keras.saving.SafeModeScope"


class KerasSafeModeOff(Rule):
    """Keras models or layers loaded with `safe_mode=False`.

    ## Why is this bad?

    A Keras model may hold Lambda layers, whose bodies are stored as bytecode, and names of functions to import. Safe
    mode refuses to run them. With `safe_mode=False` whoever can change the model file runs code on your machine as
    soon as the model is loaded or called.

    ## How to fix

    Leave the argument out. Replace Lambda layers by registered classes (`keras.saving.register_keras_serializable`)
    and pass them in `custom_objects`.

    ## When it is fine

    When you wrote the model yourself and the file is stored where nobody else can write.

    ## Limits

    `model_from_json` and `layers.deserialize` have no such argument; they follow the global switch (MLW120).

    ## Fix safety

    The fix is unsafe: models with Lambda layers no longer load.
    """

    code = "MLW119"
    name = "keras-safe-mode-off"
    severity = Severity.HIGH
    calls = (*_LOADERS, _SCOPE)
    triggers = ("safe_mode", ("keras", "load_model"), ("tf_keras", "load_model"))
    yields_to = ("MLW108", "MLW132")
    cwe = (502, 94)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Keras: load_model", "https://keras.io/api/models/model_saving_apis/model_saving_and_loading/"),
        Reference("CVE-2024-3660: code in Lambda layers", "https://nvd.nist.gov/vuln/detail/CVE-2024-3660"),
        Reference("CVE-2025-1550: bypass, fixed in 3.9.0", "https://nvd.nist.gov/vuln/detail/CVE-2025-1550"),
    )
    examples = (
        Bad(
            """
            import keras

            def restore(path):
                return keras.models.load_model(path, safe_mode=False)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_model` with `safe_mode=False` runs the code in a model of unknown origin",
            fixed="""
            import keras

            def restore(path):
                return keras.models.load_model(path)
            """,
        ),
        Bad(
            """
            import tensorflow as tf

            model = tf.keras.models.load_model("model.keras", None, True, False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            import tensorflow as tf

            model = tf.keras.models.load_model("model.keras", None, True, True)
            """,
        ),
        Bad(
            """
            from huggingface_hub import hf_hub_download
            from tf_keras.models import load_model

            path = hf_hub_download("somebody/model", "model.keras")
            model = load_model(path, safe_mode=False, compile=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            fixed="""
            from huggingface_hub import hf_hub_download
            from tf_keras.models import load_model

            path = hf_hub_download("somebody/model", "model.keras")
            model = load_model(path, compile=False)
            """,
        ),
        Bad(
            """
            from keras.saving import deserialize_keras_object

            def layer(config):
                return deserialize_keras_object(config, safe_mode=False)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from keras.saving import deserialize_keras_object

            def layer(config):
                return deserialize_keras_object(config)
            """,
        ),
        Bad(
            """
            import keras
            from keras.src.saving.serialization_lib import SafeModeScope

            with SafeModeScope(safe_mode=False):
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                model = keras.models.load_model("model.keras")
            """,
        ),
        Good(
            """
            import keras

            model = keras.models.load_model("model.keras", custom_objects={}, safe_mode=True)
            other = keras.saving.load_model("other.keras")
            """,
            because="safe mode is on",
        ),
        Good(
            """
            import keras

            def restore(path, safe_mode):
                return keras.models.load_model(path, safe_mode=safe_mode)
            """,
            because="the caller decides, and nothing here says that it is False",
        ),
        Good(
            """
            import mlflow

            model = mlflow.pyfunc.load_model("models:/iris/1", safe_mode=False)
            """,
            because="this is another library's function",
        ),
        Missed(
            """
            import keras

            options = {"safe_" + part: False for part in ["mode"]}
            model = keras.models.load_model("model.keras", **options)
            """,
            because="the name of the argument is put together at run time",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose `safe_mode` is a false constant, as far as it can be followed."""
        if call.name == _SCOPE:
            yield from self._check_scope(call)
            return
        position, keyword = _LOADERS[call.name]
        off = switched_off(call.argument("safe_mode", position))
        if off is None:
            return
        data = call.argument(keyword, 0)
        read = reading(call, model, data, opted_out=off, unknown="a model of unknown origin")
        if read is None:
            return
        yield self.finding(
            call.span,
            f"`{call.attribute}` with `safe_mode=False` runs the code in {read.what}",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call, position),
        )

    def _check_scope(self, call: CallSite) -> Iterator[Finding]:
        off = switched_off(call.argument("safe_mode", 0))
        if off is not None:
            yield self.finding(
                call.span,
                "inside `SafeModeScope(safe_mode=False)` the code in every model that is loaded runs",
                confidence=off,
                trace=trace_of(call),
            )

    def _fixes(self, call: CallSite, position: int) -> Iterator[Fix]:
        edit = call.remove_argument("safe_mode", position)
        title = "Remove `safe_mode=False`"
        if edit is None and call.argument_span("safe_mode", position) is not None:
            edit, title = call.set_argument("safe_mode", "True", position), "Turn safe mode on"
        if edit is not None:
            yield Fix(title, (edit,), Applicability.UNSAFE, "models with Lambda layers stop loading")
