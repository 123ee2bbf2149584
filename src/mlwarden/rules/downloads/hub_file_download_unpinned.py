"""MLW206: a file or snapshot fetched from the Hugging Face Hub without a commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import FILE_CALLS, Pin

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class HubFileDownloadUnpinned(Rule):
    """A file or snapshot fetched from a branch of the Hugging Face Hub that can move.

    ## Why is this bad?

    Without a commit the newest state of the repository is fetched. Its owner, or whoever gets hold of the owner's
    account, can exchange a file at any time, and the next run takes it without a question.

    ## How to fix

    Pass `revision` with the full 40-digit commit that you have tested.

    ## When it is fine

    In an experiment whose result nobody relies on.

    ## Limits

    Only repositories written in the code, or in constants of the project, are judged; a revision that is computed or
    handed over is left alone.

    ## Fix safety

    The fix takes the commit from the machine's Hugging Face cache, where it is known. It is unsafe: later changes of
    the repository are not fetched any more.
    """

    code = "MLW206"
    name = "hub-file-download-unpinned"
    severity = Severity.MEDIUM
    calls = tuple(FILE_CALLS)
    cwe = (494,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003",)
    references = (
        Reference("Hugging Face Hub: download files", "https://huggingface.co/docs/huggingface_hub/guides/download"),
    )
    examples = (
        Bad(
            """
            from huggingface_hub import hf_hub_download

            path = hf_hub_download(repo_id="acme/sparrow-7b", filename="model.safetensors")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import huggingface_hub as hub

            REPO = "acme/sparrow-7b"

            def fetch():
                return hub.snapshot_download(REPO)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from huggingface_hub import HfApi

            api = HfApi()
            api.hf_hub_download("acme/sparrow-7b", "model.bin", revision=None)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from huggingface_hub import hf_hub_download

            COMMIT = "0123456789abcdef0123456789abcdef01234567"
            hf_hub_download("acme/sparrow-7b", "model.safetensors", revision=COMMIT)
            """,
            because="the commit is given",
        ),
        Good(
            """
            from huggingface_hub import hf_hub_download

            def fetch(repo_id, revision):
                return hf_hub_download(repo_id, "model.safetensors", revision=revision)
            """,
            because="the caller names repository and revision",
        ),
        Good(
            """
            from huggingface_hub import snapshot_download

            snapshot_download("acme/sparrow-7b", local_files_only=True)
            """,
            because="nothing is fetched",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a literal repository without a revision."""
        api = FILE_CALLS[call.name]
        if hub.pin_of(hub.revision_of(call, api)) is not Pin.ABSENT:
            return
        ids = hub.repo_ids(call, api, model)
        if not ids:
            return
        pin = hub.pin_fix(call, api, ids, model)
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` fetches what '{ids[0]}' holds at the time, and its owner can exchange that unnoticed",
            trace=call.context,
            fixes=() if pin is None else (pin,),
        )
