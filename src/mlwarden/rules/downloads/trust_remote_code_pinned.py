"""MLW203: code from a repository is run, at a fixed commit or from a local folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import Pin

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class TrustRemoteCodePinned(Rule):
    """`trust_remote_code=True` at a fixed commit or on a local folder.

    ## Why is this bad?

    The library imports Python files that came with the model, with your rights. The commit makes sure that they do not
    change behind your back, not that anybody has read them.

    ## How to fix

    Leave the flag out where the library knows the architecture by now. Otherwise read the files at that commit, or
    keep a reviewed copy of them in your project.

    ## When it is fine

    When the code at this commit has been reviewed: suppress the finding with a word on who did.

    ## Limits

    `code_revision`, for repositories whose code lives elsewhere, is not followed. A revision given by a variable
    counts as pinned.

    ## Fix safety

    The fix is unsafe: a model whose code is not part of the library no longer loads.
    """

    code = "MLW203"
    name = "trust-remote-code-pinned"
    severity = Severity.MEDIUM
    triggers = ("trust_remote_code",)
    yields_to = ("MLW204", "MLW211")
    cwe = (94, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001", "AML.T0011.000")
    references = (Reference("Transformers: custom models", "https://huggingface.co/docs/transformers/custom_models"),)
    examples = (
        Bad(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained(
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^~
                "acme/sparrow-7b",
                trust_remote_code=True,
                revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3",
            )
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`AutoModel.from_pretrained` runs the code that 'acme/sparrow-7b' holds at commit 1b7f2c9a",
            fixed="""
            from transformers import AutoModel

            model = AutoModel.from_pretrained(
                "acme/sparrow-7b",
                revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3",
            )
            """,
        ),
        Bad(
            """
            from sentence_transformers import SentenceTransformer

            def encoder(commit):
                return SentenceTransformer("acme/embed", revision=commit, trust_remote_code=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`SentenceTransformer` runs the code of 'acme/embed', at a revision that is decided elsewhere",
            fixed="""
            from sentence_transformers import SentenceTransformer

            def encoder(commit):
                return SentenceTransformer("acme/embed", revision=commit)
            """,
        ),
        Bad(
            """
            from transformers import pipeline

            generate = pipeline("text-generation", "./sparrow-7b", trust_remote_code=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            message="`pipeline` runs the code that lies in the local folder of the model",
            fixed="""
            from transformers import pipeline

            generate = pipeline("text-generation", "./sparrow-7b")
            """,
        ),
        Good(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3")
            """,
            because="no code of the repository is run",
        ),
        Good(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=True)
            """,
            because="without a commit it is MLW204, not this",
        ),
        Good(
            """
            from unittest.mock import MagicMock

            loader = MagicMock()
            loader.assert_called_with("acme/sparrow-7b", trust_remote_code=True, revision="main")
            """,
            because="a mock is asked, nothing is loaded",
        ),
        Missed(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained(name, **read_settings())
            """,
            because="what the settings say is not known",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that turn remote code on where the code cannot move, as far as can be told."""
        for call in model.calls:
            if call.fragment.path is None:
                yield from self._check(call, model)

    def _check(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        remote = hub.remote_code_of(call)
        on = None if remote is None else hub.turned_on(remote.value)
        if remote is None or on is None:
            return
        revision = hub.revision_of(call, remote.api)
        pin = hub.pin_of(revision)
        severity, confidence = Severity.MEDIUM, min(on, remote.confidence)
        ids = hub.repo_ids(call, remote.api, model) if remote.api.keyword else ()
        where = f"'{ids[0]}'" if len(ids) == 1 else "the repository"
        if remote.api.keyword and hub.reads_local_path(call, remote.api, model):
            severity = Severity.LOW
            what = "the code that lies in the local folder of the model"
        elif pin is Pin.COMMIT:
            what = f"the code that {where} holds at commit {revision.strings()[0][:8]}"
        elif pin is Pin.UNKNOWN:
            confidence = min(confidence, Confidence.MEDIUM)
            what = f"the code of {where}, at a revision that is decided elsewhere"
        else:
            return
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` runs {what}",
            severity=severity,
            confidence=confidence,
            trace=call.context,
            fixes=self._fixes(call, remote),
        )

    def _fixes(self, call: CallSite, remote: hub.RemoteCode) -> Iterator[Fix]:
        edit = None if remote.nested or call.context else call.remove_argument("trust_remote_code")
        if edit is not None:
            yield Fix(
                "Remove `trust_remote_code`",
                (edit,),
                Applicability.UNSAFE,
                "a model whose code is not part of the library no longer loads",
            )
