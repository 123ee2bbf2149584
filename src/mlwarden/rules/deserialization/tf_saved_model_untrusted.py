"""MLW122: a SavedModel or TF Hub module from outside the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.origins import OriginKind

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LOADERS: dict[str, tuple[str, int]] = {
    "tensorflow.saved_model.load": ("export_dir", 0),
    "tensorflow.saved_model.loader.load": ("export_dir", 2),
    "tensorflow_hub.load": ("handle", 0),
    "tensorflow_hub.KerasLayer": ("handle", 0),
    "tensorflow_hub.Module": ("spec", 0),
    "tensorflow_hub.resolve": ("handle", 0),
    "keras.layers.TFSMLayer": ("filepath", 0),
}


class TfSavedModelUntrusted(Rule):
    """A TensorFlow SavedModel or TF Hub module from outside the project.

    ## Why is this bad?

    A SavedModel is a program: its graph can hold operations that read and write files or call Python functions, and
    they run with the rights of the process that uses the model.

    ## How to fix

    Pin the handle to a version, compare the digest of what was downloaded, and look at its operations with
    `saved_model_cli show --all` before the first use.

    ## When it is fine

    For models of your own, and for those of a publisher you trust, at a pinned version.

    ## Limits

    Off by default: handles are URLs by design. Which operations a model holds is not looked at.
    """

    code = "MLW122"
    name = "tf-saved-model-untrusted"
    severity = Severity.MEDIUM
    default = False
    calls = tuple(_LOADERS)
    cwe = (502, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "TensorFlow: models are programs", "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"
        ),
    )
    examples = (
        Bad(
            """
            import tensorflow as tf

            def serve(path):
                return tf.saved_model.load(path)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`tensorflow.saved_model.load` runs the program in a model of unknown origin",
        ),
        Bad(
            """
            import tensorflow_hub as hub

            layer = hub.KerasLayer("https://tfhub.dev/somebody/encoder/1")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            import kagglehub
            import tensorflow as tf

            model = tf.saved_model.load(kagglehub.model_download("somebody/encoder/tensorFlow2/base"))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import tensorflow as tf

            model = tf.saved_model.load("export/1")
            """,
            because="a path written in the code is taken to be the project's own model",
        ),
        Good(
            """
            import tensorflow as tf

            def save(model, path):
                tf.saved_model.save(model, path)
                return tf.saved_model.contains_saved_model(path)
            """,
            because="nothing is loaded",
        ),
        Good(
            """
            import joblib as hub

            hub.dump({}, "https.joblib")
            """,
            because="the name stands for another module",
        ),
        Missed(
            """
            import subprocess

            subprocess.run(["tensorflow_model_server", "--model_base_path=/downloads/model"])
            """,
            because="a server that is started as a program loads the model here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a model that is not named by a local path in the code."""
        keyword, position = _LOADERS[call.name]
        read = reading(call, model, call.argument(keyword, position), unknown="a model of unknown origin")
        if read is None or read.own or call.digest_checked or read.origin.kind is OriginKind.LITERAL:
            return
        yield self.finding(
            call.span,
            f"`{call.name}` runs the program in {read.what}",
            severity=min(read.severity, Severity.MEDIUM),
            confidence=min(read.confidence, Confidence.MEDIUM),
            trace=read.trace,
        )
