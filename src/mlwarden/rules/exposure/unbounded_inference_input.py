"""MLW513: a request decides how much work the model does, without an upper bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity, TraceStep
from mlwarden.semantics.loaders import leaves
from mlwarden.semantics.values import Reference as Named

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Taint, Value

# Arguments by which a caller says how much to make. From transformers 5, diffusers 0.42, vllm, openai 2, llama.cpp.
_AMOUNTS = (
    "max_new_tokens",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_length",
    "num_return_sequences",
    "num_beams",
    "best_of",
    "num_images_per_prompt",
    "num_images",
    "num_inference_steps",
    "num_predict",
    "n_predict",
)
# What makes something: methods by these names, and an object from one of these packages that is called itself.
_MAKERS = frozenset(
    [
        "generate",
        "agenerate",
        "create",
        "chat",
        "complete",
        "completion",
        "acompletion",
        "text_generation",
        "text_to_image",
        "stream",
        "generate_text",
        "generate_content",
        "create_completion",
        "create_chat_completion",
        "SamplingParams",
        "GenerationConfig",
        "generate_image",
    ]
)
_MADE_BY = re.compile(
    r"(?:transformers|diffusers|vllm|optimum|peft|ctransformers|gpt4all|llama_cpp|mlx_lm|litellm|openai|anthropic)\..*"
)
_USES_A_MODEL = frozenset(
    [
        "predict",
        "predict_proba",
        "generate",
        "transcribe",
        "encode",
        "embed",
        "infer",
        "forward",
        "detect",
        "classify",
        "run",
        "decode",
        "inference",
        "caption",
        "segment",
        "score",
        "upscale",
        "__call__",
    ]
)
_READS = {
    "fastapi.UploadFile().read": ("size", 0),
    "starlette.datastructures.UploadFile().read": ("size", 0),
    "flask.request.files[].read": ("n", 0),
    "fastapi.Request().body": ("", None),
    "starlette.requests.Request().body": ("", None),
    "flask.request.get_data": ("", None),
}
# Signs that somebody thought of a bound: a comparison with a length, `min`, a limit by name, a limiting middleware.
_BOUND = re.compile(
    r"\bmin\(|\bclip\(|\bclamp|\b(?:le|lt|max_length)\s*=|\bcon(?:int|str)\b|[<>]=?\s*(?:\d|[A-Z_]{3,}|self\.max|settings\.|config\.)"
    r"|\b[A-Z_]*(?:MAX|LIMIT)[A-Z_]*\b",
    re.ASCII,
)
_SIZE_LIMIT = re.compile(
    r"max_content_length|max_file_size|max_upload|max_body|content[-_]length|\.size\b|client_max_size|limit|"
    r"max_(?:image|audio|request|payload)|max_size",
    re.IGNORECASE,
)
_LIMITER = re.compile(r"slowapi|flask_limiter|fastapi_limiter|\bLimiter\b|RateLimit|throttl", re.IGNORECASE)


class UnboundedInferenceInput(Rule):
    """A request that decides how much work the model does, without an upper bound.

    ## Why is this bad?

    A model is dear to run. Whoever may say how many tokens, images or variants to make, keeps the accelerator busy for
    minutes with one request, and the bill grows (denial of service, and "denial of wallet"). vLLM could be
    brought down by a large `n` alone (CVE-2026-34756). A whole upload that is read into memory does the same to
    the machine's memory.

    ## How to fix

    Bound what a request may ask for: `Field(le=512)` in the model of the request, `min(n, 512)` before the call. Read
    uploads up to a size, `await file.read(LIMIT + 1)`, and refuse larger ones; let a limiter count requests.

    ## When it is fine

    Behind a gateway that bounds all of it, or for callers who pay themselves.

    Off by default: limits often stand in front of the application.

    ## Limits

    A bound is taken for one wherever it stands in the function, and in the fields of the request's model. Limits on the
    length of prompts are not asked for: the model's context is one. Gradio checks the range of its sliders itself.
    """

    code = "MLW513"
    name = "unbounded-inference-input"
    severity = Severity.LOW
    default = False
    calls = tuple(_READS)
    triggers = (
        *_AMOUNTS,
        ("UploadFile", "read"),
        ("Request", "body"),
        ("flask", "read"),
        ("flask", "get_data"),
    )
    cwe = (770, 400)
    owasp_llm = ("LLM10",)
    atlas = ("AML.T0029", "AML.T0034.001")
    references = (
        Reference(
            "OWASP LLM10:2025 Unbounded Consumption", "https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/"
        ),
        Reference("CVE-2026-34756: vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2026-34756"),
    )
    examples = (
        Bad(
            """
            from fastapi import FastAPI
            from pydantic import BaseModel
            from transformers import pipeline

            app = FastAPI()
            pipe = pipeline("text-generation", "gpt2", revision="607a30d")

            class Prompt(BaseModel):
                text: str
                max_new_tokens: int = 50

            @app.post("/generate")
            def generate(prompt: Prompt):
                return pipe(prompt.text, max_new_tokens=prompt.max_new_tokens)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`max_new_tokens` is what the request says, without an upper bound: one request can keep the model busy for "
            "as long as it likes; bound it, for example with `min`",
        ),
        Bad(
            """
            from flask import Flask, request

            app = Flask(__name__)

            @app.route("/images", methods=["POST"])
            def images():
                data = request.get_json()
                count = int(data.get("n", 1))
                made = pipe.generate(data["prompt"], num_images_per_prompt=count)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return {"images": made}
            """,
        ),
        Bad(
            """
            from fastapi import FastAPI, Request
            from vllm import LLM, SamplingParams

            app = FastAPI()
            llm = LLM("facebook/opt-125m")

            @app.post("/generate")
            async def generate(request: Request):
                body = await request.json()
                params = SamplingParams(best_of=body["n"], max_tokens=256)
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return llm.generate(body["prompt"], params)
            """,
        ),
        Bad(
            """
            import io
            from fastapi import FastAPI, File, UploadFile
            from PIL import Image

            app = FastAPI()

            @app.post("/classify")
            async def classify(file: UploadFile = File(...)):
                image = Image.open(io.BytesIO(await file.read()))
                                                    ^^^^^^^^^^^
                return model.predict(image)
            """,
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            message="the whole upload is read into memory, whatever its size, before the model sees it; read up to a limit and "
            "refuse more",
        ),
        Good(
            """
            from fastapi import FastAPI
            from pydantic import BaseModel, Field

            app = FastAPI()

            class Prompt(BaseModel):
                text: str = Field(max_length=4000)
                max_new_tokens: int = Field(50, ge=1, le=512)

            @app.post("/generate")
            def generate(prompt: Prompt):
                return model.generate(prompt.text, max_new_tokens=prompt.max_new_tokens)
            """,
            because="the field is bounded",
        ),
        Good(
            """
            from flask import Flask, request

            app = Flask(__name__)
            MAX_TOKENS = 512

            @app.route("/a", methods=["POST"])
            def first():
                data = request.get_json()
                return model.generate(data["text"], max_new_tokens=min(int(data["tokens"]), 512))

            @app.route("/b", methods=["POST"])
            def second():
                data = request.get_json()
                tokens = int(data["tokens"])
                if tokens > MAX_TOKENS:
                    return "too many", 400
                return model.generate(data["text"], max_new_tokens=tokens)

            @app.route("/c", methods=["POST"])
            def third():
                return model.generate(request.json["text"], max_new_tokens=256)
            """,
            because="there is an upper bound",
        ),
        Good(
            """
            import gradio as gr

            def answer(text, tokens):
                return model.generate(text, max_new_tokens=tokens)

            gr.Interface(answer, ["text", gr.Slider(1, 512)], "text").launch()
            """,
            because="Gradio checks the range of a slider",
        ),
        Good(
            """
            import argparse

            parser = argparse.ArgumentParser()
            parser.add_argument("--max-new-tokens", type=int)
            args = parser.parse_args()
            model.generate(text, max_new_tokens=args.max_new_tokens)
            """,
            because="who starts the program decides, not a request",
        ),
        Good(
            """
            from fastapi import FastAPI, HTTPException, UploadFile

            app = FastAPI()
            LIMIT = 5_000_000

            @app.post("/a")
            async def first(file: UploadFile):
                data = await file.read(LIMIT)
                return model.predict(data)

            @app.post("/b")
            async def second(file: UploadFile):
                if file.size > 5_000_000:
                    raise HTTPException(413)
                return model.predict(await file.read())

            @app.post("/c")
            async def third(file: UploadFile):
                return {"stored": save(await file.read())}
            """,
            because="the size is bounded, or no model is used",
        ),
        Good(
            """
            from flask import Flask, request

            app = Flask(__name__)
            app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024

            @app.route("/predict", methods=["POST"])
            def predict():
                return model.predict(request.files["image"].read())
            """,
            because="Flask refuses larger requests",
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI()

            @app.get("/letters")
            def letters(max_length: int):
                return textwrap.shorten(text, max_length=max_length)
            """,
            because="no model is asked",
        ),
        Missed(
            """
            from fastapi import FastAPI
            from pydantic import BaseModel

            app = FastAPI()

            class Batch(BaseModel):
                texts: list[str]

            @app.post("/embed")
            def embed(batch: Batch):
                return model.encode(batch.texts).tolist()
            """,
            because="how many texts one request may hold is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a handler that reads a whole upload for a model."""
        keyword, position = _READS[call.name]
        if position is not None and not call.argument(keyword, position).is_absent:
            return
        text = _all_text(model)
        if _SIZE_LIMIT.search(_text_of(call)) or re.search("max_content_length|max_upload|max_body", text, re.I):
            return
        users = (other for other in model.calls if other.function is call.function and other is not call)
        if call.function is None or _LIMITER.search(text) or not any(u.attribute in _USES_A_MODEL for u in users):
            return
        yield self.finding(
            call.span,
            "the whole upload is read into memory, whatever its size, before the model sees it; read up to a limit and "
            "refuse more",
            confidence=Confidence.LOW,
            trace=call.context,
        )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that makes as much as a request says."""
        seen: set[object] = set()
        for call in model.calls:
            if call.fragment.path is not None or call.span in seen or not _makes(call):
                continue
            for amount in call.keyword_names():
                if amount not in _AMOUNTS:
                    continue
                taint = _asked_for(call.argument(amount))
                if taint is None or _is_bounded(call, amount, _all_text(model)):
                    continue
                seen.add(call.span)
                yield self.finding(
                    call.span,
                    f"`{amount}` is what the request says, without an upper bound: one request can keep the model busy for as "
                    "long as it likes; bound it, for example with `min`",
                    confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
                    trace=_way(call, taint),
                )
                break


def _way(call: CallSite, taint: Taint) -> tuple[TraceStep, ...]:
    return (*taint.steps, *(step for step in call.context if step not in taint.steps))


def _makes(call: CallSite) -> bool:
    if call.attribute in _MAKERS:
        return True
    return (call.name.endswith("()") and _MADE_BY.fullmatch(call.name) is not None) or call.attribute.endswith(
        ("pipe", "pipeline", "generator", "llm")
    )


def _asked_for(value: Value, depth: int = 4) -> Taint | None:
    """The request that an amount comes from, through `int(...)`; Gradio's sliders are checked by Gradio."""
    for option in leaves(value):
        for taint in option.tainted_by("request"):
            if not any("Gradio" in step.note or "`st." in step.note for step in taint.steps[:1]):
                return taint
        if isinstance(option, Named) and option.name in {"int()", "float()"} and option.made_by is not None and depth:
            found = _asked_for(option.made_by.argument("x", 0), depth - 1)
            if found is not None:
                return found
    return None


def _is_bounded(call: CallSite, amount: str, text: str) -> bool:
    """Whether somebody thought of a bound: in the function, or in a field of the request's model."""
    if _BOUND.search(_text_of(call)) or _LIMITER.search(text):
        return True
    return any(_BOUND.search(match.group()) for match in _field(amount).finditer(text))


@lru_cache(maxsize=64)
def _field(amount: str) -> re.Pattern[str]:
    """A field of a class, with its annotation and default: two lines of it are looked at."""
    return re.compile(rf"^[ \t]+{re.escape(amount)}[ \t]*:[^\n]*(?:\n[^\n]*)?", re.MULTILINE)


def _all_text(model: SemanticModel) -> str:
    return "\n".join(fragment.text for fragment in model.fragments)


def _text_of(call: CallSite) -> str:
    """The source of the function that a call stands in."""
    function = call.function
    if function is None:
        return ""
    span = function.fragment.span(function.node)
    start = function.fragment.start
    return function.fragment.text[span.start - start : span.end - start]
