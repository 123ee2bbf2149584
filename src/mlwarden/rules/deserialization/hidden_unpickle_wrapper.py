"""MLW124: loaders that unpickle behind a friendly name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import is_set
from mlwarden.semantics.loaders import has_suffix, reading, suffixes, switched_off, switched_on

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# The call, and the argument that names what it loads. Each was read in the library's own source.
_ULTRALYTICS: dict[str, tuple[str, int]] = {
    **{
        f"ultralytics.{name}": ("model", 0)
        for name in ("YOLO", "YOLOWorld", "YOLOE", "RTDETR", "SAM", "FastSAM", "NAS")
    },
    "ultralytics.nn.tasks.torch_safe_load": ("weight", 0),
    "ultralytics.nn.tasks.load_checkpoint": ("weight", 0),
    "ultralytics.nn.tasks.attempt_load_one_weight": ("weight", 0),
    "ultralytics.nn.tasks.attempt_load_weights": ("weights", 0),
    "ultralytics.utils.patches.torch_load": ("f", 0),
}
_LOADERS: dict[str, tuple[str, int]] = {
    **_ULTRALYTICS,
    "fastai.learner.load_learner": ("fname", 0),
    "huggingface_hub.from_pretrained_fastai": ("repo_id", 0),
    "huggingface_hub.fastai_utils.from_pretrained_fastai": ("repo_id", 0),
    "flair.file_utils.load_torch_state": ("model_file", 0),
    "stable_baselines3.common.save_util.load_from_pkl": ("path", 0),
    "stable_baselines3.common.save_util.load_from_zip_file": ("load_path", 0),
    "surprise.dump.load": ("file_name", 0),
    "bentoml.picklable_model.load_model": ("bento_model", 0),
    **{
        f"pycaret.{task}.load_model": ("model_name", 0)
        for task in ("classification", "regression", "clustering", "anomaly", "time_series")
    },
    "nltk.data.load": ("resource_url", 0),
}
# Methods called `load` of everything below these names, and the argument that names the file.
_METHODS: dict[str, str] = {
    "flair.models.": "model_path",
    "flair.nn.": "model_path",
    "gensim.models.": "fname",
    "gensim.corpora.": "fname",
    "gensim.similarities.": "fname",
    "gensim.utils.": "fname",
    "stable_baselines3.": "path",
    "sb3_contrib.": "path",
    "autogluon.": "path",
    "darts.models.": "path",
    "fastai.text.": "file",
}
# Ends of files that ultralytics does not unpickle: architectures and exported models.
_PLAIN = (".yaml", ".yml", ".onnx", ".engine", ".tflite", ".mlpackage", ".torchscript", "_openvino_model", ".pb")
_SAFE_LOAD = "ULTRALYTICS_SAFE_LOAD"
# The weights that ultralytics publishes and downloads by name (`GITHUB_ASSETS_NAMES` in its utils/downloads.py).
_RELEASED = re.compile(
    r"(?:yolo(?:v?\d+|_nas_|e-)[\w-]*|rtdetr-[lx]|sam2?(?:\.1)?_[a-z+]+|mobile_sam|FastSAM-[sx]|mobileclip[\w-]*)\.pt"
)
# Addresses of a Triton server, which runs the model itself (`Model.is_triton_model`).
_TRITON = re.compile(r"(?:http|grpc)://[^/]+/.")


class HiddenUnpickleWrapper(Rule):
    """A library's loader that unpickles behind a friendly name.

    ## Why is this bad?

    `YOLO(path)`, `load_learner(path)`, `PPO.load(path)` and others read pickles without saying so, most of them with
    `weights_only=False`. A pickle can name any function to be called while it is read: whoever can change the file runs
    code with your rights.

    ## How to fix

    Load a state dict or an exported format (ONNX, safetensors) instead. For ultralytics set the environment variable
    `ULTRALYTICS_SAFE_LOAD=1` before the import, or pass `safe_only=True` to `torch_safe_load`. fastai's
    `Learner.load` reads weights only.

    ## When it is fine

    When the same pipeline wrote the file, or it comes from a publisher you trust and its digest is compared.

    ## Limits

    Only the libraries named in the rule are known. What a literal name such as "ner" downloads is taken to be the
    publisher's own file, and low; names of ultralytics' own releases ("yolov8n.pt") are not reported.

    ## Fix safety

    The fix is unsafe: ultralytics files that hold other classes than the library's own no longer load.
    """

    code = "MLW124"
    name = "hidden-unpickle-wrapper"
    severity = Severity.MEDIUM
    calls = (*_LOADERS, "*.load", "*.load_replay_buffer")
    triggers = (
        *(("ultralytics", name.rpartition(".")[2]) for name in _ULTRALYTICS),
        "load_learner",
        "from_pretrained_fastai",
        "load_replay_buffer",
        "load_from_pkl",
        "load_from_zip_file",
        "load_torch_state",
        "picklable_model",
        ("flair", "load"),
        ("gensim", "load"),
        ("stable_baselines3", "load"),
        ("sb3_contrib", "load"),
        ("surprise", "load"),
        ("pycaret", "load_model"),
        ("autogluon", "load"),
        ("darts", "load"),
        ("fastai", "load"),
        ("nltk", "load"),
    )
    yields_to = ("MLW132",)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Ultralytics: torch_safe_load", "https://docs.ultralytics.com/reference/nn/tasks/"),
        Reference("fastai: load_learner, the warning", "https://docs.fast.ai/learner.html#load_learner"),
        Reference(
            "Stable-Baselines3: on saving and loading",
            "https://stable-baselines3.readthedocs.io/en/master/guide/save_format.html",
        ),
    )
    examples = (
        Bad(
            """
            from ultralytics import YOLO

            def detector(path):
                return YOLO(path)
                       ^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`ultralytics.YOLO` unpickles a model of unknown origin, and can run code hidden in it",
        ),
        Bad(
            """
            from fastai.vision.all import *

            learner = load_learner("export.pkl")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            from huggingface_hub import from_pretrained_fastai

            learner = from_pretrained_fastai("somebody/learner")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from stable_baselines3 import PPO
            from huggingface_hub import hf_hub_download

            agent = PPO.load(hf_hub_download("somebody/agent", "agent.zip"))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from ultralytics.nn.tasks import torch_safe_load

            def weights(path):
                return torch_safe_load(path)
                       ^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from ultralytics.nn.tasks import torch_safe_load

            def weights(path):
                return torch_safe_load(path, safe_only=True)
            """,
        ),
        Bad(
            """
            import gensim

            vectors = gensim.models.KeyedVectors.load("vectors.kv", mmap="r")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import os

            os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"

            from ultralytics import YOLO

            def detector(path):
                return YOLO(path)
            """,
            because="the variable asks for the restricted unpickler",
        ),
        Good(
            """
            from ultralytics import YOLO

            network = YOLO("yolov8n.yaml")
            exported = YOLO("best.onnx")
            again = YOLO(exported.export(format="engine"))
            default = YOLO()
            released = YOLO("yolo11n-seg.pt")
            served = YOLO("http://localhost:8000/yolo")
            """,
            because="an architecture and an ONNX file hold no pickle, a release is the publisher's own file, and a Triton "
            "server runs the model itself",
        ),
        Good(
            """
            import gensim.downloader
            from gensim.models import KeyedVectors

            vectors = KeyedVectors.load_word2vec_format("vectors.txt")
            info = gensim.downloader.info()
            """,
            because="word2vec's own format holds numbers only",
        ),
        Good(
            """
            from project.agents import PPO

            agent = PPO.load("agent.zip")
            """,
            because="the class is the project's own",
        ),
        Missed(
            """
            from project.agents import make_agent

            agent = make_agent("ppo").load("agent.zip")
            """,
            because="that the object comes from one of these libraries is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call of a known loader, graded by what it loads."""
        data = self._data(call)
        if data is None or data.is_absent or self._is_restricted(call, model, data):
            return
        read = reading(call, model, data, unknown="a model of unknown origin")
        if read is None:
            return
        from_hub = call.attribute == "from_pretrained_fastai"
        name = call.name.replace("()", "") or call.attribute
        what = f"what it downloads from {read.what}" if from_hub and read.what.startswith("'") else read.what
        yield self.finding(
            call.span,
            f"`{name}` unpickles {what}, and can run code hidden in it",
            severity=Severity.HIGH if from_hub else read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call),
        )

    def _data(self, call: CallSite) -> Value | None:
        """What the call loads; None if it is no loader of the list."""
        known = _LOADERS.get(call.name)
        if known is not None:
            return call.argument(*known)
        if call.attribute == "load_replay_buffer":
            return call.argument("path", 0)
        if not call.name.endswith(".load"):
            return None
        keyword = next((keyword for prefix, keyword in _METHODS.items() if call.name.startswith(prefix)), None)
        return None if keyword is None else call.argument(keyword, 0)

    def _is_restricted(self, call: CallSite, model: SemanticModel, data: Value) -> bool:
        if switched_on(call.argument("weights_only")) is not None:
            return True
        if switched_off(call.argument("load_data", 1)) is not None:
            return call.name.endswith("load_from_zip_file")
        if call.name == "nltk.data.load":
            return not has_suffix(data, ".pickle", ".pkl")
        if call.name not in _ULTRALYTICS:
            return False
        if switched_on(call.argument("safe_only", 1)) is not None and call.attribute == "torch_safe_load":
            return True
        if any(name.startswith("ultralytics.") and name.endswith(".export()") for name in data.names()):
            return True  # no export format holds a pickle
        names = data.strings()
        if names and all(_RELEASED.fullmatch(name) or _TRITON.match(name) for name in names) and not data.is_unknown:
            return True
        ends = suffixes(data)
        return (bool(ends) and all(end.endswith(_PLAIN) for end in ends)) or is_set(model, _SAFE_LOAD)

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        if call.name != "ultralytics.nn.tasks.torch_safe_load":
            return
        edit = call.set_argument("safe_only", "True", 1)
        if edit is not None:
            yield Fix(
                "Add `safe_only=True`",
                (edit,),
                Applicability.UNSAFE,
                "files that hold other classes than the library's own stop loading",
            )
