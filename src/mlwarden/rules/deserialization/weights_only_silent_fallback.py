"""MLW108: a restricted load whose error handler loads the same file without restriction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import (
    LOADERS,
    NUMPY_READERS,
    data_of,
    left_out,
    reading,
    restricted_receiver,
    same_data,
    switched_off,
    switched_on,
)
from mlwarden.semantics.values import Unknown, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# A restricted loader, the argument that names its data, and the loaders that read the same without restriction.
_FALLBACKS: dict[str, tuple[tuple[str, int | None], tuple[str, ...]]] = {
    "torch.load": (("f", 0), ("torch.load",)),
    "safetensors.torch.load_file": (("filename", 0), ("torch.load",)),
    "safetensors.safe_open": (("filename", 0), ("torch.load",)),
    "numpy.load": (("file", 0), ("numpy.load",)),
    "keras.models.load_model": (("filepath", 0), ("keras.models.load_model",)),
    "yaml.safe_load": (("stream", 0), ("yaml.load", "yaml.unsafe_load")),
    "skops.io.load": (("file", 0), ("joblib.load", "pickle.load", "cloudpickle.load", "dill.load")),
    "pickle.Unpickler().load": (("", None), ("pickle.load", "pickle.loads", "pickle.Unpickler().load")),
    "json.load": (("fp", 0), ("pickle.load",)),
    "json.loads": (("s", 0), ("pickle.loads",)),
}
_SWITCHES = {
    "torch.load": ("weights_only", "True", None),
    "numpy.load": ("allow_pickle", "False", NUMPY_READERS["numpy.load"]),
    "keras.models.load_model": ("safe_mode", "True", 3),
}


class WeightsOnlySilentFallback(Rule):
    """A restricted load that falls back to an unrestricted one when it fails.

    ## Why is this bad?

    A restricted loader fails on exactly those files that hold what it was meant to keep out. A handler that answers the
    error by loading the same file without the restriction hands the decision to whoever made the file: the guard
    protects against nothing.

    ## How to fix

    Let the error surface. Convert files that need more types once, offline, or allow the types they need by name.

    ## When it is fine

    When the fallback is reached only after a person has agreed to it.

    ## Limits

    The fallback has to stand in a handler of the same `try`. Retries in a loop and fallbacks behind a helper that
    tells success by its result are not seen.

    ## Fix safety

    The fix is unsafe: files that the restricted loader refuses no longer load.
    """

    code = "MLW108"
    name = "weights-only-silent-fallback"
    severity = Severity.HIGH
    calls = tuple(_FALLBACKS)
    # What `calls` implies, but JSON only beside a pickle: nearly every program reads some.
    triggers = (
        ("torch", "load"),
        ("safetensors", "load_file"),
        ("safetensors", "safe_open"),
        ("numpy", "load"),
        ("keras", "load_model"),
        ("tensorflow", "load_model"),
        ("tf_keras", "load_model"),
        ("yaml", "safe_load"),
        ("skops", "load"),
        *((module, "load") for module in ("pickle", "cPickle", "_pickle", "pickle5", "six", "future")),
        *((module, "loads") for module in ("pickle", "cPickle", "_pickle", "pickle5", "six", "future")),
    )
    yields_to = ("MLW132",)
    cwe = (502, 636)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Stanza: the fix of such a fallback", "https://github.com/stanfordnlp/stanza/releases/tag/v1.12.0"),
        Reference("PyTorch: torch.load", "https://docs.pytorch.org/docs/stable/generated/torch.load.html"),
    )
    examples = (
        Bad(
            """
            import pickle
            import torch

            def restore(path):
                try:
                    return torch.load(path, weights_only=True)
                except pickle.UnpicklingError:
                    return torch.load(path, weights_only=False)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="a checkpoint that the restricted `torch.load` refuses is loaded without restriction here, "
            "and can run code hidden in it",
            fixed="""
            import pickle
            import torch

            def restore(path):
                try:
                    return torch.load(path, weights_only=True)
                except pickle.UnpicklingError:
                    return torch.load(path, weights_only=True)
            """,
        ),
        Bad(
            """
            import numpy as np

            def arrays(path):
                try:
                    data = np.load(path)
                except ValueError:
                    data = np.load(path, None, True)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^
                return data
            """,
            fixed="""
            import numpy as np

            def arrays(path):
                try:
                    data = np.load(path)
                except ValueError:
                    data = np.load(path, None, False)
                return data
            """,
        ),
        Bad(
            """
            import torch
            from safetensors.torch import load_file

            def weights(path):
                try:
                    return load_file(path)
                except Exception:
                    return torch.load(path, map_location="cpu", weights_only=False)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import torch
            from safetensors.torch import load_file

            def weights(path):
                try:
                    return load_file(path)
                except Exception:
                    return torch.load(path, map_location="cpu", weights_only=True)
            """,
        ),
        Bad(
            """
            import yaml

            def settings(path):
                text = open(path).read()
                try:
                    return yaml.safe_load(text)
                except yaml.YAMLError:
                    return yaml.load(text, Loader=yaml.UnsafeLoader)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import torch

            def restore(path):
                try:
                    return torch.load(path, weights_only=True)
                except TypeError:
                    return torch.load(path, map_location="cpu", weights_only=True)
            """,
            because="the fallback is restricted too",
        ),
        Good(
            """
            import torch

            def restore(path, other):
                try:
                    return torch.load(path, weights_only=True)
                except FileNotFoundError:
                    return torch.load(other, weights_only=False)
            """,
            because="another file is loaded: that is MLW101, not a fallback",
        ),
        Good(
            """
            import torch

            def restore(path):
                try:
                    return torch.load(path, weights_only=True)
                except Exception as error:
                    raise ValueError(f"{path} holds more than weights") from error
            """,
            because="the error surfaces",
        ),
        Missed(
            """
            import torch

            def restore(path):
                for restricted in (True, False):
                    try:
                        return torch.load(path, weights_only=restricted)
                    except Exception:
                        continue
            """,
            because="the same call is tried twice, in a loop; MLW101 reports it",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Pair restricted loads in `try` bodies with unrestricted ones in their handlers."""
        for name, ((keyword, position), others) in _FALLBACKS.items():
            for guarded in model.calls_of(name):
                bodies = {number for number, part in guarded.try_state if part == "body"}
                if guarded.fragment.path is not None or not bodies or not _is_restricted(guarded):
                    continue
                data = guarded.receiver if position is None else guarded.argument(keyword, position)
                for fallback in (call for other in others for call in model.calls_of(other)):
                    handled = any(part == "handler" and number in bodies for number, part in fallback.try_state)
                    if handled and data is not None and self._repeats(fallback, data, guarded.name, model):
                        yield self._found(guarded, fallback, model)

    def _repeats(self, fallback: CallSite, data: Value, guard: str, model: SemanticModel) -> bool:
        """Whether a call in a handler loads the same data without restriction."""
        if LOADERS[fallback.name].unrestricted(fallback, model) is None:
            return False
        again = data_of(fallback)
        if same_data(again, data):
            return True
        # The same loader on something that can't be told apart from the first file.
        unknown = isinstance(again, Unknown) and isinstance(data, Unknown) and not (again.parameter and data.parameter)
        return unknown and fallback.name == guard

    def _found(self, guarded: CallSite, fallback: CallSite, model: SemanticModel) -> Finding:
        read = reading(fallback, model, data_of(fallback), opted_out=Confidence.HIGH, unknown="a checkpoint")
        short = guarded.name.replace("()", "")
        what = "a file" if read is None or read.what.startswith("'") or fallback.name != "torch.load" else read.what
        return self.finding(
            fallback.span,
            f"{what} that the restricted `{short}` refuses is loaded without restriction here, "
            "and can run code hidden in it",
            severity=Severity.MEDIUM if read is None else max(read.severity, Severity.MEDIUM),
            trace=() if read is None else read.trace,
            fixes=self._fixes(fallback),
        )

    def _fixes(self, fallback: CallSite) -> Iterator[Fix]:
        switch = _SWITCHES.get(fallback.name)
        if switch is None:
            return
        name, safe, position = switch
        edit = fallback.set_argument(name, safe, position)
        if edit is not None:
            yield Fix(
                f"Keep `{name}={safe}` in the handler",
                (edit,),
                Applicability.UNSAFE,
                "files that the restricted loader refuses stop loading",
            )


def _is_restricted(call: CallSite) -> bool:
    if call.name == "torch.load":
        return switched_on(call.argument("weights_only")) is Confidence.HIGH
    if call.name == "numpy.load":
        given = call.argument("allow_pickle", NUMPY_READERS["numpy.load"])
        return given.is_absent or switched_off(given) is Confidence.HIGH
    if call.name == "keras.models.load_model":
        given = call.argument("safe_mode", 3)
        return left_out(given) or switched_on(given) is Confidence.HIGH
    if call.name == "pickle.Unpickler().load":
        return restricted_receiver(call)
    return True
