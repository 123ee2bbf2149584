"""MLW223: data of a library that a server fetches while it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.entry_points import source_of_parameters

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel

# Calls that fetch a library's data whenever it is not there yet, or is not the newest.
_ALWAYS = (
    "nltk.download",
    "nltk.downloader.download",
    "spacy.cli.download",
    "spacy.cli.download.download",
    "stanza.download",
    "gensim.downloader.load",
    "whisper.load_model",
    *(f"sklearn.datasets.fetch_{name}" for name in ("openml", "20newsgroups", "california_housing", "lfw_people")),
)
_IMAGES = [
    "MNIST",
    "FashionMNIST",
    "KMNIST",
    "EMNIST",
    "QMNIST",
    "CIFAR10",
    "CIFAR100",
    "SVHN",
    "STL10",
    "VOCDetection",
    "VOCSegmentation",
    "Caltech101",
    "Caltech256",
    "CelebA",
    "Flowers102",
    "Food101",
    "OxfordIIITPet",
    "StanfordCars",
    "GTSRB",
    "DTD",
    "EuroSAT",
    "Places365",
    "USPS",
    "SBU",
    "Omniglot",
    "LFWPeople",
    "LFWPairs",
    "FGVCAircraft",
    "Country211",
    "PCAM",
    "RenderedSST2",
    "SEMEION",
    "SUN397",
    "INaturalist",
    "Kitti",
    "WIDERFace",
    "MovingMNIST",
    "Imagenette",
]
_SOUNDS = ["LIBRISPEECH", "SPEECHCOMMANDS", "YESNO", "LJSPEECH", "LIBRITTS", "GTZAN", "CMUARCTIC", "TEDLIUM"]
# Calls that do so where `download` is true; the second holds what it is when it is left out.
_ON_REQUEST: dict[str, bool] = {
    "tensorflow_datasets.load": True,
    **{f"torchvision.datasets.{name}": False for name in _IMAGES},
    **{f"torchaudio.datasets.{name}": False for name in _SOUNDS},
}
# Where a server does its work: base class -> methods that run for each request, and those that run when it starts.
_SERVED: tuple[tuple[re.Pattern[str], frozenset[str], frozenset[str]], ...] = (
    (
        re.compile(r"mlflow\.pyfunc\.(?:model\.)?PythonModel"),
        frozenset(["predict", "predict_stream"]),
        frozenset(["load_context", "__init__"]),
    ),
    (
        re.compile(r"litserve\.(?:\w+\.)?LitAPI"),
        frozenset(["decode_request", "predict", "encode_response"]),
        frozenset(["setup", "__init__"]),
    ),
    (re.compile(r"kserve\.Model"), frozenset(["predict", "preprocess", "postprocess"]), frozenset(["load", "__init__"])),
    (re.compile(r"cog\.BasePredictor"), frozenset(["predict"]), frozenset(["setup"])),
    (
        re.compile(r"ts\.torch_handler[\w.]*"),
        frozenset(["handle", "preprocess", "inference", "postprocess"]),
        frozenset(["initialize", "__init__"]),
    ),
    (
        re.compile(r"(?:tornado\.web\.RequestHandler|flask\.views\.MethodView|flask_restful\.Resource"
                   r"|starlette\.endpoints\.HTTPEndpoint|rest_framework\.views\.APIView|django\.views\.[\w.]*View)"),
        frozenset(["get", "post", "put", "patch", "delete"]),
        frozenset(["initialize", "__init__"]),
    ),
)  # fmt: skip
_SERVED_DECORATORS = re.compile(
    r"(?:ray\.serve\.(?:api\.)?deployment|bentoml\.service|modal\.\w+(?:\(\))?\.cls)(?:\(\))?"
)
_STARTS = frozenset(["__init__", "setup", "load", "reconfigure"])
_ON_START = re.compile(
    r"(?:fastapi\.(?:FastAPI|APIRouter)|starlette\.\w+\.Starlette|quart\.Quart|sanic\.Sanic)\(\)"
    r"\.(?:on_event|before_serving|before_server_start|main_process_start|before_first_request)(?:\(\))?"
    r"|modal\.enter(?:\(\))?"
)
_MAX_CALLERS = 50
_SERVERS = (
    "fastapi.FastAPI",
    "flask.Flask",
    "quart.Quart",
    "sanic.Sanic",
    "starlette.applications.Starlette",
    "gradio.Blocks",
    "gradio.Interface",
    "gradio.ChatInterface",
)


class RuntimeResourceDownload(Rule):
    """Data of a library that a server fetches while it runs.

    ## Why is this bad?

    A server that fetches corpora, language models or data sets when it starts, or while it answers a request, takes what
    the library's server holds on that day, with nobody looking on: it fails when that server is down, and whoever gets
    hold of it gets into yours. NLTK's archives were unpacked and unpickled without care up to 3.9 (CVE-2024-39705,
    CVE-2025-14009).

    ## How to fix

    Fetch the data when the image is built, check it, and let the server read it from disk. With NLTK, use 3.9.4 or newer.

    ## When it is fine

    In a demonstration, or where the data lie on a disk that outlives the server and are fetched once.

    ## Limits

    Off by default. Handlers, classes that are served, and modules that make an application of FastAPI, Flask, Quart,
    Sanic, Starlette or Gradio are known; commands of a Dockerfile are not read. A download in a helper counts where a
    handler of the same file calls it.
    """

    code = "MLW223"
    name = "runtime-resource-download"
    severity = Severity.LOW
    default = False
    calls = (*_ALWAYS, *_ON_REQUEST)
    cwe = (494,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.002",)
    references = (
        Reference("NLTK: CVE-2024-39705", "https://nvd.nist.gov/vuln/detail/CVE-2024-39705"),
        Reference("NLTK: installing data", "https://www.nltk.org/data.html"),
    )
    examples = (
        Bad(
            """
            import nltk
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/tokens")
            def tokens(text: str):
                nltk.download("punkt")
                ^^^^^^^^^^^^^^^^^^^^^^
                return nltk.word_tokenize(text)
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`nltk.download` fetches data from the network while a request is answered",
        ),
        Bad(
            """
            from nltk import download as fetch
            from ray import serve

            @serve.deployment
            class Tokenizer:
                def __init__(self):
                    fetch("punkt", quiet=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`nltk.download` fetches data from the network whenever the server starts",
        ),
        Bad(
            """
            import mlflow
            import spacy

            class Tagger(mlflow.pyfunc.PythonModel):
                def load_context(self, context):
                    spacy.cli.download("en_core_web_sm")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import flask
            import tensorflow_datasets as tfds
            from torchvision import datasets

            app = flask.Flask(__name__)

            def samples():
                return datasets.MNIST("data", download=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            class Store:
                def fetch(self):
                    return samples()

            @app.route("/samples")
            def show():
                rows = tfds.load("mnist")
                       ^^^^^^^^^^^^^^^^^^
                return str(Store().fetch()[0]) + str(rows)
            """,
        ),
        Bad(
            """
            import stanza
            from fastapi import FastAPI

            stanza.download("en")
            ^^^^^^^^^^^^^^^^^^^^^
            app = FastAPI()

            @app.on_event("startup")
            def prepare():
                stanza.download("de")
                ^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import nltk

            nltk.download("punkt")
            """,
            because="it is a script, perhaps the one that builds the image",
        ),
        Good(
            """
            import nltk
            from flask import Flask

            app = Flask(__name__)

            def build_image():
                nltk.download("punkt")

            @app.route("/tokens")
            def tokens():
                return nltk.word_tokenize("a b")
            """,
            because="no handler calls it",
        ),
        Good(
            """
            import tensorflow_datasets as tfds
            from fastapi import FastAPI
            from torchvision import datasets

            app = FastAPI()

            @app.get("/samples")
            def samples(download: bool):
                a = datasets.MNIST("data")
                b = datasets.MNIST("data", download=False)
                c = tfds.load("mnist", download=False)
                return a, b, c
            """,
            because="the data are there already",
        ),
        Good(
            """
            from fastapi import FastAPI
            from store import nltk

            app = FastAPI()

            @app.get("/file")
            def file(name: str):
                return nltk.download(name)
            """,
            because="it is another library",
        ),
        Missed(
            """
            import nltk

            def handler(event, context):
                nltk.download("punkt")
            """,
            because="which function a platform calls is said elsewhere",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a download in a handler, when a served class starts, or in the module of an application."""
        if call.context or not _fetches(call):
            return
        when = _when(call, model)
        if when:
            yield self.finding(
                call.span,
                f"`{call.name}` fetches data from the network {when}",
                confidence=Confidence.MEDIUM,
            )


def _fetches(call: CallSite) -> bool:
    if call.name not in _ON_REQUEST:
        return True
    download = call.argument("download")
    return _ON_REQUEST[call.name] if download.is_absent else download.truth() is True


def _when(call: CallSite, model: SemanticModel) -> str:
    """When the server makes a call, as the end of a sentence; "" if nothing says that it does."""
    waiting, seen = [call.function], set[int]()
    while waiting and len(seen) < _MAX_CALLERS:
        function = waiting.pop(0)
        if function is None:
            if any(model.calls_of(name) for name in _SERVERS):
                return "whenever the server starts"
        elif id(function) not in seen:
            seen.add(id(function))
            moment = _moment(function)
            if moment:
                return moment
            waiting.extend(site.function for site in model.calls if _calls(site, function))
    return ""


def _calls(site: CallSite, function: FunctionDefinition) -> bool:
    """Whether a call of the document is one of this function of the document."""
    if site.name or site.fragment.path is not None:
        return False
    if function.owner is None:
        return site.attribute == function.name and site.receiver is None
    if function.name == "__init__":
        return site.attribute == function.owner.name
    return site.attribute == function.name and site.receiver_defines(function.name)


def _moment(function: FunctionDefinition) -> str:
    owner = function.owner
    bases = () if owner is None else owner.base_names()
    source = source_of_parameters(function.decorators, function.name, bases)
    if source is not None and source.kind == "request":
        return "while a request is answered"
    if any(_ON_START.fullmatch(name) for name in function.decorators):
        return "whenever the server starts"
    for base, answers, starts in _SERVED:
        if any(base.fullmatch(name) for name in bases):
            if function.name in answers:
                return "while a request is answered"
            return "whenever the server starts" if function.name in starts else ""
    if owner is not None and any(_SERVED_DECORATORS.fullmatch(name) for name in owner.decorators):
        return "whenever the server starts" if function.name in _STARTS else "while a request is answered"
    return ""
