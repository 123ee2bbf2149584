"""MLW212: pickled weights are asked for where safetensors would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Confidence, Finding, Fix, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.loaders import LOADERS, data_of, leaves, switched_off, switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import TRANSFORMERS_RESTRICTED_PICKLES, VLLM_RESTRICTED_PICKLES
from mlwarden.semantics.values import Reference as Named
from mlwarden.semantics.values import Sequence, Value

if TYPE_CHECKING:
    from mlwarden.model.fixes import TextEdit
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Methods of diffusers' pipelines that read weights (diffusers/loaders), and the position of `weight_name`.
_DIFFUSERS: dict[str, int | None] = {
    "load_lora_weights": None,
    "lora_state_dict": None,
    "load_textual_inversion": None,
    "load_attn_procs": None,
    "load_lora_adapter": None,
    "load_ip_adapter": 2,
}
_SHARDED = (
    "transformers.modeling_utils.load_sharded_checkpoint",
    "transformers.trainer_utils.load_sharded_checkpoint",
)
# Readers with a `weights_only` of their own; True when it is left out.
_WEIGHTS_ONLY = frozenset(
    [
        "open_clip.load_checkpoint",
        "open_clip.factory.load_checkpoint",
        "open_clip.factory.load_state_dict",
        "timm.models.load_checkpoint",
        "timm.models.load_state_dict",
        "timm.models.load_state_dict_from_hf",
        "timm.models.load_state_dict_from_path",
        "timm.models.resume_checkpoint",
        "transformers.modeling_utils.load_state_dict",
    ]
)
_VLLM = (
    "vllm.LLM",
    "vllm.entrypoints.llm.LLM",
    "vllm.EngineArgs",
    "vllm.AsyncEngineArgs",
    "vllm.engine.arg_utils.EngineArgs",
    "vllm.engine.arg_utils.AsyncEngineArgs",
    "vllm.config.LoadConfig",
)
_VLLM_FORMATS = ("pt", "npcache")
_FILES: dict[str, tuple[str, int]] = {
    "huggingface_hub.hf_hub_download": ("filename", 1),
    "huggingface_hub.HfApi().hf_hub_download": ("filename", 1),
    "transformers.utils.cached_file": ("filename", 1),
    "transformers.utils.hub.cached_file": ("filename", 1),
}
_SNAPSHOTS = ("huggingface_hub.snapshot_download", "huggingface_hub.HfApi().snapshot_download")
# The names under which the Hub's libraries store weights as pickles, each with a safetensors name beside it.
_PICKLED_WEIGHTS = re.compile(
    r"(?:.*/)?(?:(?:diffusion_)?pytorch_model|adapter_model|pytorch_lora_weights|open_clip_pytorch_model|"
    r"learned_embeds|ip[-_]adapter[\w.-]*)(?:\.\w+)?(?:-\d{5}-of-\d{5})?\.bin|.*\.ckpt",
    re.I,
)
_CAN_RUN = "and can run code hidden in them"
_READS_PICKLES = "reads pickled weights, where safetensors could not carry code"
_WHY_UNSAFE = "repositories that hold only pickles no longer load"
_PICKLED_ENDS = (".bin", ".ckpt", ".pt", ".pth")


class PickleWeightsPreferred(Rule):
    """Pickled weights asked for instead of safetensors.

    ## Why is this bad?

    `from_pretrained` prefers safetensors, which hold numbers and nothing else. `use_safetensors=False`, a pickled file
    asked for by name, or `load_format="pt"` of vLLM take the pickle beside it, and a pickle can name functions to
    be called while it is read. Recent releases read it with a restricted unpickler, which has had holes
    (CVE-2025-32434, CVE-2026-24747); `weights_only=False` takes that away as well, so that the file's author runs code
    with your rights.

    ## How to fix

    Leave the arguments out, or pass `use_safetensors=True`, which refuses a repository that has only pickles. Convert
    old checkpoints once, in a place without credentials.

    ## When it is fine

    When no safetensors exist and you pin the commit of a repository whose owner you trust.

    ## Limits

    A switch that the caller or a configuration decides is not reported. A downloaded file is left to the rule of the
    function that loads it, where that is in the same document. `from_tf=True` and `from_flax=True` are not reported:
    they read HDF5 and msgpack files.

    ## Fix safety

    The fixes are unsafe: a repository that holds only pickles, or checkpoints with other objects than tensors, no
    longer loads.
    """

    code = "MLW212"
    name = "pickle-weights-preferred"
    severity = Severity.MEDIUM
    triggers = (
        "use_safetensors",
        "weights_only",
        "prefer_safe",
        "load_format",
        "weight_name",
        "load_ip_adapter",
        "hf_hub_download",
        "cached_file",
        "snapshot_download",
    )
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "Transformers: from_pretrained",
            "https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.from_pretrained",
        ),
        Reference("Hugging Face Hub: pickle scanning", "https://huggingface.co/docs/hub/security-pickle"),
        Reference("CVE-2025-32434", "https://nvd.nist.gov/vuln/detail/CVE-2025-32434"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that ask for pickles by a switch, a format or a file's name."""
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            if call.name in _FILES:
                yield from self._check_file(call, model, *_FILES[call.name])
            elif call.name in _SNAPSHOTS:
                yield from self._check_snapshot(call)
            elif call.name in _VLLM:
                yield from self._check_vllm(call, model)
                yield from self._check_switches(call, model)
            else:
                yield from self._check_switches(call, model)

    # --- switches ------------------------------------------------------------------------------------------------

    def _check_switches(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        adapter = _reads_adapter(call)
        if adapter is not None:
            yield from self._check_weight_name(call, _DIFFUSERS[call.attribute])
        chosen = _safetensors_off(call, adapter)
        full = _unpickler_off(call)
        if full is not None and switched_on(call.argument("use_safetensors")) is not None:
            return
        if chosen is None and full is None:
            return
        local = _is_local(call, model)
        edits = self._switch_edits(call)
        if full is not None:
            severity, confidence = Severity.HIGH, full
            message = f"`{hub.shown(call)}` with `weights_only=False` unpickles weights in full, {_CAN_RUN}"
        else:
            assert chosen is not None
            keyword, confidence = chosen
            old = call.name.startswith("transformers.") and TRANSFORMERS_RESTRICTED_PICKLES.ahead(model)
            severity = Severity.HIGH if old else Severity.MEDIUM
            where = f" on {model.version('transformers').describe()}" if old else ""
            how = f"unpickles weights in full{where}, {_CAN_RUN}" if old else _READS_PICKLES
            message = f"`{hub.shown(call)}` with `{keyword}=False` {how}"
        yield self.finding(
            call.span,
            message,
            severity=Severity(severity - 1) if local else severity,
            confidence=confidence,
            trace=trace_of(call),
            fixes=(Fix("Read safetensors", edits, Applicability.UNSAFE, _WHY_UNSAFE),) if edits else (),
        )

    def _switch_edits(self, call: CallSite) -> tuple[TextEdit, ...]:
        found: list[TextEdit | None] = []
        if switched_off(call.argument("use_safetensors")) and call.argument_span("use_safetensors"):
            found.append(call.set_argument("use_safetensors", "True"))
        found.extend(
            call.remove_argument(keyword)
            for keyword in ("weights_only", "prefer_safe")
            if switched_off(call.argument(keyword))
        )
        return tuple(edit for edit in found if edit is not None)

    def _check_vllm(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        for text in call.argument("load_format").strings():
            if text not in _VLLM_FORMATS:
                continue
            old = VLLM_RESTRICTED_PICKLES.ahead(model)
            where = f" on {model.version('vllm').describe()}" if old else ""
            how = f"unpickles weights in full{where}, {_CAN_RUN}" if old else _READS_PICKLES
            edit = call.remove_argument("load_format")
            yield self.finding(
                call.span,
                f"`{hub.shown(call)}` with `load_format={text!r}` {how}",
                severity=Severity.HIGH if old else Severity.MEDIUM,
                trace=trace_of(call),
                fixes=()
                if edit is None
                else (Fix("Remove `load_format`", (edit,), Applicability.UNSAFE, _WHY_UNSAFE),),
            )
            return

    # --- files ---------------------------------------------------------------------------------------------------

    def _check_weight_name(self, call: CallSite, position: int | None) -> Iterator[Finding]:
        for text in _words(call.argument("weight_name", position)):
            if text.lower().endswith(_PICKLED_ENDS):
                span = call.argument_span("weight_name", position) or call.span
                yield self._file_finding(call, span, text)
                return

    def _check_file(self, call: CallSite, model: SemanticModel, keyword: str, position: int) -> Iterator[Finding]:
        for text in call.argument(keyword, position).strings():
            if _PICKLED_WEIGHTS.fullmatch(text) is not None and not _is_loaded(call, model):
                yield self._file_finding(call, call.argument_span(keyword, position) or call.span, text)
                return

    def _check_snapshot(self, call: CallSite) -> Iterator[Finding]:
        allowed, ignored = call.argument("allow_patterns"), call.argument("ignore_patterns")
        wanted, refused = _words(allowed), _words(ignored)
        takes = any(text.lower().endswith(_PICKLED_ENDS) for text in wanted)
        keyword = ""
        if takes and not any("safetensors" in text or text.endswith("*") for text in wanted):
            keyword = "allow_patterns"
        elif (
            any(text.endswith(".safetensors") for text in refused)
            and not any(text.lower().endswith(_PICKLED_ENDS) for text in refused)
            and (takes or allowed.is_absent or allowed.may_be(None))
        ):
            keyword = "ignore_patterns"
        if keyword:
            yield self.finding(
                call.argument_span(keyword) or call.span,
                "the repository's pickled weights are fetched and its safetensors are not",
                severity=Severity.LOW,
                confidence=Confidence.MEDIUM,
                trace=trace_of(call),
            )

    def _file_finding(self, call: CallSite, span: Span, text: str) -> Finding:
        return self.finding(
            span,
            f"'{text}' is a pickle, where safetensors could not carry code",
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            trace=trace_of(call),
        )


def _safetensors_off(call: CallSite, adapter: Confidence | None) -> tuple[str, Confidence] | None:
    """The switch by which a call refuses safetensors, and how sure that is; None if it does not."""
    if call.name in _SHARDED:
        off = switched_off(call.argument("prefer_safe", 3))
        return None if off is None else ("prefer_safe", off)
    if adapter is not None:
        off = switched_off(call.argument("use_safetensors"))
        return None if off is None else ("use_safetensors", min(off, adapter))
    switch = hub.switch_of(call, "use_safetensors")
    off = None if switch is None else switched_off(switch.value)
    return None if switch is None or off is None else ("use_safetensors", min(off, switch.confidence))


def _unpickler_off(call: CallSite) -> Confidence | None:
    """How sure it is that a loader of weights, other than those with rules of their own, unpickles them in full."""
    if call.name in _WEIGHTS_ONLY:
        return switched_off(call.argument("weights_only"))
    if hub.api_of(call) is None:
        return None
    switch = hub.switch_of(call, "weights_only")
    off = None if switch is None else switched_off(switch.value)
    return None if switch is None or off is None else min(off, switch.confidence)


def _reads_adapter(call: CallSite) -> Confidence | None:
    """How sure it is that a call is one of diffusers' readers of weights; None if it is not."""
    if call.attribute not in _DIFFUSERS or call.receiver_defines(call.attribute):
        return None
    root = call.name.partition(".")[0].partition("(")[0]
    if root == "diffusers":
        return Confidence.HIGH
    return None if root else Confidence.MEDIUM


def _is_local(call: CallSite, model: SemanticModel) -> bool:
    known = hub.api_of(call)
    return known is not None and hub.reads_local_path(call, known[0], model)


def _words(value: Value) -> tuple[str, ...]:
    """The strings that a value is or lists."""
    found: list[str] = []
    for option in value.alternatives():
        items = option.items if isinstance(option, Sequence) else (option,)
        found.extend(text for item in items for text in item.strings())
    return tuple(found)


def _is_loaded(call: CallSite, model: SemanticModel) -> bool:
    """Whether a function with rules of its own loads the file that a call downloads."""
    return any(
        isinstance(leaf, Named) and leaf.made_by == call
        for loader in model.calls
        if loader.name in LOADERS
        for leaf in leaves(data_of(loader))
    )


def _examples() -> Examples:
    from mlwarden.rules.downloads._pickle_weights_preferred_examples import EXAMPLES

    return EXAMPLES
