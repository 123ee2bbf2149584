"""MLW202: a repository of the Hub is pinned to a name that can move."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import ALL_CALLS, HUB_PREFIX, PREFIXED_CALLS
from mlwarden.semantics.hub_ids import is_commit, is_short_commit
from mlwarden.semantics.hub_urls import TRIGGERS, URL_READERS, urls_of
from mlwarden.semantics.values import Constant, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_TIMM = frozenset(name for name in PREFIXED_CALLS if name.startswith("timm."))
# `refs/pr/3`: whoever opened a pull request can push to it, without any right to the repository.
_PULL_REQUEST = re.compile(r"refs/pr/\d+|pr/\d+")
# `v1.0`, `2.3.1-rc1`, `release-2024.05`, `refs/tags/x`: names that are usually given to tags.
_TAG = re.compile(r"refs/tags/.+|(?:[a-z]+[-_/])?v?\d[-_.+a-z0-9]*", re.I)


class HubMutableRevision(Rule):
    """A repository of the Hub pinned to a branch, a tag or a shortened commit.

    ## Why is this bad?

    A branch is whatever was pushed last, a tag can be deleted and set again, and a pull request's branch
    (`refs/pr/3`) belongs to whoever opened it. A shortened commit is looked up as a name like any other: a branch or tag
    of that name, or a second commit that begins alike, can take its place. The content changes and the code does not
    show it.

    ## How to fix

    Give the full 40-digit commit, as the page of the repository's history shows it. A comment can keep the name of
    the tag.

    ## When it is fine

    Where the newest state is wanted, as in a nightly comparison.

    ## Limits

    A revision that is computed or handed over from outside the project is left alone. Tags and branches are told apart by
    their looks only, which decides the severity.

    ## Fix safety

    The fix takes the commit from the Hugging Face cache of the machine, where this revision has been loaded before. It
    is unsafe: later changes of the branch or tag are not fetched any more.
    """

    code = "MLW202"
    name = "hub-mutable-revision"
    severity = Severity.MEDIUM
    calls = ("*.from_pretrained", *ALL_CALLS, *(name for name in URL_READERS if name not in ALL_CALLS))
    triggers = (
        "from_pretrained",
        *dict.fromkeys((name.partition(".")[0], name.rpartition(".")[2]) for name in ALL_CALLS),
        *TRIGGERS,
    )
    yields_to = ("MLW204",)
    cwe = (494,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.003",)
    references = (
        Reference(
            "Hugging Face Hub: download from a revision", "https://huggingface.co/docs/huggingface_hub/guides/download"
        ),
        Reference(
            "Hugging Face Hub: pull requests are branches",
            "https://huggingface.co/docs/hub/repositories-pull-requests-discussions",
        ),
    )
    examples = (
        Bad(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b", revision="main")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`AutoModel.from_pretrained` loads 'acme/sparrow-7b' at 'main', a branch: it holds what was pushed last",
        ),
        Bad(
            """
            from huggingface_hub import hf_hub_download

            TAG = "v1.2.0"
            path = hf_hub_download("acme/sparrow-7b", "model.safetensors", revision=TAG)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`huggingface_hub.hf_hub_download` loads 'acme/sparrow-7b' at 'v1.2.0', a tag or branch: it can be set to "
            "other content",
        ),
        Bad(
            """
            from sentence_transformers import SentenceTransformer

            encoder = SentenceTransformer("acme/embed-large", revision="1b7f2c9")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            message="`SentenceTransformer` loads 'acme/embed-large' at '1b7f2c9', a shortened commit: a branch, a tag or "
            "another commit can take that name",
        ),
        Bad(
            """
            from diffusers import DiffusionPipeline

            pipe = DiffusionPipeline.from_pretrained("acme/painter", revision="refs/pr/3")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`DiffusionPipeline.from_pretrained` loads 'acme/painter' at 'refs/pr/3', a pull request: whoever "
            "opened it can push to it",
        ),
        Bad(
            """
            from transformers import AutoModelForCausalLM

            def load(name, revision):
                return AutoModelForCausalLM.from_pretrained(name, revision=revision)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            model = load("acme/sparrow-7b", "dev")
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from transformers import AutoTokenizer

            def tokenizer(name):
                return AutoTokenizer.from_pretrained(name, revision="main")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`AutoTokenizer.from_pretrained` loads a repository at 'main', a branch: it holds what was pushed last",
        ),
        Bad(
            """
            import transformers

            OPTIONS = {"revision": "main", "device_map": "auto"}
            model = transformers.AutoModel.from_pretrained("acme/sparrow-7b", **OPTIONS)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_huggingface import HuggingFaceEmbeddings

            embeddings = HuggingFaceEmbeddings(model_name="acme/embed-large", model_kwargs={"revision": "main"})
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained(
                "acme/sparrow-7b",
                revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3",
                code_revision="main",
                              ^^^^^^
                trust_remote_code=True,
            )
            """,
            message="`AutoModelForCausalLM.from_pretrained` runs the code of 'acme/sparrow-7b' at 'main', a branch: it holds "
            "what was pushed last",
        ),
        Bad(
            """
            import timm

            backbone = timm.create_model("hf-hub:acme/vit@v2", pretrained=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            from datasets import load_dataset
            import pandas as pd

            rows = load_dataset("acme/birds", split="train", revision="main")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            table = pd.read_parquet("hf://datasets/acme/birds@refs%2Fconvert%2Fparquet/default/train/0000.parquet")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            from transformers import AutoModel

            COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
            pinned = AutoModel.from_pretrained("acme/sparrow-7b", revision=COMMIT, code_revision=COMMIT)
            """,
            because="a full commit always names the same bytes",
        ),
        Good(
            """
            from transformers import AutoModel

            def load(name, revision="main", **options):
                first = AutoModel.from_pretrained(name, revision=revision)
                return first, AutoModel.from_pretrained("acme/sparrow-7b", revision=options["revision"])
            """,
            because="the caller decides, as far as can be seen",
        ),
        Good(
            """
            from transformers import AutoModel

            loose = AutoModel.from_pretrained("acme/sparrow-7b")
            empty = AutoModel.from_pretrained("acme/sparrow-7b", revision=None)
            """,
            because="without a revision it is MLW201",
        ),
        Good(
            """
            from transformers import AutoModel

            first = AutoModel.from_pretrained("./sparrow", revision="main")
            second = AutoModel.from_pretrained("acme/sparrow-7b", revision="main", local_files_only=True)
            """,
            because="nothing is fetched",
        ),
        Good(
            """
            import subprocess

            class Document:
                @classmethod
                def from_pretrained(cls, name, revision="draft"):
                    return cls()

            document = Document.from_pretrained("acme/report", revision="draft")
            """,
            because="the project's own method does something else",
        ),
        Missed(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b", revision=f"release-{year}")
            """,
            because="a revision of which only a part is known may end in a commit",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report literal revisions that are not full commits."""
        if call.name in PREFIXED_CALLS:
            yield from self._check_prefixed(call)
            return
        if call.name in URL_READERS:
            yield from self._check_urls(call)
        known = hub.api_of(call)
        if known is None:
            return
        api, confidence = known
        loose = _loose(hub.revision_of(call, api))
        code = _loose(call.argument("code_revision")) if api.code and api.kind == "model" else None
        if loose is None and code is None:
            return
        where = _where(call, api, model)
        if where is None:
            return
        repository, sure = where
        if loose is not None:
            fix = hub.pin_fix(call, api, (repository,), model) if repository else None
            yield self.finding(
                call.span,
                _message(call, repository, loose),
                severity=Severity.LOW if _is_dataset(call, api) else _severity(loose),
                confidence=_lower(confidence, sure),
                trace=call.context,
                fixes=() if fix is None else (fix,),
            )
        if code is not None and call.argument("trust_remote_code").truth() is not False:
            yield self.finding(
                call.argument_span("code_revision") or call.span,
                _message(call, repository, code, verb="runs the code of"),
                severity=_severity(code),
                confidence=_lower(confidence, sure),
                trace=call.context,
            )

    def _check_prefixed(self, call: CallSite) -> Iterator[Finding]:
        for text in call.argument("model_name", 0).strings():
            match = HUB_PREFIX.fullmatch(text)
            if call.name in _TIMM and match is not None and match["revision"] and not is_commit(match["revision"]):
                yield self.finding(
                    call.span,
                    _message(call, match["id"], match["revision"]),
                    severity=_severity(match["revision"]),
                    trace=call.context,
                )

    def _check_urls(self, call: CallSite) -> Iterator[Finding]:
        for url in urls_of(call):
            if url.revision and not is_commit(url.revision):
                yield self.finding(
                    call.span,
                    _message(call, url.repo_id, url.revision),
                    severity=Severity.LOW if url.kind == "dataset" else _severity(url.revision),
                    trace=call.context,
                )


def _loose(revision: Value) -> str | None:
    """The literal revision that is no commit; None if there is none, or if the revision may be anything."""
    texts = []
    for option in revision.alternatives():
        if not option.is_absent and not (isinstance(option, Constant) and option.value is None):
            text = option.string()
            if text is None:
                return None
            texts.append(text)
    return next((text for text in texts if text and not is_commit(text)), None)


def _where(call: CallSite, api: hub.HubApi, model: SemanticModel) -> tuple[str, bool] | None:
    """The repository, "" if its name is not known, and whether it certainly is one; None if files are local."""
    ids = hub.repo_ids(call, api, model)
    if ids:
        return ids[0], True
    given = call.argument(api.keyword, api.position)
    if given.is_absent and call.attribute == "pipeline":
        return "", True  # the task's own model
    if given.strings() or given.is_absent or hub.reads_local_path(call, api, model):
        return None
    return "", False


def _lower(confidence: Confidence, sure: bool) -> Confidence:
    return confidence if sure else Confidence.MEDIUM if confidence is Confidence.HIGH else Confidence.LOW


def _is_dataset(call: CallSite, api: hub.HubApi) -> bool:
    return api.kind == "dataset" or call.argument("repo_type").string() == "dataset"


def _severity(revision: str) -> Severity:
    if _PULL_REQUEST.fullmatch(revision):
        return Severity.MEDIUM
    return Severity.LOW if is_short_commit(revision) or _TAG.fullmatch(revision) else Severity.MEDIUM


def _message(call: CallSite, repository: str, revision: str, verb: str = "loads") -> str:
    where = f"'{repository}'" if repository else "a repository"
    if _PULL_REQUEST.fullmatch(revision):
        what = "a pull request: whoever opened it can push to it"
    elif is_short_commit(revision):
        what = "a shortened commit: a branch, a tag or another commit can take that name"
    elif _TAG.fullmatch(revision):
        what = "a tag or branch: it can be set to other content"
    else:
        what = "a branch: it holds what was pushed last"
    return f"`{hub.shown(call)}` {verb} {where} at '{revision}', {what}"
