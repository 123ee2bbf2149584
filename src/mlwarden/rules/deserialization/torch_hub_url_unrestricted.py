"""MLW107: weights that torch.hub downloads and unpickles in full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, switched_off, switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import TORCH_HUB_HAS_WEIGHTS_ONLY

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_POSITIONS = {"weights_only": 6, "check_hash": 4}
_WITH_DIGEST = re.compile(r"-[0-9a-f]{8,}\.[\w.]+$")
_OFFICIAL = ("https://download.pytorch.org/", "https://dl.fbaipublicfiles.com/")


class TorchHubUrlUnrestricted(Rule):
    """`load_state_dict_from_url` that unpickles what it downloads.

    ## Why is this bad?

    `torch.hub.load_state_dict_from_url` passes `weights_only=False` on to `torch.load`, in every release so far: the
    change of the default in torch 2.6 does not reach it. Whoever controls the server, the account behind the URL or the
    cache folder runs code on your machine. Without `check_hash` nothing notices that the file has changed.

    ## How to fix

    Pass `weights_only=True`; the parameter exists since torch 2.1. Pass `check_hash=True` too where the file's name
    ends in a part of its SHA-256 digest, as those of torchvision do.

    ## When it is fine

    When the file's full digest is checked before it is loaded.

    ## Limits

    A missing `check_hash` alone is not reported. A name that carries eight digits of the digest makes an exchanged file
    hard to get, not impossible.

    ## Fix safety

    The fix is unsafe: files that hold more than tensors, such as whole modules, no longer load.
    """

    code = "MLW107"
    name = "torch-hub-url-unrestricted"
    severity = Severity.HIGH
    calls = ("torch.hub.load_state_dict_from_url", "*.get_state_dict")
    triggers = ("load_state_dict_from_url", "load_url", ("torchvision", "get_state_dict"))
    cwe = (502, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003", "AML.T0011.000")
    references = (
        Reference(
            "PyTorch: torch.hub.load_state_dict_from_url",
            "https://docs.pytorch.org/docs/stable/hub.html#torch.hub.load_state_dict_from_url",
        ),
    )
    examples = (
        Bad(
            """
            from torch.hub import load_state_dict_from_url

            state = load_state_dict_from_url("https://example.com/resnet.pth", progress=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_state_dict_from_url` unpickles 'https://example.com/resnet.pth' in full, unchecked, "
            "and can run code hidden in it",
            fixed="""
            from torch.hub import load_state_dict_from_url

            state = load_state_dict_from_url("https://example.com/resnet.pth", progress=False, weights_only=True)
            """,
        ),
        Bad(
            """
            import torch.utils.model_zoo as model_zoo

            def pretrained(url):
                return model_zoo.load_url(url, check_hash=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            fixed="""
            import torch.utils.model_zoo as model_zoo

            def pretrained(url):
                return model_zoo.load_url(url, check_hash=True, weights_only=True)
            """,
        ),
        Bad(
            """
            import torch

            URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
            state = torch.hub.load_state_dict_from_url(URL, check_hash=True, weights_only=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            fixed="""
            import torch

            URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
            state = torch.hub.load_state_dict_from_url(URL, check_hash=True, weights_only=True)
            """,
        ),
        Bad(
            """
            from torchvision.models import ResNet50_Weights

            state = ResNet50_Weights.IMAGENET1K_V2.get_state_dict(progress=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            versions={"torch": "==2.0.1"},
        ),
        Good(
            """
            import torch

            url = "https://example.com/resnet-0123456789.pth"
            state = torch.hub.load_state_dict_from_url(url, weights_only=True, check_hash=True)
            """,
            because="only tensors are let through, and the digest is compared",
        ),
        Good(
            """
            from torch.hub import load_state_dict_from_url

            def fetch(url, restricted):
                return load_state_dict_from_url(url, None, "cpu", True, True, None, restricted)
            """,
            because="the caller decides, and nothing here says that it is False",
        ),
        Good(
            """
            from project.hub import load_state_dict_from_url

            load_state_dict_from_url("https://example.com/resnet.pth")
            """,
            because="this function is the project's own",
        ),
        Missed(
            """
            import torch

            def fetch(url, **options):
                return torch.hub.load_state_dict_from_url(url, **options)
            """,
            because="the options may hold `weights_only=True`",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a download without the restricted unpickler, less severe where the file is official or pinned."""
        weights = call.name.startswith("torchvision.models.") and "_Weights" in call.name
        if call.name != "torch.hub.load_state_dict_from_url" and not weights:
            return
        given = self._switch(call, "weights_only", weights)
        sure = Confidence.HIGH if given.is_absent else switched_off(given)
        if sure is None and left_out(given):
            sure = Confidence.MEDIUM
        if sure is None:
            return
        checked = switched_on(self._switch(call, "check_hash", weights)) is not None
        url = call.argument("url", 0)
        prefixes = ("https://download.pytorch.org/",) if weights else url.prefixes()
        severity = Severity.HIGH
        if prefixes and all(prefix.startswith(_OFFICIAL) for prefix in prefixes):
            severity = Severity.LOW
        elif checked and url.strings() and all(_WITH_DIGEST.search(text) for text in url.strings()):
            severity = Severity.MEDIUM
        literal = url.string()
        what = f"'{literal}'" if literal and not weights else "what it downloads"
        yield self.finding(
            call.span,
            f"`{call.attribute}` unpickles {what} in full, {'' if checked else 'unchecked, '}"
            "and can run code hidden in it",
            severity=severity,
            confidence=sure if prefixes else min(sure, Confidence.MEDIUM),
            trace=trace_of(call),
            fixes=self._fixes(call, model, weights),
        )

    def _switch(self, call: CallSite, name: str, weights: bool) -> Value:
        """The argument; `get_state_dict` hands its own on after the URL, so every position is one less."""
        return call.argument(name, _POSITIONS[name] - weights)

    def _fixes(self, call: CallSite, model: SemanticModel, weights: bool) -> Iterator[Fix]:
        if TORCH_HUB_HAS_WEIGHTS_ONLY.ahead(model):
            return
        edit = call.set_argument("weights_only", "True", _POSITIONS["weights_only"] - weights)
        if edit is not None:
            yield Fix(
                "Set `weights_only=True`",
                (edit,),
                Applicability.UNSAFE,
                "files that hold more than tensors stop loading",
            )
