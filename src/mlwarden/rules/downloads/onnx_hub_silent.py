"""MLW219: the ONNX hub's question about an unknown repository is suppressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import ONNX_WITHOUT_HUB

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Call -> the repositories it takes (keyword, position), and the position of `silent` (onnx/hub.py of onnx 1.20).
_CALLS: dict[str, tuple[tuple[tuple[str, int], ...], int]] = {
    "onnx.hub.load": ((("repo", 1),), 4),
    "onnx.hub.download_model_with_test_data": ((("repo", 1),), 4),
    "onnx.hub.load_composite_model": ((("network_repo", 2), ("preprocessing_repo", 3)), 6),
}
_OWN = frozenset({"onnx/models", "onnx/models:main"})


class OnnxHubSilent(Rule):
    """A model of the ONNX hub from another repository than the default one, without the question.

    ## Why is this bad?

    Before it downloads from any other repository than `onnx/models`, `onnx.hub` says that the models there aren't to
    be trusted and asks whether to go on. With `silent=True` it neither says nor asks (CVE-2026-28500), and the
    checksum it compares comes from the same repository. Whoever controls that repository chooses the model you run.

    ## How to fix

    Leave `silent` out, or take models from the default repository. From onnx 1.21.0 on the module is gone: download the
    file by its commit, and compare its SHA-256 with one that you have written down.

    ## When it is fine

    With a repository of your own.

    ## Limits

    Where the repository is only known at run time, the finding is less certain.

    ## Fix safety

    The fix is unsafe: without `silent=True` a program that nobody watches stops at the question.
    """

    code = "MLW219"
    name = "onnx-hub-silent"
    severity = Severity.MEDIUM
    default = False
    calls = tuple(_CALLS)
    cwe = (356, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003",)
    references = (
        Reference("CVE-2026-28500", "https://nvd.nist.gov/vuln/detail/CVE-2026-28500"),
        Reference("ONNX: model hub", "https://github.com/onnx/onnx/blob/v1.20.1/onnx/hub.py"),
    )
    examples = (
        Bad(
            """
            import onnx

            model = onnx.hub.load("resnet50", repo="acme/models:main", silent=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`onnx.hub.load` with `silent=True` takes a model from 'acme/models:main' without the question "
            "whether that repository is to be trusted",
            fixed="""
            import onnx

            model = onnx.hub.load("resnet50", repo="acme/models:main")
            """,
        ),
        Bad(
            """
            from onnx import hub

            REPO = "acme/models"

            def fetch(name):
                return hub.download_model_with_test_data(name, REPO, None, False, True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from onnx.hub import load

            OPTIONS = {"silent": True}

            def fetch(name, repo):
                return load(name, repo, **OPTIONS)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            import onnx.hub as zoo

            model = zoo.load_composite_model("net", "words", preprocessing_repo="acme/models", silent=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"onnx": "==1.17.0"},
            fixed="""
            import onnx.hub as zoo

            model = zoo.load_composite_model("net", "words", preprocessing_repo="acme/models")
            """,
        ),
        Good(
            """
            import onnx

            first = onnx.hub.load("resnet50", silent=True)
            second = onnx.hub.load("resnet50", repo="onnx/models", silent=True)
            third = onnx.hub.load("resnet50", repo="acme/models")
            fourth = onnx.hub.load("resnet50", repo="acme/models", silent=False)
            """,
            because="it is the hub's own repository, or the question is asked",
        ),
        Good(
            """
            import onnx

            def fetch(name, repo, silent):
                return onnx.hub.load(name, repo, silent=silent)
            """,
            because="the caller decides",
        ),
        Good(
            """
            import onnx

            model = onnx.hub.load("resnet50", repo="acme/models", silent=True)
            """,
            versions={"onnx": ">=1.21"},
            because="these releases have no hub",
        ),
        Good(
            """
            import torch

            model = torch.hub.load("acme/models", "resnet50", silent=True)
            """,
            because="this hub is another one",
        ),
        Missed(
            """
            import onnx

            model = getattr(onnx.hub, method)("resnet50", repo="acme/models", silent=True)
            """,
            because="what is called is only known at run time",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that suppresses the question for another repository than the hub's own."""
        repositories, position = _CALLS[call.name]
        silent = switched_on(call.argument("silent", position))
        if silent is None or ONNX_WITHOUT_HUB.passed(model):
            return
        for keyword, place in repositories:
            value = call.argument(keyword, place)
            if not _is_foreign(value):
                continue
            names = [text for text in value.strings() if text not in _OWN]
            edit = call.remove_argument("silent")
            yield self.finding(
                call.span,
                f"`{call.name}` with `silent=True` takes a model from {repr(names[0]) if names else 'any repository'} "
                "without the question whether that repository is to be trusted",
                confidence=silent if names else min(silent, Confidence.MEDIUM),
                trace=trace_of(call),
                fixes=() if edit is None else (Fix("Remove `silent=True`", (edit,), Applicability.UNSAFE, _WHY),),
            )
            return


_WHY = "a program that nobody watches stops at the question"


def _is_foreign(repository: Value) -> bool:
    """Whether a repository is, or may be, another one than the hub's own."""
    return any(not option.is_absent and option.string() not in _OWN for option in repository.alternatives())
