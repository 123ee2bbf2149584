"""MLW125: Lightning checkpoints that are unpickled in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, reading, switched_off
from mlwarden.semantics.turning_points import (
    LIGHTNING_HAS_WEIGHTS_ONLY,
    LIGHTNING_PASSES_FALSE,
    TORCH_LOAD_RESTRICTED,
)
from mlwarden.semantics.values import Constant, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The call, the argument that names the checkpoint, its position, and that of `weights_only`.
_TRAINER = "pytorch_lightning.Trainer()."
_LOADERS: dict[str, tuple[str, int, int | None]] = {
    f"{_TRAINER}fit": ("ckpt_path", 4, 5),
    f"{_TRAINER}validate": ("ckpt_path", 2, 5),
    f"{_TRAINER}test": ("ckpt_path", 2, 5),
    f"{_TRAINER}predict": ("ckpt_path", 4, 5),
    "lightning_fabric.Fabric().load": ("path", 0, None),
    "lightning_fabric.Fabric().load_raw": ("path", 0, None),
}
_FROM_CHECKPOINT = ("checkpoint_path", 0, 4)
# Checkpoints of the same run, which the trainer finds itself.
_OWN = frozenset({"best", "last", "hpc", ""})
_PACKAGES = ("lightning", "pytorch-lightning", "pytorch_lightning")


class LightningCheckpointLoad(Rule):
    """A Lightning checkpoint that is unpickled in full.

    ## Why is this bad?

    A Lightning checkpoint is a PyTorch checkpoint, and so a pickle: reading it in full may call any function that Python
    can import. Lightning 2.4 and 2.5 pass `weights_only=False` to `torch.load` whatever its default is; later releases
    still do for `http` addresses. Whoever can change the file runs code with your rights.

    ## How to fix

    Use Lightning 2.6 or later with torch 2.6 or later, and pass `weights_only=True`. Load local files whose digest you
    have compared.

    ## When it is fine

    For checkpoints of your own runs, in a folder that nobody else can write to. `ckpt_path="best"` and `"last"` are
    not reported.

    ## Limits

    `load_from_checkpoint` is told by its name alone, since the class is most often defined elsewhere.

    ## Fix safety

    The fix is unsafe: checkpoints with hyperparameters or states of other types than tensors no longer load.
    """

    code = "MLW125"
    name = "lightning-checkpoint-load"
    severity = Severity.MEDIUM
    calls = ("*.load_from_checkpoint", *_LOADERS)
    yields_to = ("MLW132",)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "Lightning: load_from_checkpoint",
            "https://lightning.ai/docs/pytorch/stable/common/lightning_module.html#load-from-checkpoint",
        ),
        Reference("CVE-2021-4118", "https://nvd.nist.gov/vuln/detail/CVE-2021-4118"),
    )
    examples = (
        Bad(
            """
            import pytorch_lightning as pl

            class Model(pl.LightningModule):
                pass

            def restore(path):
                return Model.load_from_checkpoint(path, weights_only=False)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_from_checkpoint` with `weights_only=False` unpickles a checkpoint of unknown origin, "
            "and can run code hidden in it",
            versions={"lightning": ">=2.6"},
            fixed="""
            import pytorch_lightning as pl

            class Model(pl.LightningModule):
                pass

            def restore(path):
                return Model.load_from_checkpoint(path, weights_only=True)
            """,
        ),
        Bad(
            """
            from project.models import Model

            def restore(path):
                return Model.load_from_checkpoint(path)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_from_checkpoint` of lightning==2.5.5 unpickles a checkpoint of unknown origin, "
            "and can run code hidden in it",
            versions={"lightning": "==2.5.5", "torch": "==2.8.0"},
        ),
        Bad(
            """
            from lightning import Trainer
            from project.models import Model

            trainer = Trainer()
            trainer.test(Model(), ckpt_path="https://example.com/model.ckpt")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            versions={"lightning": ">=2.6", "torch": ">=2.8"},
            fixed="""
            from lightning import Trainer
            from project.models import Model

            trainer = Trainer()
            trainer.test(Model(), ckpt_path="https://example.com/model.ckpt", weights_only=True)
            """,
        ),
        Bad(
            """
            from project.models import Model

            model = Model.load_from_checkpoint("runs/last.ckpt", strict=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            from project.models import Model

            model = Model.load_from_checkpoint("runs/last.ckpt")
            """,
            versions={"lightning": ">=2.6", "torch": ">=2.6"},
            because="local files follow torch, whose default is the restricted unpickler",
        ),
        Good(
            """
            import lightning as L

            trainer = L.Trainer()
            trainer.fit(model)
            trainer.test(model, ckpt_path="best")
            trainer.fit(model, ckpt_path=None)
            """,
            because="these checkpoints were written by the same run, or there is none",
        ),
        Good(
            """
            from project.models import Model

            model = Model.load_from_checkpoint("https://example.com/model.ckpt", weights_only=True)
            """,
            versions={"lightning": ">=2.6"},
            because="only tensors are let through",
        ),
        Missed(
            """
            from project.training import make_trainer

            make_trainer().fit(model, ckpt_path="https://example.com/model.ckpt")
            """,
            because="that the object is a trainer is not known, and `fit` is everybody's name",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a load that is unrestricted by its switch, its address or the releases in use."""
        keyword, position, switch = _LOADERS.get(call.name, _FROM_CHECKPOINT)
        path = call.argument(keyword, position)
        if all(option.is_absent or _is_own(option) for option in path.alternatives()):
            return
        given = call.argument("weights_only", switch)
        off = switched_off(given)
        if off is None and not left_out(given):
            return
        how, sure = self._default(path, model) if off is None else (" with `weights_only=False`", None)
        if off is None and sure is None:
            return
        certain = off if off is not None else (sure if sure is Confidence.HIGH else None)
        read = reading(call, model, path, opted_out=certain, unknown="a checkpoint of unknown origin")
        if read is None:
            return
        remote = how.endswith("address")
        yield self.finding(
            call.span,
            f"`{call.attribute}`{how} unpickles {read.what}, and can run code hidden in it",
            severity=Severity.HIGH if remote else read.severity,
            confidence=read.confidence if certain else min(read.confidence, Confidence.MEDIUM),
            trace=read.trace,
            fixes=self._fixes(call, model, switch),
        )

    def _default(self, path: Value, model: SemanticModel) -> tuple[str, Confidence | None]:
        """Which release makes a call without the switch unrestricted, and how sure that is."""
        if any(prefix.startswith("http") for prefix in path.prefixes()):
            return " of an `http` address", Confidence.HIGH
        package = next((name for name in _PACKAGES if _known(name, model)), "lightning")
        required = model.version(package)
        if TORCH_LOAD_RESTRICTED.ahead(model):
            return f" with {model.version('torch').describe()}", Confidence.HIGH
        passes_false = required.at_least(LIGHTNING_PASSES_FALSE.version)
        follows = required.at_least(LIGHTNING_HAS_WEIGHTS_ONLY.version)
        if passes_false and follows is False:
            return f" of {required.describe()}", Confidence.HIGH
        if (follows or passes_false is False) and TORCH_LOAD_RESTRICTED.passed(model):
            return "", None
        return " on releases of Lightning and torch which this project does not rule out", Confidence.MEDIUM

    def _fixes(self, call: CallSite, model: SemanticModel, switch: int | None) -> Iterator[Fix]:
        written = call.argument_span("weights_only", switch) is not None
        if not written and not any(
            model.version(name).at_least(LIGHTNING_HAS_WEIGHTS_ONLY.version) for name in _PACKAGES
        ):
            return  # before 2.6 it would be taken for an argument of the model
        edit = call.set_argument("weights_only", "True", switch)
        if edit is not None:
            yield Fix(
                "Set `weights_only=True`",
                (edit,),
                Applicability.UNSAFE,
                "checkpoints that hold more than tensors stop loading",
            )


def _is_own(option: Value) -> bool:
    if not isinstance(option, Constant):
        return False
    return option.value is None or option.value in _OWN or str(option.value).startswith("registry")


def _known(package: str, model: SemanticModel) -> bool:
    return model.version(package).at_least("0") is not None or model.version(package).below("99") is not None
