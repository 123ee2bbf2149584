"""MLW204: code from a repository is run, whatever that code is by then."""

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


class TrustRemoteCodeUnpinned(Rule):
    """`trust_remote_code=True` without a commit: the repository's code of the day is run.

    ## Why is this bad?

    With `trust_remote_code=True` the library downloads Python files from the model's repository and imports them. Without
    a full commit in `revision`, that is whatever the branch holds when the program starts: whoever gets into the owner's
    account, or takes over a deleted name, runs code on your machine with the next start.

    ## How to fix

    Leave the flag out where the library knows the architecture itself. Otherwise read the repository's `.py` files, pin
    `revision` (and `code_revision`, where the code lives in another repository) to that commit, or copy the
    files into your project.

    ## When it is fine

    In a throw-away sandbox without credentials, with a repository of your own.

    ## Limits

    A revision given by a variable is taken to be pinned (MLW203). Calls of unknown functions that happen to have a
    parameter of that name are not reported, unless they come from a package that is not a known one.

    ## Fix safety

    Both fixes are unsafe: without the flag, a model whose code is not part of the library no longer loads; with a pin,
    later versions of the model are not fetched.
    """

    code = "MLW204"
    name = "trust-remote-code-unpinned"
    severity = Severity.HIGH
    triggers = ("trust_remote_code",)
    yields_to = ("MLW211",)
    cwe = (94, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001", "AML.T0109")
    references = (
        Reference("Transformers: custom models", "https://huggingface.co/docs/transformers/custom_models"),
        Reference("CVE-2025-66448, vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2025-66448"),
    )
    examples = (
        Bad(
            """
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained("acme/sparrow-7b", trust_remote_code=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`AutoModelForCausalLM.from_pretrained` runs whatever code 'acme/sparrow-7b' holds at the time",
            fixed="""
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained("acme/sparrow-7b")
            """,
        ),
        Bad(
            """
            from vllm import LLM

            def start(name):
                return LLM(
                       ^^^~
                    model=name,
                    trust_remote_code=True,
                    revision="main",
                )
            """,
            message="`vllm.LLM` runs whatever code the repository holds at the time",
            fixed="""
            from vllm import LLM

            def start(name):
                return LLM(
                    model=name,
                    revision="main",
                )
            """,
        ),
        Bad(
            """
            import functools
            import transformers

            OPTIONS = dict(trust_remote_code=True, device_map="auto")
            load = functools.partial(transformers.AutoModel.from_pretrained, **OPTIONS)
            model = load("acme/sparrow-7b")
                    ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from transformers import AutoTokenizer

            class Loader:
                TRUST = 1

                def tokenizer(self, name):
                    return AutoTokenizer.from_pretrained(name, trust_remote_code=self.TRUST)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from transformers import AutoTokenizer

            class Loader:
                TRUST = 1

                def tokenizer(self, name):
                    return AutoTokenizer.from_pretrained(name)
            """,
        ),
        Bad(
            """
            from langchain_huggingface import HuggingFaceEmbeddings

            embeddings = HuggingFaceEmbeddings(
                         ^^^^^^^^^^^^^^^^^^^^^^~
                model_name="acme/embed-large", model_kwargs={"trust_remote_code": True}
            )
            """,
        ),
        Bad(
            """
            def build(model_cls, config):
                return model_cls.from_pretrained("acme/sparrow-7b", trust_remote_code=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            def build(model_cls, config):
                return model_cls.from_pretrained("acme/sparrow-7b")
            """,
        ),
        Good(
            """
            from transformers import AutoModel

            def load(repo_id, revision, local_path=None):
                if local_path is not None:
                    return AutoModel.from_pretrained(str(local_path), trust_remote_code=True)
                return AutoModel.from_pretrained(repo_id, revision=revision)
            """,
            because="the parameter says that it is a folder of this machine",
        ),
        Good(
            """
            from transformers import AutoModel

            def component(name, local_path=None):
                return AutoModel.from_pretrained(str(local_path), trust_remote_code=True)

            def load(root, names):
                return [component(name, local_path=root.joinpath("components", name)) for name in names]
            """,
            because="the variable says so, whatever is known of its value",
        ),
        Good(
            """
            from transformers import AutoModel

            model = AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=False)
            other = AutoModel.from_pretrained("acme/sparrow-7b")
            """,
            because="no code of the repository is run",
        ),
        Good(
            """
            from transformers import AutoModel

            COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
            model = AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=True, revision=COMMIT)
            """,
            because="the commit is fixed; that is MLW203",
        ),
        Good(
            """
            from dataclasses import dataclass

            @dataclass
            class Settings:
                trust_remote_code: bool = False

            class Net:
                @classmethod
                def from_pretrained(cls, path, trust_remote_code=False):
                    return cls()

            settings = Settings(trust_remote_code=True)
            net = Net.from_pretrained("acme/sparrow-7b", trust_remote_code=True)
            """,
            because="a class of settings loads nothing, and the project's own `from_pretrained` ignores the flag",
        ),
        Good(
            """
            from transformers import AutoModel

            def load(name, trust_remote_code):
                return AutoModel.from_pretrained(name, trust_remote_code=trust_remote_code)
            """,
            because="the caller decides",
        ),
        Missed(
            """
            from transformers import AutoModel

            options = {}
            options["trust_" + kind] = True
            model = AutoModel.from_pretrained("acme/sparrow-7b", **options)
            """,
            because="the keyword is put together at run time",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that turn remote code on and leave the commit open."""
        for call in model.calls:
            if call.fragment.path is None:
                yield from self._check(call, model)

    def _check(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        remote = hub.remote_code_of(call)
        on = None if remote is None else hub.turned_on(remote.value)
        if remote is None or on is None:
            return
        if hub.pin_of(hub.revision_of(call, remote.api)) not in {Pin.ABSENT, Pin.MUTABLE}:
            return
        if remote.api.keyword and hub.reads_local_path(call, remote.api, model):
            return
        ids = hub.repo_ids(call, remote.api, model) if remote.api.keyword else ()
        where = f"'{ids[0]}'" if len(ids) == 1 else "the repository"
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` runs whatever code {where} holds at the time",
            confidence=min(on, remote.confidence),
            trace=call.context,
            fixes=self._fixes(call, remote, ids, model),
        )

    def _fixes(
        self, call: CallSite, remote: hub.RemoteCode, ids: tuple[str, ...], model: SemanticModel
    ) -> Iterator[Fix]:
        edit = None if remote.nested or call.context else call.remove_argument("trust_remote_code")
        if edit is not None:
            yield Fix(
                "Remove `trust_remote_code`",
                (edit,),
                Applicability.UNSAFE,
                "a model whose code is not part of the library no longer loads",
            )
        pin = hub.pin_fix(call, remote.api, ids, model)
        if pin is not None:
            yield pin
