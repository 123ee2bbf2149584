"""MLW103: relying on `weights_only=True` with a torch release whose restricted unpickler can be bypassed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, reading, switched_on
from mlwarden.semantics.turning_points import TORCH_LOAD_RESTRICTED, TORCH_UNPICKLER_2025, TORCH_UNPICKLER_2026

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class TorchRestrictedUnpicklerBypass(Rule):
    """`torch.load(weights_only=True)` with a torch release in which that protection can be bypassed.

    ## Why is this bad?

    `weights_only=True` is meant to make foreign checkpoints safe to read. Two flaws let a prepared file run code all the
    same: CVE-2025-32434 in every torch before 2.6.0, and CVE-2026-24747 in every torch before 2.10.0. Code that
    trusts the switch on such a release is not protected by it.

    ## How to fix

    Require `torch>=2.10.0`. Where that is not possible, read weights from safetensors files.

    ## When it is fine

    When the files come from your own training jobs only.

    ## Limits

    The rule reports the first and most exposed call of a file, and only where the project's dependency files say
    that such a release is used; an unknown version is not reported.
    """

    code = "MLW103"
    name = "torch-restricted-unpickler-bypass"
    severity = Severity.MEDIUM
    calls = ("torch.load", "torch.hub.load_state_dict_from_url")
    cwe = (502, 94)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("CVE-2025-32434, fixed in torch 2.6.0", "https://nvd.nist.gov/vuln/detail/CVE-2025-32434"),
        Reference("CVE-2026-24747, fixed in torch 2.10.0", "https://nvd.nist.gov/vuln/detail/CVE-2026-24747"),
    )
    examples = (
        Bad(
            """
            import torch

            def restore(path):
                return torch.load(path, weights_only=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"torch": "==2.5.1"},
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`weights_only=True` does not stop code in a checkpoint of unknown origin with torch==2.5.1: "
            "CVE-2025-32434 bypasses it",
        ),
        Bad(
            """
            import torch
            from huggingface_hub import hf_hub_download

            own = torch.load("own.pt")
            state = torch.load(hf_hub_download("somebody/model", "pytorch_model.bin"))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"torch": "==2.8.0"},
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from torch.hub import load_state_dict_from_url

            state = load_state_dict_from_url("https://example.com/model.pt", weights_only=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"torch": "==2.9.1"},
            severity=Severity.HIGH,
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", weights_only=True)
            """,
            versions={"torch": ">=2.10"},
            because="both flaws are fixed in 2.10.0",
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", weights_only=True)
            """,
            because="nothing says that an old torch is used",
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", weights_only=False)
            """,
            versions={"torch": "==2.5.1"},
            because="no protection is relied upon here; that is MLW101",
        ),
        Missed(
            """
            import torch
            from project.options import SAFE

            state = torch.load("model.pt", weights_only=SAFE)
            """,
            versions={"torch": "==2.5.1"},
            because="the value of the switch is not known here",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the most exposed call that relies on the switch, once per document."""
        if not TORCH_UNPICKLER_2026.ahead(model):
            return
        flaw = "CVE-2025-32434" if TORCH_UNPICKLER_2025.ahead(model) else "CVE-2026-24747"
        best: tuple[int, CallSite] | None = None
        found: dict[CallSite, Finding] = {}
        for call in [call for name in self.calls for call in model.calls_of(name)]:
            if call.fragment.path is not None or not self._relies(call, model):
                continue
            data = call.argument("f" if call.name == "torch.load" else "url", 0)
            read = reading(call, model, data, unknown="a checkpoint of unknown origin")
            if read is None:
                continue
            rank = read.severity * 3 + read.confidence
            if best is None or rank > best[0]:
                best = rank, call
                found[call] = self.finding(
                    call.span,
                    f"`weights_only=True` does not stop code in {read.what} with "
                    f"{model.version('torch').describe()}: {flaw} bypasses it",
                    severity=read.severity,
                    confidence=Confidence.HIGH,
                    trace=read.trace,
                )
        if best is not None:
            yield found[best[1]]

    def _relies(self, call: CallSite, model: SemanticModel) -> bool:
        """Whether a call counts on the restricted unpickler: by the switch, or by the default from torch 2.6 on."""
        given = call.argument("weights_only", None if call.name == "torch.load" else 6)
        if switched_on(given) is not None:
            return True
        by_default = call.name == "torch.load" and given.is_absent and bool(TORCH_LOAD_RESTRICTED.passed(model))
        return by_default and left_out(call.argument("pickle_module", 2))
