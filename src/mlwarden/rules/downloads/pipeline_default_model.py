"""MLW213: a task pipeline whose model is left to the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import Pin
from mlwarden.semantics.values import Constant, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_PIPELINES = (
    "transformers.pipeline",
    "transformers.pipelines.pipeline",
    "optimum.pipelines.pipeline",
    "optimum.onnxruntime.pipeline",
    "optimum.intel.pipeline",
    "optimum.intel.pipelines.pipeline",
)


class PipelineDefaultModel(Rule):
    """A task pipeline that does not name its model.

    ## Why is this bad?

    `pipeline("text-generation")` downloads the model that this release of the library has for the task. The next
    release may have another one, of another publisher and licence, and nobody who reads or audits the code sees
    which one it is. Transformers itself warns against this in production.

    ## How to fix

    Name the model and pin it: `pipeline(task, model="owner/name", revision="<commit>")`.

    ## When it is fine

    In a first try of the library.

    ## Limits

    A model that is handed over or unpacked from unknown keyword arguments is left alone.
    """

    code = "MLW213"
    name = "pipeline-default-model"
    severity = Severity.LOW
    calls = _PIPELINES
    yields_to = ("MLW204",)
    cwe = (1188, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003",)
    references = (
        Reference("Transformers: pipelines", "https://huggingface.co/docs/transformers/main_classes/pipelines"),
    )
    examples = (
        Bad(
            """
            from transformers import pipeline

            classify = pipeline("sentiment-analysis")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`pipeline` names no model for 'sentiment-analysis': the installed release of the library decides "
            "which one is downloaded",
        ),
        Bad(
            """
            import transformers as tf

            TASK = "summarization"

            def build():
                return tf.pipeline(task=TASK, model=None, device=0)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from transformers.pipelines import pipeline

            def build(task):
                return pipeline(task, device_map="auto")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`pipeline` names no model for its task: the installed release of the library decides which one is "
            "downloaded",
        ),
        Bad(
            """
            from functools import partial
            from transformers import pipeline

            OPTIONS = {"device": 0, "batch_size": 8}
            make = partial(pipeline, **OPTIONS)
            ner = make("ner")
                  ^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from transformers import pipeline

            class Translator:
                def __init__(self, model=None):
                    self.pipe = pipeline("translation_en_to_fr", model=model)
                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            translator = Translator()
            """,
        ),
        Bad(
            """
            from optimum.onnxruntime import pipeline

            classify = pipeline("text-classification", accelerator="ort")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from transformers import pipeline

            COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
            first = pipeline("fill-mask", model="acme/sparrow", revision=COMMIT)
            second = pipeline("fill-mask", "acme/sparrow", revision=COMMIT)
            """,
            because="the model is named and pinned",
        ),
        Good(
            """
            from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline

            def build(model, tokenizer):
                return pipeline("fill-mask", model=model, tokenizer=tokenizer)
            """,
            because="the caller brings the model",
        ),
        Good(
            """
            from transformers import pipeline

            def build(task, *arguments, **options):
                return pipeline(task, *arguments), pipeline(task, **options)
            """,
            because="the model may be among the unpacked arguments",
        ),
        Good(
            """
            from transformers import pipeline

            def build(task, model=None):
                return pipeline(task, model=model)
            """,
            because="the caller decides",
        ),
        Good(
            """
            from transformers import pipeline

            fill = pipeline("fill-mask", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3")
            """,
            because="a commit exists in one repository only",
        ),
        Good(
            """
            from sklearn.pipeline import make_pipeline
            from spacy.pipeline import pipeline as spacy_pipeline

            def pipeline(task):
                return make_pipeline(task)

            pipeline("sentiment-analysis")
            spacy_pipeline("ner")
            """,
            because="these are other functions",
        ),
        Missed(
            """
            from transformers import pipeline

            fill = pipeline("fill-mask", **read_settings())
            """,
            because="what the settings say is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call with a task, and neither a model nor a revision."""
        task = call.argument("task", 0)
        if task.is_absent or not _left_out(call.argument("model", 1)):
            return
        # A branch or tag is MLW202's matter; a pipeline's other parts are refused without a model.
        if hub.pin_of(call.argument("revision")) is not Pin.ABSENT or not _left_out(call.argument("config", 2)):
            return
        named = f"'{task.string()}'" if task.string() else "its task"
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` names no model for {named}: the installed release of the library decides which one is "
            "downloaded",
            trace=call.context,
        )


def _left_out(given: Value) -> bool:
    return all(
        option.is_absent or (isinstance(option, Constant) and option.value is None) for option in given.alternatives()
    )
