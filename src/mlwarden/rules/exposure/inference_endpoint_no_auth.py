"""MLW512: a web route that asks a model for anybody who calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.llm_calls import answers

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel

# Decorators of an application's own routes. What a router or blueprint asks for may stand where it is included.
_ROUTE = re.compile(
    r"(?:fastapi\.FastAPI|flask\.Flask|quart\.Quart|sanic\.Sanic|bottle\.Bottle|starlette\.applications\.Starlette)\(\)"
    r"\.(?:get|post|put|patch|route|websocket|api_route)\(\)|litestar\.(?:get|post|put|websocket)\(\)|bottle\.(?:route|get|post)\(\)"
)
_ASKS = frozenset({"predict", "predict_proba", "generate", "transcribe", "generate_content", "predict_on_batch"})
_PIPELINES = re.compile(
    r"(?:transformers\.pipeline|diffusers\.\w+\.from_pretrained|transformers\.\w+\.from_pretrained|torch\.load|torch\.jit\.load"
    r"|tensorflow\.saved_model\.load)\(\)(?:\.to\(\)|\.eval\(\)|\.cuda\(\))*(?:\(\))?"
)
# Signs in the module that callers are asked who they are: names of libraries, classes, functions, headers.
_ASKED = re.compile(
    r"auth(?!or|entic_text)|login|jwt|bearer|x-api-key|api_?key_?(?:header|query|cookie)"
    r"|(?:verify|check|require|required?_|validate|valid|need)_?(?:api_?key|token|user|key|secret|signature|credential|session)"
    r"|(?:api_?key|token|key)_(?:required|needed|protected)|current_user|compare_digest|permission|guards\s*=|get_user\b"
    r"|security|session\[|\bhmac\b|signature_valid|entra|keycloak|cognito|firebase|clerk|mtls|ssl_cert_reqs",
    re.IGNORECASE,
)
_CHECKING = re.compile(
    r"\bbefore_request\b|\.middleware\(|@\w+\.middleware\b|dependencies\s*=\s*\[|\bDepends\(\s*(?!get_(?:db|session|model|settings|pipeline|llm|config)\b)"
)
_MIDDLEWARE = re.compile(
    r"add_middleware\(\s*(?!CORS|GZip|TrustedHost|HTTPSRedirect|Prometheus|ProxyHeaders|Correlation)\w"
)


class InferenceEndpointNoAuth(Rule):
    """A web route that asks a model for anybody who calls it.

    ## Why is this bad?

    Whoever can reach such a route can use the model as they like: at your expense, as an oracle from whose answers a copy
    of the model is trained, and to find out what was in the training data. That is how hosted models are
    stolen and bills of thousands of dollars come about overnight.

    ## How to fix

    Ask who is calling, for every route at once: `FastAPI(dependencies=[Depends(check_key)])`, or a `before_request`
    function in Flask; compare keys by `secrets.compare_digest`.

    ## When it is fine

    Where a gateway in front asks for a login, or for a public demonstration with a limit on requests.

    Off by default: whether a proxy or a gateway asks who calls can't be seen in the code.

    ## Limits

    Whether there is a check is told by names in the module, so that this rule rather stays silent. Routes of routers and
    blueprints are not reported: what they ask for may stand where they are included.
    """

    code = "MLW512"
    name = "inference-endpoint-no-auth"
    severity = Severity.MEDIUM
    default = False
    triggers = (
        ("fastapi", "uvicorn"),
        ("flask", "run"),
        *(
            (package, word)
            for package in ("fastapi", "flask", "quart", "sanic", "bottle", "starlette", "litestar")
            for word in (
                *sorted(_ASKS),
                "pipeline",
                "from_pretrained",
                "load",
                "create",
                "invoke",
                "completion",
                "chat",
            )
        ),
    )
    cwe = (306,)
    owasp_llm = ("LLM10",)
    owasp_ml = ("ML05",)
    atlas = ("AML.T0040", "AML.T0024.002")
    references = (
        Reference("FastAPI: security", "https://fastapi.tiangolo.com/tutorial/security/"),
        Reference(
            "FastAPI: dependencies for all routes",
            "https://fastapi.tiangolo.com/tutorial/dependencies/global-dependencies/",
        ),
    )
    examples = (
        Bad(
            """
            from fastapi import FastAPI
            from transformers import pipeline

            app = FastAPI()
            classify = pipeline("text-classification", model="./model")

            @app.post("/predict")
             ^^^^^^^^^^^^^^^^^^^^
            def predict(text: str):
                return classify(text)
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            message="this route asks a model for whoever calls it, and nothing in the module asks who that is: others can use it at "
            "your expense, or copy it by its answers",
        ),
        Bad(
            """
            import joblib
            from flask import Flask, jsonify, request

            app = Flask(__name__)
            model = joblib.load("model.joblib")

            @app.route("/")
            def index():
                return "up"

            @app.route("/score", methods=["POST"])
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            def score():
                rows = request.get_json()["rows"]
                return jsonify(model.predict(rows).tolist())

            if __name__ == "__main__":
                app.run(host="0.0.0.0")
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware
            from openai import OpenAI

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])
            client = OpenAI()

            def ask(question):
                found = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
                return found.choices[0].message.content

            @app.get("/ask")
             ^^^^^^^^^^^^^^^
            async def answer(question: str):
                return {"answer": ask(question)}
            """,
        ),
        Bad(
            """
            import torch
            import uvicorn
            from fastapi import Depends, FastAPI

            app = FastAPI()
            net = torch.jit.load("net.pt").eval()

            def get_db():
                yield connect()

            @app.post("/infer")
             ^^^^^^^^^^^^^^^^^^
            async def infer(values: list[float], db=Depends(get_db)):
                with torch.no_grad():
                    return net(torch.tensor(values)).tolist()

            if __name__ == "__main__":
                uvicorn.run(app, host="127.0.0.1")
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            from fastapi import Depends, FastAPI
            from fastapi.security import HTTPBearer

            app = FastAPI()
            bearer = HTTPBearer()

            @app.post("/predict")
            def predict(text: str, who=Depends(bearer)):
                return model.predict(text)
            """,
            because="callers have to show a token",
        ),
        Good(
            """
            from fastapi import FastAPI, Header, HTTPException

            app = FastAPI()

            @app.post("/predict")
            def predict(text: str, x_api_key: str = Header()):
                check_key(x_api_key)
                return model.predict(text)
            """,
            because="callers have to show a key",
        ),
        Good(
            """
            from flask import Flask, abort, request

            app = Flask(__name__)

            @app.before_request
            def guard():
                if request.headers.get("X-Key") not in KEYS:
                    abort(401)

            @app.route("/predict", methods=["POST"])
            def predict():
                return model.predict(request.json["rows"])
            """,
            because="a function before every request may turn callers away",
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()

            @router.post("/predict")
            def predict(text: str):
                return model.predict(text)
            """,
            because="what the router asks for may stand where it is included",
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI()

            @app.get("/health")
            def health():
                return {"loaded": model is not None}

            def evaluate(rows):
                return model.predict(rows)
            """,
            because="no route asks the model",
        ),
        Good(
            """
            from my_framework import app

            @app.post("/predict")
            def predict(text):
                return model.predict(text)
            """,
            because="it is not known what the application asks for",
        ),
        Missed(
            """
            from fastapi import APIRouter, FastAPI

            router = APIRouter()
            app = FastAPI()

            @router.post("/predict")
            def predict(text: str):
                return model.predict(text)

            app.include_router(router)
            """,
            because="routes of routers are not looked at",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report routes that ask a model, in a module in which nothing asks who is calling."""
        asking = [call for call in model.calls if call.fragment.path is None and _asks(call)]
        routes = {
            id(call.function): call.function
            for call in model.calls
            if call.function is not None and _is_route(call.function)
        }
        if not asking or not routes or _is_guarded(model):
            return
        severity = Severity.LOW if _is_for_this_machine(model) else Severity.MEDIUM
        for route in routes.values():
            if route.fragment.path is None and any(_reached_from(call, route) for call in asking):
                yield self.finding(
                    _place(route),
                    "this route asks a model for whoever calls it, and nothing in the module asks who that is: others can use it"
                    " at your expense, or copy it by its answers",
                    severity=severity,
                    confidence=Confidence.LOW,
                )


def _asks(call: CallSite) -> bool:
    if call.function is None:
        return False
    if call.attribute in _ASKS and isinstance(call.node, cst.Call) and isinstance(call.node.func, cst.Attribute):
        return True
    return answers(call.name) or _PIPELINES.fullmatch(call.name) is not None


def _is_route(function: FunctionDefinition) -> bool:
    return any(_ROUTE.fullmatch(name) for name in function.decorators)


def _reached_from(call: CallSite, route: FunctionDefinition) -> bool:
    """Whether a call stands in a route, or in a function that the route calls."""
    if call.function is route:
        return True
    outer = route.fragment.span(route.node)
    return any(
        step.path is None and step.span.cell == outer.cell and outer.start <= step.span.start < outer.end
        for step in call.context[:1]
    )


def _is_guarded(model: SemanticModel) -> bool:
    """Whether something in the document looks like a check of who is calling."""
    from mlwarden.notebooks.notebook import Notebook

    document = model.document
    text = "\n".join(cell.source for cell in document.cells) if isinstance(document, Notebook) else document.text
    return any(pattern.search(text) is not None for pattern in (_ASKED, _CHECKING, _MIDDLEWARE))


def _is_for_this_machine(model: SemanticModel) -> bool:
    """Whether the module starts the server itself, on this machine's own address."""
    started = [*model.calls_of("uvicorn.run"), *model.calls_of("flask.Flask().run")]
    hosts = [call.argument("host", 0 if call.name.startswith("flask") else None) for call in started]
    return bool(hosts) and all(host.is_absent or all(map(is_loopback, host.strings() or ("",))) for host in hosts)


def _place(route: FunctionDefinition) -> Span:
    """The decorator by which it is a route."""
    node = route.node
    assert isinstance(node, cst.FunctionDef)
    for name, decorator in zip(route.decorators, node.decorators, strict=False):
        if _ROUTE.fullmatch(name):
            return route.fragment.span(decorator.decorator)
    return route.fragment.span(node.name)
