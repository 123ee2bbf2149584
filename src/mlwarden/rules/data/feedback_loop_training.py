"""MLW612: what users send in is trained on without a review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import way

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# What trains, by the last word of the call; the libraries are many, and the data has to come from a request anyway.
_TRAINING = (
    "fit",
    "partial_fit",
    "learn_one",
    "learn_many",
    "train_on_batch",
    "fit_generator",
    "retrain",
    "fine_tune",
    "finetune",
)
_ARGUMENTS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "transformers.Trainer": (("train_dataset", 3),),
    "transformers.Seq2SeqTrainer": (("train_dataset", 3),),
    "trl.SFTTrainer": (("train_dataset", 3),),
    "trl.DPOTrainer": (("train_dataset", 4),),
    "xgboost.train": (("dtrain", 1),),
    "lightgbm.train": (("train_set", 1),),
}
# Words by which a function says that it looks at the data.
_REVIEWS = (
    "review",
    "approve",
    "moderat",
    "filter",
    "outlier",
    "validate",
    "clean",
    "sanitiz",
    "quarantine",
    "verified",
    "trusted",
)


class FeedbackLoopTraining(Rule):
    """Data from a web request that goes to a model's training.

    ## Why is this bad?

    Who can send feedback can teach the model. A few hundred made-up ratings or corrected labels change what it recommends,
    lets through or says, and nobody sees when: that is how chat bots and spam filters were turned before.

    ## How to fix

    Put feedback in a queue that somebody reviews, weigh it by how far its sender is trusted, drop outliers, and compare the
    new model with the old one on data that users can't touch before it takes over.

    ## When it is fine

    When each user only trains a model of their own. The rule is off by default.

    ## Limits

    The way from the request to `fit` is followed through variables, functions and files of the project, not through
    databases and queues. A step whose name says that it reviews or filters ends it.
    """

    code = "MLW612"
    name = "feedback-loop-training"
    severity = Severity.MEDIUM
    default = False
    calls = (*(f"*.{name}" for name in _TRAINING), *_ARGUMENTS)
    cwe = (20,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML02", "ML08")
    atlas = ("AML.T0020",)
    references = (
        Reference("MITRE ATLAS: poison training data", "https://atlas.mitre.org/techniques/AML.T0020"),
        Reference("MITRE ATLAS: Tay poisoning", "https://atlas.mitre.org/studies/AML.CS0009"),
    )
    examples = (
        Bad(
            """
            from flask import Flask, request
            from sklearn.linear_model import SGDClassifier

            app = Flask(__name__)
            model = SGDClassifier()

            @app.post("/feedback")
            def feedback():
                row = request.get_json()
                model.partial_fit([row["features"]], [row["label"]])
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return "thanks"
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`sklearn.linear_model.SGDClassifier.partial_fit` trains on what a web request sends: its senders teach the model",
        ),
        Bad(
            """
            import pandas as pd
            from fastapi import FastAPI, Request

            app = FastAPI()

            @app.post("/feedback")
            async def feedback(request: Request):
                body = await request.body()
                with open("feedback.csv", "ab") as file:
                    file.write(body)

            def retrain(model):
                with open("feedback.csv") as file:
                    data = pd.read_csv(file)
                model.fit(data[["a", "b"]], data["label"])
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import gradio as gr
            from river import linear_model

            model = linear_model.LogisticRegression()

            def vote(features, label):
                model.learn_one(features, label)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return "learned"

            gr.Interface(fn=vote, inputs=["json", "text"], outputs="text").launch()
            """,
        ),
        Good(
            """
            from flask import Flask, request
            from sklearn.linear_model import SGDClassifier

            app = Flask(__name__)
            model = SGDClassifier()

            @app.post("/feedback")
            def feedback():
                rows = drop_outliers_and_review(request.get_json())
                model.partial_fit(rows["x"], rows["y"])
                return "thanks"
            """,
            because="a step looks at the data before",
        ),
        Good(
            """
            import pandas as pd
            from flask import Flask, request

            app = Flask(__name__)
            data = pd.read_csv("train.csv")
            model.fit(data[["a"]], data["b"])

            @app.post("/predict")
            def predict():
                return str(model.predict([request.get_json()["row"]]))
            """,
            because="requests are only answered",
        ),
        Good(
            """
            def fit(data):
                return data

            fit(load())
            """,
            because="nothing comes from a request",
        ),
        Missed(
            """
            from flask import Flask, request

            app = Flask(__name__)

            @app.post("/feedback")
            def feedback():
                database.insert(request.get_json())
                return "thanks"

            def nightly():
                model.fit(database.all_rows())
            """,
            because="data is not followed through databases",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report training on data from a request."""
        if call.fragment.path is not None or call.receiver_defines(call.attribute):
            return
        if call.name in _ARGUMENTS:
            values = [call.argument(*place) for place in _ARGUMENTS[call.name]]
        else:
            values = [argument.value for argument in call.arguments[:3]]
        for value in values:
            taint = next(iter(value.tainted_by("request")), None)
            if taint is None or any(word in step.note.lower() for step in taint.steps for word in _REVIEWS):
                continue
            name = call.name.replace("()", "").replace("[]", "") or call.attribute
            yield self.finding(
                call.span,
                f"`{name}` trains on what a web request sends: its senders teach the model",
                confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
                trace=way(call, taint),
            )
            return
