"""MLW222: the model that is loaded is named by a request, a prompt or a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.rules.base import Confidence, Finding, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.guards import is_guarded
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Taint, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


@dataclass(frozen=True, slots=True)
class _Sink:
    """A call that fetches what an argument names, and what whoever chooses the name gets to choose."""

    keyword: str
    position: int | None
    chosen: str
    severity: Severity = Severity.HIGH


_WEIGHTS = "the weights that this process loads"
_CODE = "the code that runs here"
_FETCHED = "what is fetched with this process's rights and tokens"

_OTHERS: dict[str, _Sink] = {
    "torch.hub.load": _Sink("repo_or_dir", 0, _CODE, Severity.CRITICAL),
    "torch.hub.list": _Sink("github", 0, _CODE, Severity.CRITICAL),
    "torch.hub.help": _Sink("github", 0, _CODE, Severity.CRITICAL),
    "gradio.load": _Sink("name", 0, "which host this server calls, and the app that it shows"),
    "gradio.Interface.load": _Sink("name", 0, "which host this server calls, and the app that it shows"),
    "gradio.external.load": _Sink("name", 0, "which host this server calls, and the app that it shows"),
    "tensorflow_hub.load": _Sink("handle", 0, _WEIGHTS),
    "tensorflow_hub.KerasLayer": _Sink("handle", 0, _WEIGHTS),
    "tensorflow_hub.resolve": _Sink("handle", 0, _FETCHED, Severity.MEDIUM),
    "spacy.load": _Sink("name", 0, "the package or folder whose code runs here"),
    "spacy.util.load_model": _Sink("name", 0, "the package or folder whose code runs here"),
    "spacy.cli.download": _Sink("model", 0, "the package that is installed here", Severity.CRITICAL),
    "ultralytics.YOLO": _Sink("model", 0, _WEIGHTS),
    "whisper.load_model": _Sink("name", 0, _WEIGHTS),
    "faster_whisper.WhisperModel": _Sink("model_size_or_path", 0, _WEIGHTS),
    "llama_cpp.Llama.from_pretrained": _Sink("repo_id", 0, _WEIGHTS),
    "InstructorEmbedding.INSTRUCTOR": _Sink("model_name_or_path", 0, _WEIGHTS),
    "kagglehub.model_download": _Sink("handle", 0, _FETCHED, Severity.MEDIUM),
    "modelscope.snapshot_download": _Sink("model_id", 0, _FETCHED, Severity.MEDIUM),
}
# Methods by which a pipeline or a model takes up more weights: the argument that names them.
_ADDING: dict[str, str] = {
    "load_lora_weights": "pretrained_model_name_or_path_or_dict",
    "load_textual_inversion": "pretrained_model_name_or_path",
    "load_ip_adapter": "pretrained_model_name_or_path_or_dict",
    "load_adapter": "peft_model_id",
    "from_preset": "preset",
}
_ADDING_ROOTS = re.compile(r"(?:diffusers|peft|transformers|keras_hub|keras_nlp|keras_cv)\..+")
_WRITERS = {
    "request": "a web request",
    "llm": "a language model",
    "tool": "the arguments that a model gives this tool",
    "input": "what a person types in",
}
# What a framework itself keeps in its request object.
_OF_THE_SERVER = re.compile(r".*\b(?:Request\(\)|request)\.(?:app|state|scope|client|registry|settings)\b.*")
# A text that begins so names one owner, one folder or one host.
_FIXED_START = re.compile(r"(?:hf[-_]hub:)?[\w.~-]*/|[a-z]\w*://[^/]+/|[A-Za-z]:[\\/]|\\")
_FIXED_APP = re.compile(r"(?:models|spaces|huggingface)/[\w.-]+/|https?://[^/]+/")


class UserControlledModelId(Rule):
    """A model whose name comes from a request, from a person's input or from a language model.

    ## Why is this bad?

    Who names the model chooses its weights. They can name a repository of their own, with weights that unpickle, with
    `trust_remote_code` with code, or a folder that they uploaded before. The download is made with your tokens and from
    inside your network, and it fills your disk.

    ## How to fix

    Let the request choose a key, and look the name up in a dictionary of the models that you have pinned and tested.
    A parameter of type `Literal` or an enum, or a comparison with a constant list, does the same.

    ## When it is fine

    In a tool for one person who may load any model. Names from the command line are not reported for that reason.

    ## Limits

    A name that begins with a fixed owner, folder or host, such as `f"acme/{size}"`, is left alone, and so is one that is
    checked by a function whose name says so. Data is not followed through databases and files.
    """

    code = "MLW222"
    name = "user-controlled-model-id"
    severity = Severity.HIGH
    calls = ("*.from_pretrained", *(f"*.{name}" for name in _ADDING), *hub.ALL_CALLS, *_OTHERS)
    # Loaders are everywhere; somebody who chooses what they load is not.
    needs = ("@request", "@tool", "@model")
    cwe = (73, 829)
    owasp_llm = ("LLM03", "LLM06")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0049", "AML.T0010.003")
    references = (
        Reference("CVE-2026-28416: Gradio, `gr.load`", "https://nvd.nist.gov/vuln/detail/CVE-2026-28416"),
        Reference("CWE-829: functionality from an untrusted sphere", "https://cwe.mitre.org/data/definitions/829.html"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a loader whose first argument comes from outside, unless it is checked on the way."""
        found = _sink_of(call)
        if found is None:
            return
        sink, sure = found
        if hub.is_offline(call):
            return
        taint = _taint(call.argument(sink.keyword, sink.position), call)
        if taint is None or is_guarded(call, sink.keyword, sink.position, model):
            return
        severity, chosen = sink.severity, sink.chosen
        if call.argument("trust_remote_code").may_be(True):
            severity, chosen = Severity.CRITICAL, _CODE
        if taint.kind == "input":
            severity = Severity.LOW
        unsure = sum("passed through" in step.note for step in taint.steps)
        if not taint.certain:
            sure = min(sure, Confidence.MEDIUM if unsure < 2 else Confidence.LOW)
        who = "whoever steers it" if taint.kind in {"llm", "tool"} else "whoever sends it"
        who = "that person" if taint.kind == "input" else who
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` loads what {_WRITERS[taint.kind]} {'name' if taint.kind == 'tool' else 'names'}: "
            f"{who} chooses {chosen}; look the name up in a fixed dictionary",
            severity=severity,
            confidence=sure,
            trace=(*taint.steps, *(step for step in call.context if step not in taint.steps)),
        )


def _sink_of(call: CallSite) -> tuple[_Sink, Confidence] | None:
    other = _OTHERS.get(call.name)
    if other is not None:
        return other, Confidence.HIGH
    if call.attribute in _ADDING:
        known = _ADDING_ROOTS.fullmatch(call.name) is not None
        return (_Sink(_ADDING[call.attribute], 0, _WEIGHTS), Confidence.HIGH) if known else None
    found = hub.api_of(call)
    if found is None:
        return None
    api, sure = found
    if call.name in hub.CODE_CALLS:
        return _Sink(api.keyword, api.position, _CODE, Severity.CRITICAL), sure
    if call.name in hub.FILE_CALLS or api.kind == "dataset":
        return _Sink(api.keyword, api.position, _FETCHED, Severity.MEDIUM), sure
    return _Sink(api.keyword, api.position, _WEIGHTS), sure


def _taint(value: Value, call: CallSite) -> Taint | None:
    """The taint that decides what a loader fetches; None if the value is a model already, or begins with a fixed part."""
    fixed = _FIXED_APP if call.name.startswith("gradio.") else _FIXED_START
    if any(_OF_THE_SERVER.fullmatch(name) for name in value.names()):
        return None
    options = [option for option in value.alternatives() if option.taints] or [value]
    for option in options:
        if isinstance(option, Text) and any(fixed.match(prefix) for prefix in option.prefixes()):
            continue
        if isinstance(option, Name) and option.made_by is not None and _sink_of(option.made_by) is not None:
            continue
        taints = option.tainted_by(*_WRITERS)
        if taints:
            return taints[0]
    return None


def _examples() -> Examples:
    from mlwarden.rules.downloads._user_controlled_model_id_examples import EXAMPLES

    return EXAMPLES
