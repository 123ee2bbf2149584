"""MLW206: a file or snapshot fetched from the Hugging Face Hub without a commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import FILE_CALLS, Pin
from mlwarden.semantics.hub_urls import TRIGGERS, URL_READERS, urls_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class HubFileDownloadUnpinned(Rule):
    """A file or snapshot fetched from a branch of the Hugging Face Hub that can move.

    ## Why is this bad?

    Without a commit the newest state of the repository is fetched. Its owner, or whoever gets hold of the owner's
    account, can exchange a file at any time, and the next run takes it without a question.

    ## How to fix

    Pass `revision` with the full 40-digit commit that you have tested; in an `hf://` URL write
    `hf://owner/name@<commit>/...`.

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
    calls = (*FILE_CALLS, *URL_READERS)
    triggers = (
        *dict.fromkeys((name.partition(".")[0], name.rpartition(".")[2]) for name in FILE_CALLS),
        *TRIGGERS,
    )
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
        Bad(
            """
            import fsspec
            from huggingface_hub import HfFileSystem

            with fsspec.open("hf://acme/sparrow-7b/vocab.txt") as file:
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                words = file.read()
            code = HfFileSystem().open("spaces/acme/demo/app.py").read()
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import fsspec
            import pandas as pd

            pinned = fsspec.open("hf://acme/sparrow-7b@1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3/vocab.txt")
            dataset = pd.read_csv("hf://datasets/acme/birds/train.csv")
            bucket = pd.read_csv("s3://acme/birds/train.csv")
            """,
            because="the commit is in the URL; a dataset is MLW207's matter; buckets have no commits",
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
        if call.name in URL_READERS:
            yield from self._check_urls(call)
            return
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

    def _check_urls(self, call: CallSite) -> Iterator[Finding]:
        """Report `hf://` URLs without a revision; datasets have MLW207."""
        for url in urls_of(call):
            if url.kind != "dataset" and not url.revision:
                yield self.finding(
                    call.span,
                    f"`{hub.shown(call)}` fetches what '{url.repo_id}' holds at the time, and its owner can exchange that "
                    "unnoticed",
                    trace=call.context,
                )
