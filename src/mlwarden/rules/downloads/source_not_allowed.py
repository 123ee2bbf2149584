"""MLW220: a model, data or package from a place that the policy does not allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import shell_texts
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics import hub
from mlwarden.semantics.artifact_sources import SOURCE_CALLS, sources_of_call, sources_of_command
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.model.artifact_sources import Source
    from mlwarden.model.policy import Policy
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_POLICY = {
    "mlwarden.toml": (
        "[policy.sources]\n"
        'allow = ["meta-llama/*", "datasets/acme/*", "gpt2", "*.acme.org", "github.com/acme/*", "s3://acme-models/*"]\n'
        'deny = ["meta-llama/Llama-2-*", "drafts.acme.org"]\n'
    )
}


class SourceNotAllowed(Rule):
    """A model, data or package from a place that the policy does not allow.

    ## Why is this bad?

    Your organisation has decided where models, data and packages may come from, so that somebody answers for each
    source. This one is not among them: nobody has looked at its licence, its owner, or what it runs.

    ## How to fix

    Take it from an allowed source. Or have the source looked at and added to the policy:

    ```toml
    [tool.mlwarden.policy.sources]
    allow = ["meta-llama/*", "datasets/acme/*", "*.acme.org", "s3://acme-models/*"]
    deny = ["drafts.acme.org"]
    ```

    A pattern is a name on the Hugging Face Hub, a host with or without a path, or a URL with its protocol. What `deny`
    has is refused even where `allow` has it. Without `allow`, everything else is fine.

    ## When it is fine

    Where the source is allowed for this project: then say so in its policy.

    ## Limits

    Without a policy there are no findings. Only names and URLs that stand in the code are judged, in the loaders of the
    Hub, `torch.hub`, downloads, readers of data, and commands that download, clone or install. Requests by a general
    HTTP client count where they fetch a file.
    """

    code = "MLW220"
    name = "source-not-allowed"
    severity = Severity.HIGH
    calls = (*SOURCE_CALLS, *SHELL_CALLS)
    cwe = (829,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010",)
    references = (
        Reference("OWASP LLM03:2025 Supply Chain", "https://genai.owasp.org/llmrisk/llm032025-supply-chain/"),
        Reference(
            "CWE-829: Inclusion of Functionality from Untrusted Control Sphere",
            "https://cwe.mitre.org/data/definitions/829.html",
        ),
    )
    examples = (
        Bad(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("zoo/sparrow-7b")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files=_POLICY,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="'zoo/sparrow-7b' is not among the sources that the policy allows",
        ),
        Bad(
            """
            from huggingface_hub import snapshot_download as fetch

            NAME = "meta-llama/Llama-2-7b"
            fetch(repo_id=NAME, revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files=_POLICY,
            message="'meta-llama/Llama-2-7b' is a source that the policy denies (`meta-llama/Llama-2-*`)",
        ),
        Bad(
            """
            import timm
            import torch
            from datasets import load_dataset

            backbone = timm.create_model("hf-hub:zoo/vit")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            head = torch.hub.load("zoo/vision:main", "head")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            rows = load_dataset("meta/rows")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^
            more = load_dataset("csv", data_files={"train": "https://data.zoo.org/train.csv"})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files=_POLICY,
        ),
        Bad(
            """
            import pandas as pd
            import requests
            import urllib.request

            HOST = "https://models.acme.org@files.zoo.org"

            def fetch(name):
                urllib.request.urlretrieve(HOST + "/weights.bin", name)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                requests.get(f"https://drafts.acme.org/{name}")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return pd.read_parquet("s3://zoo-data/a.parquet")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files=_POLICY,
        ),
        Bad(
            as_notebook(
                "%pip install --index-url https://pypi.zoo.org/simple acme\n"
                "!wget https://files.zoo.org/weights.bin\n!git clone https://github.com/zoo/vision.git\n"
                "!hf download zoo/sparrow-7b"
            ),
            path="example.ipynb",
            files=_POLICY,
            texts=(
                "https://pypi.zoo.org/simple",
                "https://files.zoo.org/weights.bin",
                "https://github.com/zoo/vision.git",
                "zoo/sparrow-7b",
            ),
        ),
        Bad(
            """
            import subprocess

            subprocess.run(["pip", "install", "-i", "https://pypi.zoo.org/simple", "acme"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files=_POLICY,
        ),
        Good(
            """
            import pandas as pd
            import torch
            from datasets import load_dataset
            from transformers import AutoModel

            AutoModel.from_pretrained("meta-llama/Llama-3.2-1B")
            AutoModel.from_pretrained("gpt2")
            AutoModel.from_pretrained("./sparrow")
            load_dataset("acme/rows")
            torch.hub.load("acme/vision", "head")
            pd.read_csv("https://data.acme.org/rows.csv")
            pd.read_csv("rows.csv")
            pd.read_parquet("s3://acme-models/eval/a.parquet")
            """,
            files=_POLICY,
            because="the policy allows these, and files of the project are no source",
        ),
        Good(
            """
            import requests

            requests.get("https://api.zoo.org/v1/weather")
            requests.get("http://localhost:8000/weights.bin")
            print("https://files.zoo.org/weights.bin")
            """,
            files=_POLICY,
            because="an answer of a service is no artifact, this machine is no source, and printing fetches nothing",
        ),
        Good(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("zoo/sparrow-7b")
            """,
            because="there is no policy",
        ),
        Good(
            as_notebook("!wget https://models.acme.org/weights.bin\n!pip install acme\n!git clone $REPOSITORY"),
            path="example.ipynb",
            files=_POLICY,
            because="the host is allowed, and the others name no place",
        ),
        Missed(
            """
            from transformers import AutoModel

            def load(size):
                return AutoModel.from_pretrained(f"zoo/sparrow-{size}")
            """,
            files=_POLICY,
            because="the name is only partly known, and may be a path",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the sources of a call that the policy refuses."""
        if call.name in SHELL_CALLS:
            for command in commands_of_call(call):
                for source, _ in sources_of_command(command):
                    yield from self._judged(source, model.policy, call.span, call.context)
            return
        known = hub.api_of(call)
        confidence = Confidence.HIGH if known is None else known[1]
        for source in sources_of_call(call, model):
            yield from self._judged(source, model.policy, call.span, call.context, confidence)

    def check_policy(self, document: Document, policy: Policy) -> Iterator[Finding]:
        """Report the sources of a notebook's shell lines that the policy refuses."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                for source, span in sources_of_command(command):
                    yield from self._judged(source, policy, span)

    def _judged(
        self,
        source: Source,
        policy: Policy,
        span: Span,
        trace: tuple[TraceStep, ...] = (),
        confidence: Confidence = Confidence.HIGH,
    ) -> Iterator[Finding]:
        refusal = policy.sources.refusal(source)
        if refusal is None:
            return
        message = f"'{source.shown}' is not among the sources that the policy allows"
        if refusal:
            message = f"'{source.shown}' is a source that the policy denies (`{refusal}`)"
        yield self.finding(span, message, confidence=confidence, trace=trace)
