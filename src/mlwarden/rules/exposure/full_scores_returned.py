"""MLW517: a route that answers with all scores of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.model.spans import Span
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.entry_points import source_of_parameters

if TYPE_CHECKING:
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel

# What gives a score for every class: methods, functions and attributes. `predict` does so in Keras only.
_SCORES = frozenset(["predict_proba", "predict_log_proba", "decision_function", "softmax", "log_softmax"])
_PARTS = frozenset(["logits", "last_hidden_state", "hidden_states"])
_KERAS = re.compile(r"\b(?:keras|tensorflow|tf)\b")
# What leaves less than all of it: the best, the largest ones, rounded ones.
_REDUCES = frozenset(
    [
        "argmax",
        "argmin",
        "max",
        "min",
        "round",
        "around",
        "rint",
        "topk",
        "top_k",
        "argsort",
        "argpartition",
        "sorted",
        "nlargest",
        "format",
        "quantize",
        "sum",
        "mean",
        "any",
        "all",
        "len",
        "int",
        "bool",
    ]
)
_MOST_NODES = 2000


class FullScoresReturned(Rule):
    """A route that answers with all scores of a model.

    ## Why is this bad?

    Exact scores for every class tell far more than the answer. They are what attacks need that copy a model, that find out
    whether a record was in its training data, and that search for inputs it gets wrong; each takes far fewer
    queries than with labels alone.

    ## How to fix

    Answer with the label, or the few best ones, and a score rounded to two digits. Count the queries of each caller.

    ## When it is fine

    When callers need calibrated scores and are known, or the model and its data are public. The rule is off by default.

    ## Limits

    Only scores that the route itself computes and returns are seen. Embeddings, which a service for embeddings has to
    return, are not reported.
    """

    code = "MLW517"
    name = "full-scores-returned"
    severity = Severity.LOW
    default = False
    triggers = (*sorted(_SCORES | _PARTS), ("keras", "predict"), ("tensorflow", "predict"))
    cwe = (200,)
    owasp_ml = ("ML03", "ML04", "ML05")
    atlas = ("AML.T0024",)
    references = (
        Reference(
            "OWASP ML04:2023 Membership Inference Attack",
            "https://owasp.org/www-project-machine-learning-security-top-10/docs/ML04_2023-Membership_Inference_Attack",
        ),
        Reference("Stealing machine learning models through prediction APIs", "https://arxiv.org/abs/1609.02943"),
    )
    examples = (
        Bad(
            """
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/predict")
            def predict(features: list[float]):
                return {"scores": model.predict_proba([features]).tolist()}
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            message="`predict_proba` goes to the caller in full: exact scores for every class help to copy the model and to find "
            "out what it was trained with; return the best label and a rounded score",
        ),
        Bad(
            """
            import torch
            from flask import Flask, jsonify, request

            app = Flask(__name__)

            @app.route("/classify", methods=["POST"])
            def classify():
                with torch.no_grad():
                    output = model(**tokenizer(request.json["text"], return_tensors="pt"))
                probabilities = torch.softmax(output.logits, dim=-1)
                scores = probabilities[0].cpu().numpy().tolist()
                return jsonify(scores=scores)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter
            from tensorflow import keras

            router = APIRouter()
            model = keras.models.load_model("digits.keras")

            @router.post("/digit")
            async def digit(pixels: list[float]):
                result = model.predict([pixels])
                return {"result": result.tolist()}
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/predict")
            def predict(features: list[float]):
                scores = model.predict_proba([features])[0]
                best = int(scores.argmax())
                return {"label": LABELS[best], "score": round(float(scores[best]), 2)}
            """,
            because="only the best label is returned, with a rounded score",
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/predict")
            def predict(features: list[float]):
                return {"label": model.predict([features]).tolist()}
            """,
            because="scikit-learn's `predict` gives labels",
        ),
        Good(
            """
            def evaluate(features):
                return model.predict_proba(features).tolist()
            """,
            because="that is no route",
        ),
        Good(
            """
            import torch
            from flask import Flask, request

            app = Flask(__name__)

            @app.route("/classify", methods=["POST"])
            def classify():
                logits = model(encode(request.json["text"])).logits
                values, places = torch.topk(torch.softmax(logits, dim=-1), 3)
                return {"labels": [LABELS[place] for place in places]}
            """,
            because="only the three best labels are returned",
        ),
        Missed(
            """
            from fastapi import FastAPI

            app = FastAPI()

            def scores_of(features):
                return model.predict_proba([features]).tolist()

            @app.post("/predict")
            def predict(features: list[float]):
                return scores_of(features)
            """,
            because="scores that another function computes are not followed",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the `return` of a route that holds the scores."""
        seen: set[int] = set()
        keras = any(_KERAS.search(fragment.text) for fragment in model.fragments)
        for call in model.calls:
            function = call.function
            if function is None or call.fragment.path is not None or id(function.node) in seen:
                continue
            seen.add(id(function.node))
            source = source_of_parameters(function.decorators)
            if source is None or source.kind != "request" or not isinstance(function.node, cst.FunctionDef):
                continue
            for span, what in _returned(function, keras):
                yield self.finding(
                    span,
                    f"`{what}` goes to the caller in full: exact scores for every class help to copy the model and to find out "
                    "what it was trained with; return the best label and a rounded score",
                    confidence=Confidence.LOW,
                )


def _returned(function: FunctionDefinition, keras: bool) -> Iterator[tuple[Span, str]]:
    """The `return` statements of a function that hold scores, and what gives these."""
    scores: dict[str, str] = {}
    for node in _statements(function.node):
        if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
            name = node.targets[0].target.value
            scores.pop(name, None)
            if found := _scores_in(node.value, scores, keras):
                scores[name] = found
        elif (
            isinstance(node, cst.Return) and node.value is not None and (found := _scores_in(node.value, scores, keras))
        ):
            yield function.fragment.span(node), found


def _statements(function: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The simple statements of a function, in order; those of functions in it are not its own."""
    pending = [*reversed(function.children)]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        node = pending.pop()
        if isinstance(node, cst.BaseSmallStatement):
            yield node
        elif isinstance(node, cst.BaseSuite | cst.BaseStatement | cst.Else | cst.Finally | cst.ExceptHandler):
            if not isinstance(node, cst.FunctionDef | cst.ClassDef):
                pending.extend(reversed(node.children))


def _scores_in(node: cst.CSTNode, known: dict[str, str], keras: bool, depth: int = 40) -> str:
    """What in an expression gives all scores, or ""; what is reduced to a few of them does not count."""
    if isinstance(node, cst.Call):
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
        if name in _REDUCES:
            return ""
        if name in _SCORES or (name == "predict" and keras):
            return str(name)
    if isinstance(node, cst.Attribute):
        return node.attr.value if node.attr.value in _PARTS else _scores_in(node.value, known, keras, depth - 1)
    if isinstance(node, cst.Name):
        return known.get(node.value, "")
    if isinstance(node, cst.Subscript) and any(
        isinstance(item.slice, cst.Index) and not isinstance(item.slice.value, cst.Integer | cst.UnaryOperation)
        for item in node.slice
    ):
        return ""  # `scores[best]`
    for child in node.children if depth else ():
        if not isinstance(child, cst.Arg) or child.keyword is None:
            found = _scores_in(child, known, keras, depth - 1)
        else:
            found = _scores_in(child.value, known, keras, depth - 1)
        if found:
            return found
    return ""
