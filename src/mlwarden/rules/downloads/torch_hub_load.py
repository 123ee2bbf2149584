"""MLW210: code of a GitHub repository run by `torch.hub`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_PINNED = re.compile(r"[^:]+:[0-9a-fA-F]{40}")


class TorchHubLoad(Rule):
    """A `torch.hub` call that runs the code of a GitHub repository at a moving state.

    ## Why is this bad?

    `torch.hub` downloads the repository and imports its `hubconf.py`: its code runs with your rights. Without
    a commit, that is whatever the branch holds at that moment. `trust_repo=True` also turns off the question whether the
    repository is trusted.

    ## How to fix

    Name the commit, `owner/repo:<40 digits>`, and pass `trust_repo="check"`; or copy the code you have read into the
    project and load it with `source="local"`.

    ## When it is fine

    When the repository is your own and only you can write to it.

    ## Limits

    A repository whose name is computed is reported with less confidence.

    ## Fix safety

    The fix is unsafe: `"check"` asks at the first use, which an unattended run cannot answer.
    """

    code = "MLW210"
    name = "torch-hub-load"
    severity = Severity.HIGH
    calls = ("torch.hub.load", "torch.hub.list", "torch.hub.help")
    triggers = (("torch", "hub", "load"), ("torch", "hub", "list"), ("torch", "hub", "help"))
    cwe = (494, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (Reference("PyTorch: torch.hub", "https://docs.pytorch.org/docs/stable/hub.html"),)
    examples = (
        Bad(
            """
            import torch

            model = torch.hub.load("acme/vision", "resnet_tiny", pretrained=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from torch import hub

            REPO = "acme/vision:main"

            def build():
                return hub.load(REPO, "resnet_tiny", trust_repo=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from torch import hub

            REPO = "acme/vision:main"

            def build():
                return hub.load(REPO, "resnet_tiny", trust_repo="check")
            """,
        ),
        Bad(
            """
            import torch

            def build(repo):
                return torch.hub.load(repo, "resnet_tiny")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
        ),
        Good(
            """
            import torch

            torch.hub.load("./vision", "resnet_tiny", source="local")
            """,
            because="nothing is downloaded",
        ),
        Good(
            """
            import torch

            REPO = "acme/vision:0123456789abcdef0123456789abcdef01234567"
            torch.hub.load(REPO, "resnet_tiny", trust_repo="check")
            """,
            because="the commit is named",
        ),
        Good(
            """
            import hub

            hub.load("acme/vision", "resnet_tiny")
            """,
            because="it is another library",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a repository that is not at a commit, unless it is a local folder."""
        if call.argument("source").must_be("local"):
            return
        repository = call.argument("repo_or_dir" if call.attribute == "load" else "github", 0)
        texts = repository.strings()
        if texts and not repository.is_unknown and all(_PINNED.fullmatch(text) for text in texts):
            return
        loose = next((text for text in texts if not _PINNED.fullmatch(text)), None)
        trusted = call.argument("trust_repo")
        edit = call.set_argument("trust_repo", '"check"') if trusted.must_be(True) else None
        fixes = (
            ()
            if edit is None
            else (
                Fix(
                    'Ask before trusting: `trust_repo="check"`',
                    (edit,),
                    Applicability.UNSAFE,
                    "an unattended run cannot answer the question",
                ),
            )
        )
        what = "a repository named elsewhere" if loose is None else f"'{loose}'"
        yield self.finding(
            call.span,
            f"`torch.hub.{call.attribute}` runs the code that {what} holds at that moment",
            severity=Severity.MEDIUM if loose is None else Severity.HIGH,
            confidence=Confidence.LOW if loose is None else Confidence.HIGH,
            trace=call.context,
            fixes=fixes,
        )
