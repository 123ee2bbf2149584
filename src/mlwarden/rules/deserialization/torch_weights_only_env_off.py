"""MLW104: the environment variable that turns torch's restricted loading off for a whole process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text

if TYPE_CHECKING:
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_VARIABLE = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


class TorchWeightsOnlyEnvOff(Rule):
    """`TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` switches full unpickling back on.

    ## Why is this bad?

    From torch 2.6 on `torch.load` lets only tensors and harmless types through, unless a call says otherwise. This
    variable takes that default away from every call of the process, those in third-party libraries included: any
    checkpoint that is read may run code hidden in it.

    ## How to fix

    Remove the variable. Allow the types that one checkpoint needs around that one call:
    `with torch.serialization.safe_globals([ThatClass]): torch.load(path)`.

    ## When it is fine

    In a one-off job that reads nothing but files of your own, in a container that holds no credentials.

    ## Limits

    Documentation (Markdown, reStructuredText, plain text) is not searched. An explicit `weights_only=True` still wins
    over the variable; the rule does not look for such calls.

    ## Fix safety

    The fix is unsafe: checkpoints that hold more than tensors stop loading.
    """

    code = "MLW104"
    name = "torch-weights-only-env-off"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = (_VARIABLE,)
    cwe = (502, 1188)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "PyTorch: environment variables of torch.load",
            "https://docs.pytorch.org/docs/stable/notes/serialization.html",
        ),
    )
    examples = (
        Bad(
            """
            import os

            os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            import torch
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` lets every `torch.load` of the process run code hidden in a "
            "checkpoint",
            fixed="""
            import os

            import torch
            """,
        ),
        Bad(
            """
            import os

            def prepare():
                os.environ.setdefault("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "true")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import os

            def prepare():
                pass
            """,
        ),
        Bad(
            """
            import os
            import subprocess

            subprocess.run(["python", "train.py"], env={**os.environ, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"})
                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            FROM python:3.12
            ENV TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            CMD ["python", "serve.py"]
            """,
            path="Dockerfile",
            fixed="""
            FROM python:3.12
            CMD ["python", "serve.py"]
            """,
        ),
        Bad(
            """
            services:
              train:
                environment:
                  TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD: "yes"
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                  EPOCHS: "3"
            """,
            path="compose.yaml",
            fixed="""
            services:
              train:
                environment:
                  EPOCHS: "3"
            """,
        ),
        Bad(
            """
            env:
              - name: TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^~
                value: "1"
            """,
            path="deployment.yaml",
        ),
        Good(
            """
            import os

            os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
            os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "0"
            os.environ.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
            """,
            because="the first variable asks for the restricted unpickler, and the second is off",
        ),
        Good(
            """
            # TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 was needed for the old checkpoints
            export CUDA_VISIBLE_DEVICES=0
            unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD
            """,
            path="train.sh",
            because="it stands in a comment, and is unset",
        ),
        Good(
            """
            Setting TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 is dangerous.
            """,
            path="README.md",
            because="documentation sets nothing",
        ),
        Missed(
            """
            import os

            for name in ("TORCH_FORCE_", "NO_WEIGHTS_ONLY_LOAD"):
                os.environ["".join([name])] = "1"
            """,
            because="the name is put together at run time",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable to a word that torch takes for true."""
        yield from self._findings(settings_in_code(model, _VARIABLE))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration that set the variable."""
        yield from self._findings(settings_in_text(document, _VARIABLE))

    def _findings(self, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if is_true(setting.value):
                yield self.finding(
                    setting.span,
                    f"`{_VARIABLE}` lets every `torch.load` of the process run code hidden in a checkpoint",
                    fixes=self._fixes(setting),
                )

    def _fixes(self, setting: Setting) -> Iterator[Fix]:
        if setting.removal is not None:
            yield Fix(
                "Remove the variable",
                (setting.removal,),
                Applicability.UNSAFE,
                "checkpoints that hold more than tensors stop loading",
            )
