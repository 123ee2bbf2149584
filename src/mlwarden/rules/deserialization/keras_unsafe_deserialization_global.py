"""MLW120: Keras safe mode turned off for the whole process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import without_statement
from mlwarden.semantics.origins import trace_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class KerasUnsafeDeserializationGlobal(Rule):
    """`keras.config.enable_unsafe_deserialization()`.

    ## Why is this bad?

    The call turns safe mode off for every model that the process loads from then on, in all libraries it uses. A Keras
    model may hold Lambda layers, stored as bytecode, and names of functions to import: whoever can change a model file
    runs code on your machine as soon as the model is loaded or called.

    ## How to fix

    Delete the call. Register the classes and functions that a model needs with
    `keras.saving.register_keras_serializable`, or pass them in `custom_objects`.

    ## When it is fine

    In a one-off conversion of models that you wrote yourself.

    ## Limits

    Reaching the switch by another way, such as `keras.src.backend.common.global_state`, is not seen.

    ## Fix safety

    The fix is unsafe: models with Lambda layers no longer load.
    """

    code = "MLW120"
    name = "keras-unsafe-deserialization-global"
    severity = Severity.HIGH
    calls = ("keras.config.enable_unsafe_deserialization",)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "Keras: enable_unsafe_deserialization",
            "https://keras.io/api/utils/config_utils/#enable_unsafe_deserialization-function",
        ),
        Reference("CVE-2025-9906: the call from a model file", "https://nvd.nist.gov/vuln/detail/CVE-2025-9906"),
    )
    examples = (
        Bad(
            """
            import keras

            keras.config.enable_unsafe_deserialization()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            model = keras.models.load_model("model.keras")
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="safe mode is off for every Keras model that this process loads, and code in a model file runs",
            fixed="""
            import keras

            model = keras.models.load_model("model.keras")
            """,
        ),
        Bad(
            """
            from tensorflow import keras as k

            def restore(path):
                k.config.enable_unsafe_deserialization()
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return k.models.load_model(path)
            """,
            fixed="""
            from tensorflow import keras as k

            def restore(path):
                pass
                return k.models.load_model(path)
            """,
        ),
        Bad(
            """
            from keras.src.saving.serialization_lib import enable_unsafe_deserialization as unlock

            setup = [unlock()]
                     ^^^^^^^^
            """,
        ),
        Bad(
            """
            import tf_keras

            tf_keras.__internal__.enable_unsafe_deserialization()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import tf_keras

            """,
        ),
        Good(
            """
            import keras

            keras.config.set_floatx("float32")
            unlock = keras.config.enable_unsafe_deserialization
            """,
            because="the function is named, not called",
        ),
        Good(
            """
            def enable_unsafe_deserialization():
                return False

            enable_unsafe_deserialization()
            """,
            because="this function is the module's own",
        ),
        Good(
            """
            import keras

            @keras.saving.register_keras_serializable()
            class Scale(keras.layers.Layer):
                pass
            """,
            because="a registered class needs no unsafe loading",
        ),
        Missed(
            """
            from keras.src.backend.common import global_state

            global_state.set_global_attribute("safe_mode_saving", False)
            """,
            because="that is an internal of Keras, with another name",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every call."""
        yield self.finding(
            call.span,
            "safe mode is off for every Keras model that this process loads, and code in a model file runs",
            trace=trace_of(call),
            fixes=self._fixes(call, model),
        )

    def _fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        if not call.result_used:
            edit = without_statement(model.document, call.span)
            yield Fix("Remove the call", (edit,), Applicability.UNSAFE, "models with Lambda layers stop loading")
