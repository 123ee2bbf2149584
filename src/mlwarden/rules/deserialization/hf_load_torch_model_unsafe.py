"""MLW126: huggingface_hub's serialization helpers asked for pickles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import has_suffix, reading, suffixes, switched_off, switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import HUB_HELPERS_RESTRICTED

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_MODEL = "huggingface_hub.load_torch_model"
_FILE = "huggingface_hub.load_state_dict_from_file"
_SAVERS = ("huggingface_hub.save_torch_model", "huggingface_hub.save_torch_state_dict")


class HfLoadTorchModelUnsafe(Rule):
    """huggingface_hub's torch helpers used with pickles.

    ## Why is this bad?

    `load_torch_model` and `load_state_dict_from_file` read safetensors, and with `safe=False`, or on releases before
    2.0 by the file's ending, also pickled checkpoints. Before 2.0 those are unpickled in full unless `weights_only=True`
    is given: whoever can change the file runs code with your rights. `safe_serialization=False` writes such files, which
    then have to be read by somebody.

    ## How to fix

    Leave `safe` and `safe_serialization` at their defaults, and convert old checkpoints to safetensors once.

    ## When it is fine

    For files of your own, in a folder that nobody else can write to.

    ## Limits

    The release is read from the project's dependency files; where it isn't known, full unpickling is not ruled out.

    ## Fix safety

    The fixes are unsafe: pickled checkpoints no longer load, or files of another format are written.
    """

    code = "MLW126"
    name = "hf-load-torch-model-unsafe"
    severity = Severity.MEDIUM
    calls = (_MODEL, _FILE, *_SAVERS)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "huggingface_hub: serialization",
            "https://huggingface.co/docs/huggingface_hub/package_reference/serialization",
        ),
    )
    examples = (
        Bad(
            """
            from huggingface_hub import load_torch_model

            def restore(model, path):
                load_torch_model(model, path, safe=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"huggingface_hub": "==1.0.1"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_torch_model` with `safe=False` unpickles a checkpoint of unknown origin in full, "
            "and can run code hidden in it",
            fixed="""
            from huggingface_hub import load_torch_model

            def restore(model, path):
                load_torch_model(model, path)
            """,
        ),
        Bad(
            """
            from huggingface_hub import load_torch_model

            def restore(model, path):
                load_torch_model(model, path, safe=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"huggingface_hub": ">=2.0"},
            severity=Severity.LOW,
            message="`load_torch_model` with `safe=False` accepts pickled checkpoints",
            fixed="""
            from huggingface_hub import load_torch_model

            def restore(model, path):
                load_torch_model(model, path)
            """,
        ),
        Bad(
            """
            from huggingface_hub.serialization import load_state_dict_from_file

            state = load_state_dict_from_file("model/pytorch_model.bin", map_location="cpu")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"huggingface_hub": "==0.36.0"},
            severity=Severity.MEDIUM,
            fixed="""
            from huggingface_hub.serialization import load_state_dict_from_file

            state = load_state_dict_from_file("model/pytorch_model.bin", map_location="cpu", weights_only=True)
            """,
        ),
        Bad(
            """
            import huggingface_hub

            def publish(model):
                huggingface_hub.save_torch_model(model, "out", safe_serialization=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            fixed="""
            import huggingface_hub

            def publish(model):
                huggingface_hub.save_torch_model(model, "out")
            """,
        ),
        Good(
            """
            from huggingface_hub import load_state_dict_from_file, load_torch_model

            load_torch_model(model, "checkpoint")
            state = load_state_dict_from_file("checkpoint/model.safetensors")
            """,
            because="safetensors hold tensors and nothing else",
        ),
        Good(
            """
            from huggingface_hub import load_state_dict_from_file

            def state(path):
                return load_state_dict_from_file(path)
            """,
            versions={"huggingface_hub": ">=2.0"},
            because="from 2.0 on pickles are refused by default",
        ),
        Good(
            """
            from project.io import load_torch_model

            load_torch_model("model.bin", safe=False)
            """,
            because="this function is the project's own",
        ),
        Missed(
            """
            from huggingface_hub import load_state_dict_from_file

            def state(path):
                return load_state_dict_from_file(path)
            """,
            because="neither the release nor the format of the file is known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report helpers that read pickles, by switch and release, and those that write them."""
        if call.name in _SAVERS:
            yield from self._check_saver(call)
            return
        path = call.argument("checkpoint_path", 1) if call.name == _MODEL else call.argument("checkpoint_file", 0)
        unsafe = switched_off(call.argument("safe"))
        weights_only = call.argument("weights_only", None if call.name == _MODEL else 2)
        full = switched_off(weights_only)
        if full is None and weights_only.is_absent and HUB_HELPERS_RESTRICTED.ahead(model):
            full = Confidence.HIGH
        pickled = unsafe
        if pickled is None and call.name == _FILE and HUB_HELPERS_RESTRICTED.ahead(model):
            known = [*suffixes(path)]
            pickled = Confidence.HIGH if known and not has_suffix(path, ".safetensors") else None
        if pickled is None or (full is None and switched_on(weights_only) is not None and unsafe is None):
            return
        how = " with `safe=False`" if unsafe is not None else f" of {model.version('huggingface_hub').describe()}"
        read = reading(call, model, path, opted_out=full, unknown="a checkpoint of unknown origin")
        if read is None:
            return
        message = f"`{call.attribute}`{how} unpickles {read.what} in full, and can run code hidden in it"
        severity, confidence = read.severity, min(pickled, read.confidence if full is None else full)
        if full is None:
            sure = HUB_HELPERS_RESTRICTED.passed(model) or switched_on(weights_only) is not None
            message = f"`{call.attribute}`{how} accepts pickled checkpoints"
            severity = Severity.LOW if sure else read.severity
        yield self.finding(
            call.span,
            message,
            severity=severity,
            confidence=confidence,
            trace=read.trace,
            fixes=self._fixes(call, unsafe is not None),
        )

    def _check_saver(self, call: CallSite) -> Iterator[Finding]:
        off = switched_off(call.argument("safe_serialization"))
        if off is None:
            return
        edit = call.remove_argument("safe_serialization")
        title, why = "Remove `safe_serialization=False`", "safetensors files are written instead"
        yield self.finding(
            call.span,
            f"`{call.attribute}` with `safe_serialization=False` writes pickles, which can carry code to their readers",
            severity=Severity.LOW,
            confidence=off,
            trace=trace_of(call),
            fixes=() if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, why),),
        )

    def _fixes(self, call: CallSite, unsafe: bool) -> Iterator[Fix]:
        if unsafe:
            edit, title = call.remove_argument("safe"), "Remove `safe=False`"
        else:
            position = None if call.name == _MODEL else 2
            edit, title = call.set_argument("weights_only", "True", position), "Set `weights_only=True`"
        if edit is not None:
            yield Fix(title, (edit,), Applicability.UNSAFE, "pickled checkpoints stop loading")
