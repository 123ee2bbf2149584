"""MLW201: a model or tokenizer is fetched from a branch that moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import HUB_PREFIX, MODEL_CALLS, PREFIXED_CALLS, Pin

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class HubUnpinnedRevision(Rule):
    """A model or tokenizer from the Hub without a commit.

    ## Why is this bad?

    Without `revision` the loader takes what the repository's main branch holds at that moment. Its owner, whoever
    gets hold of the owner's token, and whoever registers the name after the account is deleted can exchange the
    weights under your program, and nobody will notice.

    ## How to fix

    Pass `revision` with the full 40-digit commit that you have tested. For timm write `hf-hub:owner/name@<commit>`; for
    open_clip download the commit with `snapshot_download` and load it as `local-dir:`.

    ## When it is fine

    In an experiment whose result nobody relies on.

    ## Limits

    Only names written in the code, or in constants of the project, are judged; a name or revision that is computed
    or handed over is left alone. A name without owner counts only where it is one of the Hub's old ones.

    ## Fix safety

    The fix takes the commit from the Hugging Face cache of the machine, where the model has been loaded before. It is
    unsafe: later changes of the repository are not fetched any more.
    """

    code = "MLW201"
    name = "hub-unpinned-revision"
    severity = Severity.MEDIUM
    calls = ("*.from_pretrained", *MODEL_CALLS, *PREFIXED_CALLS)
    yields_to = ("MLW203", "MLW204", "MLW211")
    cwe = (494, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003", "AML.T0109")
    references = (
        Reference(
            "Hugging Face Hub: download from a revision", "https://huggingface.co/docs/huggingface_hub/guides/download"
        ),
        Reference("MITRE ATLAS AML.CS0027", "https://atlas.mitre.org/studies/AML.CS0027"),
    )
    examples = (
        Bad(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`AutoModel.from_pretrained` loads what 'acme/sparrow-7b' holds at the time, and its owner can "
            "exchange that unnoticed",
        ),
        Bad(
            """
            from sentence_transformers import SentenceTransformer as Encoder

            NAME = "acme/embed-large"
            encoder = Encoder(NAME, device="cuda")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import timm
            import transformers as tf

            backbone = timm.create_model("hf-hub:acme/vit", pretrained=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            fill = tf.pipeline("fill-mask", model="bert-base-uncased", revision=None)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from peft import PeftModel

            def adapt(base):
                return PeftModel.from_pretrained(base, "acme/sparrow-lora")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            def build(model_cls):
                return model_cls.from_pretrained("acme/sparrow-7b")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            import torch
            from huggingface_hub import PyTorchModelHubMixin

            class Net(torch.nn.Module, PyTorchModelHubMixin):
                pass

            net = Net.from_pretrained("acme/net")
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Good(
            """
            from transformers import AutoModel

            pinned = AutoModel.from_pretrained("acme/sparrow-7b", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3")
            """,
            because="the commit is fixed",
        ),
        Good(
            """
            from transformers import AutoModel

            def load(name, revision, **options):
                first = AutoModel.from_pretrained("acme/sparrow-7b", revision=revision)
                second = AutoModel.from_pretrained("acme/sparrow-7b", **options)
                return first, second, AutoModel.from_pretrained(name)
            """,
            because="the revision, or the name, is for the caller to say",
        ),
        Good(
            """
            import os
            from transformers import AutoModel, AutoTokenizer

            model = AutoModel.from_pretrained("./sparrow")
            other = AutoModel.from_pretrained("outputs/run1")
            third = AutoModel.from_pretrained(os.path.join("acme", "sparrow"))
            fourth = AutoModel.from_pretrained("acme/sparrow-7b", local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained("my_tokenizer")
            tokenizer.save_pretrained("zoo/copy")
            again = AutoTokenizer.from_pretrained("zoo/copy")
            """,
            because="these are local folders",
        ),
        Good(
            """
            class Net:
                @classmethod
                def from_pretrained(cls, name):
                    return cls()

            net = Net.from_pretrained("acme/net")
            """,
            because="the project's own method does something else",
        ),
        Good(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("zoo/sparrow")
            """,
            files={"zoo/sparrow/config.json": "{}"},
            because="such a folder stands beside the file",
        ),
        Missed(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained(f"acme/{size}")
            """,
            because="the name is only partly known, and may be a path",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a literal repository without a revision."""
        if call.name in PREFIXED_CALLS:
            yield from self._check_prefixed(call)
            return
        known = hub.api_of(call)
        if known is None:
            return
        api, confidence = known
        if hub.pin_of(hub.revision_of(call, api)) is not Pin.ABSENT:
            return
        ids = hub.repo_ids(call, api, model)
        if not ids or (confidence is not Confidence.HIGH and "/" not in ids[0]):
            return
        yield self._report(call, ids[0], confidence, hub.pin_fix(call, api, ids, model))

    def _check_prefixed(self, call: CallSite) -> Iterator[Finding]:
        for text in call.argument("model_name", 0).strings():
            match = HUB_PREFIX.fullmatch(text)
            if match is not None and match["revision"] is None:
                yield self._report(call, match["id"], Confidence.HIGH, None)

    def _report(self, call: CallSite, repo_id: str, confidence: Confidence, pin: Fix | None) -> Finding:
        return self.finding(
            call.span,
            f"`{hub.shown(call)}` loads what '{repo_id}' holds at the time, and its owner can exchange that unnoticed",
            confidence=confidence,
            trace=call.context,
            fixes=() if pin is None else (pin,),
        )
