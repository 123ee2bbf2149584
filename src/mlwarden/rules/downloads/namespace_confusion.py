"""MLW221: a publisher whose name looks like that of a well-known one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import shell_texts
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics import hub
from mlwarden.semantics.artifact_sources import sources_of_call, sources_of_command
from mlwarden.semantics.hub_urls import URL_READERS
from mlwarden.semantics.publishers import Likeness, likeness_of
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.model.artifact_sources import Source
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_NAMED = (*hub.ALL_CALLS, *URL_READERS)
_FOREIGN = re.compile(r"[\w.-]{2,96}/[\w.-]{1,96}")


class NamespaceConfusion(Rule):
    """A publisher on the Hub whose name looks like that of a well-known one.

    ## Why is this bad?

    Anybody can register a free name on the Hub. A name that differs from a well-known one by a letter, a separator or a
    look-alike digit, or that claims to be the official one, serves whoever mistypes or trusts it: the model behind it
    may run code when it is loaded, or answer as its maker likes. A slip of yours, or of the assistant that wrote the
    line, becomes their way in.

    ## How to fix

    Name the well-known publisher, and pin the commit you have tested.

    ## When it is fine

    Where the publisher really has that name and you know who it is.

    ## Limits

    Only the publishers of a bundled list are compared. Copies and fine-tuned versions under other names are not
    reported, whatever their models are called; nor are slips in the model's own name, which nobody else can register
    under the right publisher.

    ## Fix safety

    The fix is unsafe: another repository is loaded.
    """

    code = "MLW221"
    name = "namespace-confusion"
    severity = Severity.MEDIUM
    calls = ("*.from_pretrained", *_NAMED, *SHELL_CALLS)
    triggers = (
        "from_pretrained",
        *{(name.partition(".")[0].removesuffix("()"), name.rpartition(".")[2]): None for name in _NAMED},
        *(("modin", f"read_{name}") for name in ("feather", "orc", "parquet", "pickle")),
        "huggingface-cli",
        ("hf", "download"),
        ("git", "clone"),
    )
    cwe = (1007,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0058", "AML.T0074")
    references = (
        Reference("MITRE ATLAS AML.CS0027", "https://atlas.mitre.org/studies/AML.CS0027"),
        Reference(
            "CWE-1007: Insufficient Visual Distinction of Homoglyphs",
            "https://cwe.mitre.org/data/definitions/1007.html",
        ),
    )
    examples = (
        Bad(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("mistral-ai/Mistral-7B-v0.1")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="'mistral-ai/Mistral-7B-v0.1' is not by 'mistralai': its publisher's name differs by its separators, "
            "and anybody can register such a name",
            fixed="""
            from transformers import AutoModel

            model = AutoModel.from_pretrained("mistralai/Mistral-7B-v0.1")
            """,
        ),
        Bad(
            """
            from transformers import pipeline

            fill = pipeline("fill-mask", model="gooogle/electra-small")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            asr = pipeline("automatic-speech-recognition", model="0penai/whisper-tiny")
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            other = pipeline("text-generation", model="Qvven/Qwen3-0.6B")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from transformers import pipeline

            fill = pipeline("fill-mask", model="google/electra-small")
            asr = pipeline("automatic-speech-recognition", model="openai/whisper-tiny")
            other = pipeline("text-generation", model="Qwen/Qwen3-0.6B")
            """,
        ),
        Bad(
            """
            from huggingface_hub import snapshot_download

            NAME = "meta-lalma/Llama-3.2-1B"

            def fetch():
                return snapshot_download(repo_id=NAME)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from sentence_transformers import SentenceTransformer

            encoder = SentenceTransformer("sentence-transformer/all-MiniLM-L6-v2")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from sentence_transformers import SentenceTransformer

            encoder = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")
            """,
        ),
        Bad(
            """
            from vllm import LLM

            llm = LLM("deepseek-ai-official/DeepSeek-R1")
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="'deepseek-ai-official/DeepSeek-R1' is not by 'deepseek-ai': its publisher's name differs by a claim "
            "to be official, and anybody can register such a name",
            fixed="""
            from vllm import LLM

            llm = LLM("deepseek-ai/DeepSeek-R1")
            """,
        ),
        Bad(
            """
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained("g\u043e\u043egle/gemma-3-1b-it")
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
            fixed="""
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained("google/gemma-3-1b-it")
            """,
        ),
        Bad(
            as_notebook("!huggingface-cli download stability-ai/stable-diffusion-2-1"),
            path="example.ipynb",
            texts=("stability-ai/stable-diffusion-2-1",),
            fixed=as_notebook("!huggingface-cli download stabilityai/stable-diffusion-2-1"),
        ),
        Good(
            """
            from transformers import AutoModel

            AutoModel.from_pretrained("meta-llama/Llama-3.2-1B")
            AutoModel.from_pretrained("TheBloke/Llama-2-7B-GGUF")
            AutoModel.from_pretrained("unsloth/Llama-3.2-1B")
            AutoModel.from_pretrained("acme/Llama-3.2-1B-Instruct-AWQ")
            AutoModel.from_pretrained("acme/Qwen2.5-7B-finetuned")
            AutoModel.from_pretrained("bert-base-uncased")
            """,
            because="copies and fine-tuned versions are no imitations",
        ),
        Good(
            """
            from transformers import AutoModel

            AutoModel.from_pretrained("FacebookAI/roberta-base")
            AutoModel.from_pretrained("HuggingFaceM4/idefics2-8b")
            AutoModel.from_pretrained("HuggingFaceH4/zephyr-7b-beta")
            AutoModel.from_pretrained("zai-org/GLM-4.5")
            AutoModel.from_pretrained("xai-org/grok-2")
            AutoModel.from_pretrained("GOOGLE/gemma-3-1b-it")
            """,
            because="these are well-known publishers that resemble each other, and case makes no difference",
        ),
        Good(
            """
            from transformers import AutoModel

            AutoModel.from_pretrained("apply/sparrow")
            AutoModel.from_pretrained("intelli/sparrow")
            AutoModel.from_pretrained("official-models/sparrow")
            AutoModel.from_pretrained("open-ai/whisper", local_files_only=True)
            AutoModel.from_pretrained("./open-ai/whisper")
            print("open-ai/whisper")
            """,
            because="short names are near to many, a local folder has no publisher, and printing loads nothing",
        ),
        Missed(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained(f"mistral-ai/{name}")
            """,
            because="the name is only partly known, and may be a path",
        ),
        Missed(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/Llama-3.2-1B")
            """,
            because="whether it is a copy or an imitation cannot be told from its name",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a repository whose publisher looks like a well-known one."""
        if call.name in SHELL_CALLS:
            for command in commands_of_call(call):
                for source, _ in sources_of_command(command):
                    for name, likeness in _judged(source):
                        yield self.finding(
                            call.span, _message(name, likeness), confidence=Confidence.MEDIUM, trace=call.context
                        )
            return
        found = [pair for source in sources_of_call(call, model) for pair in _judged(source)]
        for name, likeness in found or _foreign(call):
            yield self.finding(
                call.span,
                _message(name, likeness),
                confidence=Confidence.MEDIUM if name.isascii() else Confidence.HIGH,
                trace=call.context,
                fixes=_fixes(call, name, likeness),
            )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report what a notebook's shell lines download from such a publisher."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                for source, span in sources_of_command(command):
                    for name, likeness in _judged(source):
                        written = document.cells[shell.cell].source[span.start : span.end]
                        fixes = (_replacement(span, written, name, likeness),) if written.count(name) == 1 else ()
                        yield self.finding(span, _message(name, likeness), confidence=Confidence.MEDIUM, fixes=fixes)


def _judged(source: Source) -> Iterator[tuple[str, Likeness]]:
    """The repository of a source on the Hub as it is written, and whom its publisher resembles."""
    at = source.path.lower().find(source.hub_id)
    name = source.path[at : at + len(source.hub_id)] if source.hub_id and at >= 0 else ""
    likeness = likeness_of(name)
    if likeness is not None:
        yield name, likeness


def _foreign(call: CallSite) -> Iterator[tuple[str, Likeness]]:
    """Names with letters that no name on the Hub can have: they only look like one."""
    known = hub.api_of(call)
    if known is None:
        return
    for text in call.argument(known[0].keyword, known[0].position).strings():
        likeness = likeness_of(text) if not text.isascii() and _FOREIGN.fullmatch(text) else None
        if likeness is not None and likeness.how == "letters that look alike":
            yield text, likeness


def _message(name: str, likeness: Likeness) -> str:
    return (
        f"'{name}' is not by '{likeness.official}': its publisher's name differs by {likeness.how}, "
        "and anybody can register such a name"
    )


def _fixes(call: CallSite, name: str, likeness: Likeness) -> tuple[Fix, ...]:
    known = hub.api_of(call)
    span = None if known is None else call.argument_span(known[0].keyword, known[0].position)
    written = "" if span is None else call.text(span)
    if span is None or written.count(name) != 1:
        return ()
    return (_replacement(span, written, name, likeness),)


def _replacement(span: Span, written: str, name: str, likeness: Likeness) -> Fix:
    start = span.start + written.index(name)
    owner = name.partition("/")[0]
    edit = TextEdit(Span(start, start + len(owner), span.cell), likeness.official)
    return Fix(f"Load it from '{likeness.official}'", (edit,), Applicability.UNSAFE, "another repository is loaded")
