"""MLW225: compiled kernels are fetched from a hub and loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Confidence, Finding, Fix, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.hub import HubApi, Pin
from mlwarden.semantics.hub_ids import is_commit, is_repo_id
from mlwarden.semantics.loaders import left_out, switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import KERNELS_TRUST_GATE, TRANSFORMERS_KERNEL_GATE
from mlwarden.semantics.values import Mapping, Sequence, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

# Calls of the kernels package that load, or prepare to load, a repository's compiled code.
_KERNELS = frozenset(
    f"kernels.{prefix}{name}"
    for prefix, names in {
        "": ("get_kernel", "install_kernel", "LayerRepository", "FuncRepository"),
        "load.": ("get_kernel",),
        "utils.": ("get_kernel", "install_kernel"),
        "install.": ("install_kernel",),
        "layer.": ("LayerRepository", "FuncRepository"),
    }.items()
    for name in names
)
_KERNEL = HubApi("repo_id", 0)
# `get_kernel(repo_id, revision, version)`; keyword-only in later releases, and always so for the repositories.
_PINS = {"get_kernel": (1, 2), "install_kernel": (1, None)}
_LOCKED = frozenset({"kernels.get_locked_kernel", "kernels.LockedLayerRepository", "kernels.LockedFuncRepository"})
_CONFIG = frozenset({"transformers.KernelConfig", "transformers.utils.kernel_config.KernelConfig"})
_ATTRIBUTES = frozenset({"_attn_implementation", "_attn_implementation_internal", "attn_implementation"})
# How transformers names a kernel: `owner/name@revision:function`, once with a `paged|` before it.
_NAME = re.compile(r"(?:\w+\|)?(?P<id>[^/:@|\s]+/[^/:@|\s]+)(?:@(?P<revision>[^/:\s]+))?(?::[^/:\s]+)?")
# The publisher whose kernels transformers loads on its own account.
_TRUSTED = "kernels-community/"
_WHY = "PyTorch's own attention is slower, and may not support the model"


class HubKernelNativeCode(Rule):
    """Compiled kernels from a repository of the Hub.

    ## Why is this bad?

    A kernel is Python code with compiled libraries, and both run in your process with the first import. `get_kernel` with
    `trust_remote_code=True`, `allow_all_kernels=True`, and `attn_implementation="owner/name"` before transformers 5.3.0
    take them from any repository, in the state it has at the time; `version=1` is a branch as well. Nobody can
    read compiled code, and what it does to the results, or to the machine, is invisible.

    ## How to fix

    Use an implementation that comes with the library ("sdpa", "flash_attention_2"), or pin the commit: `revision=` for
    kernels, "owner/name@<commit>" for `attn_implementation`. kernels 0.14 and transformers 5.3.0 refuse unknown publishers.

    ## When it is fine

    With a kernel that you have built and published yourself.

    ## Limits

    Repositories of kernels-community are not reported. Names that are computed or handed over are left alone, unless the
    call accepts every publisher.

    ## Fix safety

    The fix is unsafe: PyTorch's own attention is slower, and not every model supports it.
    """

    code = "MLW225"
    name = "hub-kernel-native-code"
    severity = Severity.HIGH
    triggers = (
        "attn_implementation",
        "_attn_implementation",
        "_attn_implementation_internal",
        "allow_all_kernels",
        "set_attn_implementation",
        "get_kernel",
        "get_locked_kernel",
        "install_kernel",
        "LayerRepository",
        "FuncRepository",
        "LockedLayerRepository",
        "LockedFuncRepository",
        "KernelConfig",
    )
    cwe = (829, 94)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (
        Reference("kernels: documentation", "https://huggingface.co/docs/kernels/index"),
        Reference("CVE-2026-4372", "https://nvd.nist.gov/vuln/detail/CVE-2026-4372"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls and assignments that name a repository with kernels, or admit every publisher."""
        for call in model.calls:
            if call.fragment.path is not None or call.name in _LOCKED:
                continue
            if call.name in _KERNELS:
                yield from self._check_kernel(call, model)
            elif call.name in _CONFIG:
                yield from self._check_mapping(call, model)
            else:
                yield from self._check_attention(call, model)
        for assignment in model.assignments:
            if assignment.attribute in _ATTRIBUTES and assignment.fragment.path is None:
                yield from self._check_assignment(assignment, model)

    # --- kernels -------------------------------------------------------------------------------------------------

    def _check_kernel(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        position, version = _PINS.get(call.attribute, (None, None))
        if hub.pin_of(call.argument("revision", position)) not in {Pin.ABSENT, Pin.MUTABLE}:
            return
        if not left_out(call.argument("version", version)) and call.argument("version", version).is_unknown:
            return
        trusted = switched_on(call.argument("trust_remote_code"))
        if _is_empty_list(call.argument("trust_remote_code")):
            trusted = None
        ids = [text for text in call.argument("repo_id", 0).strings() if is_repo_id(text)]
        if trusted is None:
            ids = [text for text in ids if not text.startswith(_TRUSTED)]
            old = KERNELS_TRUST_GATE.ahead(model)
            if not ids or old is False or not call.argument("trust_remote_code").is_absent:
                return
            trusted = Confidence.HIGH if old else Confidence.LOW  # later releases refuse most publishers
        what = f"'{ids[0]}'" if len(ids) == 1 else "the repository"
        pin = hub.pin_fix(call, _KERNEL, tuple(ids), model) if call.argument("version", version).is_absent else None
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` loads whatever compiled code {what} holds at the time",
            confidence=trusted,
            trace=trace_of(call),
            fixes=() if pin is None else (pin,),
        )

    def _check_mapping(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        if switched_on(call.argument("use_local_kernel", 1)) is not None:
            return
        old = TRANSFORMERS_KERNEL_GATE.ahead(model)
        mapping = call.argument("kernel_mapping", 0)
        for text, trusted in _mapped(mapping):
            if not trusted and old is False:
                continue
            yield self.finding(
                call.argument_span("kernel_mapping", 0) or call.span,
                f"the mapping names a repository, and whatever compiled code '{text}' holds at the time is loaded",
                confidence=Confidence.HIGH if trusted or old else Confidence.MEDIUM,
                trace=trace_of(call),
            )
            return

    # --- attention -----------------------------------------------------------------------------------------------

    def _check_attention(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        setter = call.attribute == "set_attn_implementation"
        if setter and call.receiver_defines(call.attribute):
            return
        position = 0 if setter else None
        admitted = switched_on(call.argument("allow_all_kernels", 1 if setter else None))
        if setter:
            value, sure, nested = call.argument("attn_implementation", 0), Confidence.HIGH, False
        else:
            switch = hub.switch_of(call, "attn_implementation")
            if switch is None:
                known = admitted is not None and hub.switch_of(call, "allow_all_kernels") is not None
                if known and admitted is not None:
                    yield self._admits(call, admitted)
                return
            value, sure, nested = switch.value, switch.confidence, switch.nested
        named = [*_named(value, model)]
        if not named:
            if admitted is not None:
                yield self._admits(call, admitted)
            return
        old = TRANSFORMERS_KERNEL_GATE.ahead(model)
        if admitted is None and old is False:
            return
        span = call.argument_span("attn_implementation", position) or call.span
        confidence = admitted or (Confidence.HIGH if old else Confidence.MEDIUM)
        yield self._names(
            span,
            "attn_implementation",
            named[0],
            model,
            confidence=min(confidence, sure),
            admitted=admitted,
            at=call,
            fixes=() if nested else self._fixes(call, position),
        )

    def _check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        old = TRANSFORMERS_KERNEL_GATE.ahead(model)
        for text in _named(assignment.value, model):
            if old is not False:
                confidence = Confidence.HIGH if old else Confidence.MEDIUM
                yield self._names(assignment.span, assignment.attribute, text, model, confidence=confidence)
            return

    def _names(
        self,
        span: Span,
        keyword: str,
        text: str,
        model: SemanticModel,
        *,
        confidence: Confidence,
        admitted: Confidence | None = None,
        at: CallSite | None = None,
        fixes: tuple[Fix, ...] = (),
    ) -> Finding:
        message = f"`{keyword}` names a repository, and whatever compiled code '{text}' holds at the time is loaded"
        if admitted is None and TRANSFORMERS_KERNEL_GATE.ahead(model):
            message += f"; {model.version('transformers').describe()} does that for every publisher"
        return self.finding(span, message, confidence=confidence, trace=() if at is None else trace_of(at), fixes=fixes)

    def _admits(self, call: CallSite, admitted: Confidence) -> Finding:
        edit = call.remove_argument("allow_all_kernels")
        fix = None if edit is None else Fix("Remove `allow_all_kernels`", (edit,), Applicability.UNSAFE, _REFUSED)
        return self.finding(
            call.argument_span("allow_all_kernels", 1 if call.attribute == "set_attn_implementation" else None)
            or call.span,
            "`allow_all_kernels=True` lets compiled code of any repository of the Hub run in this process",
            confidence=admitted,
            trace=trace_of(call),
            fixes=() if fix is None else (fix,),
        )

    def _fixes(self, call: CallSite, position: int | None) -> tuple[Fix, ...]:
        value = call.argument("attn_implementation", position)
        if call.argument_span("attn_implementation", position) is None or value.string() is None:
            return ()
        edits = [call.set_argument("attn_implementation", '"sdpa"', position)]
        if call.argument_span("allow_all_kernels") is not None:
            edits.append(call.remove_argument("allow_all_kernels"))
        written = tuple(edit for edit in edits if edit is not None)
        return (Fix('Use `"sdpa"`, which comes with PyTorch', written, Applicability.UNSAFE, _WHY),) if written else ()


_REFUSED = "kernels of other publishers than kernels-community are refused"


def _named(value: Value, model: SemanticModel) -> Iterator[str]:
    """The repositories that an attention implementation names, other than trusted ones and those at a commit."""
    for option in value.alternatives():
        parts = (
            [item for _, each in option.items for item in each.alternatives()]
            if isinstance(option, Mapping)
            else [option]
        )
        for part in parts:
            match = _NAME.fullmatch(part.string() or "")
            if match is not None and not _is_fine(match["id"], match["revision"]) and not model.is_local(match["id"]):
                yield match["id"]


def _is_fine(repo_id: str, revision: str | None) -> bool:
    if repo_id.startswith(_TRUSTED) or not is_repo_id(repo_id):
        return True
    return revision is not None and is_commit(revision)


def _mapped(value: Value, depth: int = 4) -> Iterator[tuple[str, bool]]:
    """The repositories in a kernel mapping, and whether an entry admits every publisher; those at a commit left out."""
    for option in value.alternatives():
        if isinstance(option, Mapping) and depth > 0:
            for _, item in option.items:
                yield from _mapped(item, depth - 1)
        elif isinstance(option, Sequence) and option.items:
            more = option.items[1] if len(option.items) > 1 else None
            trusted = isinstance(more, Mapping) and more.get("trust_remote_code").truth() is True
            pinned = isinstance(more, Mapping) and hub.pin_of(more.get("revision")) not in {Pin.ABSENT, Pin.MUTABLE}
            if not pinned:
                yield from ((text, trusted) for text, _ in _mapped(option.items[0], 0))
        else:
            match = _NAME.fullmatch(option.string() or "")
            if match is not None and not _is_fine(match["id"], match["revision"]):
                yield match["id"], False


def _is_empty_list(value: Value) -> bool:
    return isinstance(value, Sequence) and not value.items and value.complete


def _examples() -> Examples:
    from mlwarden.rules.downloads._hub_kernel_native_code_examples import EXAMPLES

    return EXAMPLES
