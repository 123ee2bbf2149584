"""MLW214: a model or dataset is taken from a registry by a name that moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.rules.base import Confidence, Finding, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.hub_ids import is_repo_id
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.values import Constant, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


# --- names -----------------------------------------------------------------------------------------------------------
# Each function tells whether a name means another version tomorrow. `{}` in it stands for what is not known.


def _moves_wandb(text: str) -> bool:
    name, colon, version = text.rpartition("/")[2].partition(":")
    if "{}" in name + version or not name:
        return False
    return not colon or re.fullmatch(r"v\d+|[0-9a-f]{32}", version) is None


def _moves_bentoml(text: str) -> bool:
    name, _, version = text.partition(":")
    return bool(name) and "{}" not in version and version in {"", "latest"} and "/" not in text


def _moves_kaggle_model(text: str) -> bool:
    parts = text.rstrip("/").split("/")
    return len(parts) == 4 and "{}" not in parts[-1] and all(parts)


def _moves_kaggle_other(text: str) -> bool:
    parts = text.rstrip("/").split("/")
    return len(parts) == 2 and "{}" not in parts[-1] and all(parts)


def _moves_tensorflow_hub(text: str) -> bool:
    match = re.match(r"https://(?:www\.)?(?:tfhub\.dev|kaggle\.com/models)/([^?#]+)", text)
    parts = match[1].strip("/").split("/") if match is not None else []
    return len(parts) > 1 and not parts[-1].isdigit() and "{}" not in parts[-1] and not parts[-1].endswith(".tar.gz")


_MODELS_URI = re.compile(r"models:/+(?P<name>[^/@\s]+)(?:@(?P<alias>[^/\s]+)|/(?P<version>[^/\s]+))(?:/.*)?")


def _moves_mlflow(text: str) -> bool:
    match = _MODELS_URI.fullmatch(text)
    version = match and (match["alias"] or match["version"])
    return bool(version) and "{}" not in str(version) and (bool(match and match["alias"]) or not str(version).isdigit())


def _is_remote_repository(text: str) -> bool:
    return re.match(r"(?:https?|ssh|git)://|[\w.-]+@[\w.-]+:", text) is not None


# --- calls -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Registry:
    """A call that takes something from a registry.

    Attributes:
        keyword, position: the argument with the name.
        moves: whether a name is one that moves; None where only `pin` decides.
        way_out: what to write instead.
        pin: the keyword that fixes the version whatever the name says, or "".
        pin_position: where it can be given by position.
        severity: of a finding.
    """

    keyword: str
    position: int | None
    moves: Callable[[str], bool]
    way_out: str
    pin: str = ""
    pin_position: int | None = None
    severity: Severity = Severity.LOW


_WANDB = _Registry("artifact_or_name", 0, _moves_wandb, "name a version, as in ':v3'")
_WANDB_API = _Registry("name", 0, _moves_wandb, "name a version, as in ':v3'")
_KAGGLE_DATA = _Registry("handle", 0, _moves_kaggle_other, "append '/versions/' and the number")
_TENSORFLOW = _Registry("handle", 0, _moves_tensorflow_hub, "append the version's number")
_BENTOML = _Registry("tag", 0, _moves_bentoml, "name the version after the colon")
_DVC_PIN = "pass `rev` with a commit"


def _dvc(position: int, pin: int) -> _Registry:
    return _Registry("repo", position, _is_remote_repository, _DVC_PIN, "rev", pin)


def _modelscope(keyword: str, pin: int | None, name: str = "revision") -> _Registry:
    return _Registry(keyword, 0, is_repo_id, f"pass `{name}`", name, pin)


_MODELSCOPE: dict[str, _Registry] = {
    "snapshot_download": _modelscope("model_id", 1),
    "dataset_snapshot_download": _modelscope("dataset_id", 1),
    "model_file_download": _modelscope("model_id", 2),
    "dataset_file_download": _modelscope("dataset_id", None),
}
_CALLS: dict[str, _Registry] = {
    "wandb.use_artifact": _WANDB,
    "wandb.run.use_artifact": _WANDB,
    "wandb.init().use_artifact": _WANDB,
    "wandb.use_model": _WANDB_API,
    "wandb.run.use_model": _WANDB_API,
    "wandb.init().use_model": _WANDB_API,
    "wandb.Api().artifact": _WANDB_API,
    "wandb.apis.public.Api().artifact": _WANDB_API,
    "kagglehub.model_download": _Registry("handle", 0, _moves_kaggle_model, "append the version, as in '/1'"),
    "kagglehub.dataset_download": _KAGGLE_DATA,
    "kagglehub.notebook_output_download": _KAGGLE_DATA,
    "kagglehub.dataset_load": _Registry("handle", 1, _KAGGLE_DATA.moves, _KAGGLE_DATA.way_out),
    "kagglehub.load_dataset": _Registry("handle", 1, _KAGGLE_DATA.moves, _KAGGLE_DATA.way_out),
    "kagglehub.package_import": _Registry(
        "handle", 0, _KAGGLE_DATA.moves, _KAGGLE_DATA.way_out, severity=Severity.HIGH
    ),
    "tensorflow_hub.load": _TENSORFLOW,
    "tensorflow_hub.resolve": _TENSORFLOW,
    "tensorflow_hub.KerasLayer": _TENSORFLOW,
    "tensorflow_hub.Module": _Registry("spec", 0, _TENSORFLOW.moves, _TENSORFLOW.way_out),
    "tensorflow_hub.load_module_spec": _Registry("path", 0, _TENSORFLOW.moves, _TENSORFLOW.way_out),
    "bentoml.get": _BENTOML,
    "bentoml.bentos.get": _BENTOML,
    "bentoml.models.get": _BENTOML,
    "bentoml.models.BentoModel": _BENTOML,
    "bentoml.models.HuggingFaceModel": _Registry(
        "model_id", 0, is_repo_id, "pass `revision` with a commit", "revision", 1
    ),
    "dvc.api.open": _dvc(1, 2),
    "dvc.api.read": _dvc(1, 2),
    "dvc.api.get_url": _dvc(1, 2),
    "dvc.api.DVCFileSystem": _dvc(0, 1),
    "dvc.fs.DVCFileSystem": _dvc(0, 1),
    "modelscope.MsDataset.load": _modelscope("dataset_name", 3, "version"),
    "modelscope.msdatasets.MsDataset.load": _modelscope("dataset_name", 3, "version"),
    "modelscope.pipeline": _Registry("model", 1, is_repo_id, "pass `model_revision`", "model_revision", 7),
    "modelscope.pipelines.pipeline": _Registry("model", 1, is_repo_id, "pass `model_revision`", "model_revision", 7),
    **{f"modelscope.{name}": registry for name, registry in _MODELSCOPE.items()},
    **{f"modelscope.hub.snapshot_download.{name}": registry for name, registry in _MODELSCOPE.items()},
    **{f"modelscope.hub.file_download.{name}": registry for name, registry in _MODELSCOPE.items()},
}
# Methods of a run that reached the code some other way.
_METHODS: dict[str, _Registry] = {"use_artifact": _WANDB}
_BENTOML_FRAMEWORK = re.compile(r"bentoml\.\w+\.(?:get|load_model|load_runner)")
_MLFLOW = _Registry("model_uri", None, _moves_mlflow, "name a version, as in 'models:/name/3'")
_MLFLOW_CALL = re.compile(r"(?:mlflow|bentoml)\.[\w.]*(?:load|download|import|predict|udf|read|serve|build)\w*")
_MOVING_PINS = frozenset({"main", "master", "HEAD", "latest"})


class RegistryLatestAlias(Rule):
    """A model, artifact or dataset taken from a registry by a name that moves.

    ## Why is this bad?

    "latest", a stage such as "Production", an alias, or a name without a version mean another file tomorrow. Whoever
    may write to the registry, or gets hold of such an account, exchanges what the next run takes, and nothing in
    your repository shows it. Results can't be reproduced either.

    ## How to fix

    Name the version: `name:v3` (Weights & Biases), `models:/name/3` (MLflow), a last path part (Kaggle, TensorFlow
    Hub), `name:<version>` (BentoML), `rev=` with a commit (DVC), `revision=` (ModelScope). Let a reviewed change move it.

    ## When it is fine

    Where deployments are meant to follow an alias, and only a reviewed process can move it.

    ## Limits

    Names that are computed or handed over are left alone, and so are DVC repositories that are folders. Look-ups of the
    newest version through a registry's client, and the registries' command lines, are not followed.
    """

    code = "MLW214"
    name = "registry-latest-alias"
    severity = Severity.LOW
    triggers = (
        "use_artifact",
        "use_model",
        ("wandb", "artifact"),
        ("mlflow", "models"),
        "kagglehub",
        "tensorflow_hub",
        "bentoml",
        "dvc",
        "modelscope",
    )
    cwe = (494,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003",)
    references = (
        Reference(
            "Weights & Biases: download and use artifacts",
            "https://docs.wandb.ai/guides/artifacts/download-and-use-an-artifact",
        ),
        Reference("MLflow: model registry", "https://mlflow.org/docs/latest/ml/model-registry/"),
        Reference("DVC: dvc.api.open, rev", "https://dvc.org/doc/api-reference/open"),
        Reference("kagglehub: handles", "https://github.com/Kaggle/kagglehub#readme"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that take a moving name, or name no version where one has to be given apart."""
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            registry, confidence = _CALLS.get(call.name), Confidence.HIGH
            if registry is None and call.attribute in _METHODS and not call.name:
                known = not call.receiver_defines(call.attribute)
                registry, confidence = _METHODS[call.attribute] if known else None, Confidence.MEDIUM
            if registry is None and _BENTOML_FRAMEWORK.fullmatch(call.name):
                registry = _Registry("bento_model", 0, _moves_bentoml, _BENTOML.way_out)
            if registry is not None:
                yield from self._check(call, registry, confidence)
            elif _MLFLOW_CALL.fullmatch(call.name):
                yield from self._check_uris(call)

    def _check(self, call: CallSite, registry: _Registry, confidence: Confidence) -> Iterator[Finding]:
        if registry.pin and not _is_open(call.argument(registry.pin, registry.pin_position)):
            return
        value = call.argument(registry.keyword, registry.position)
        for text in _texts(value):
            if registry.moves(text):
                if value.is_unknown:
                    confidence = min(confidence, Confidence.MEDIUM)
                span = None if registry.pin else call.argument_span(registry.keyword, registry.position)
                does = "runs the code of" if registry.severity is Severity.HIGH else "takes"
                yield self.finding(
                    span or call.span,
                    _message(call, does, text, registry),
                    severity=registry.severity,
                    confidence=confidence,
                    trace=trace_of(call),
                )
                return

    def _check_uris(self, call: CallSite) -> Iterator[Finding]:
        for argument in call.arguments:
            if argument.node is None or argument.star:
                continue
            for text in _texts(argument.value):
                if _moves_mlflow(text):
                    yield self.finding(
                        call.fragment.span(argument.node.value),
                        _message(call, "takes", text, _MLFLOW),
                        trace=trace_of(call),
                    )
                    return


def _message(call: CallSite, does: str, text: str, registry: _Registry) -> str:
    shown = call.attribute if call.attribute in _METHODS else call.name.replace("()", "")
    return f"`{shown}` {does} whatever '{text}' means at the time, which can change unnoticed: {registry.way_out}"


def _is_open(pin: Value) -> bool:
    """Whether a revision is left out, or names a branch."""
    if hub.pin_of(pin) is hub.Pin.ABSENT:
        return True
    return any(text in _MOVING_PINS for text in pin.strings())


def _texts(value: Value) -> Iterator[str]:
    """The strings that a value may be, `{}` for an unknown part; none whose end isn't known."""
    for option in value.alternatives():
        if isinstance(option, Constant) and isinstance(option.value, str):
            yield option.value
        elif isinstance(option, Text) and option.parts and option.parts[-1] is not None:
            yield option.shown


def _examples() -> Examples:
    from mlwarden.rules.downloads._registry_latest_alias_examples import EXAMPLES

    return EXAMPLES
