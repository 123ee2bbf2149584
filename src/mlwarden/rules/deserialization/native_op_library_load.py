"""MLW110: a native library loaded from a place that others choose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.origins import Origin, OriginKind, origin_of, trace_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The call, and the argument that names the library.
_LOADERS: dict[str, tuple[str, int]] = {
    "torch.ops.load_library": ("path", 0),
    "torch.classes.load_library": ("path", 0),
    "tensorflow.load_op_library": ("library_filename", 0),
    "tensorflow.load_library": ("library_location", 0),
    "onnxruntime.SessionOptions().register_custom_ops_library": ("path", 0),
    "numpy.ctypeslib.load_library": ("loader_path", 1),
    "ctypes.CDLL": ("name", 0),
    "ctypes.PyDLL": ("name", 0),
    "ctypes.cdll.LoadLibrary": ("name", 0),
    "ctypes.pydll.LoadLibrary": ("name", 0),
}
# Loaders that are used for the system's own libraries most of the time.
_GENERAL = ("ctypes.", "numpy.ctypeslib.")
_SHARED_FOLDER = re.compile(
    r"(?:/tmp/|/var/tmp/|/dev/shm/|(?:~|/root|/home/[^/]+|/Users/[^/]+)/(?:Downloads|\.cache)/|[A-Za-z]:[\\/](?:Temp|Users[\\/]Public)[\\/])"
)


class NativeOpLibraryLoad(Rule):
    """A native library, such as one with custom operators, from a path that others choose.

    ## Why is this bad?

    Loading a shared library runs its initialisers at once, with all rights of the process. Where the path comes from a
    download, a request or the command line, or lies in a folder that others can write to, so does the code.

    ## How to fix

    Ship the library inside the package and load it by a path that the code itself makes from `__file__`. Compare its
    digest with a recorded one if it has to be downloaded.

    ## When it is fine

    When the path comes from a build tool or from configuration that only administrators can write.

    ## Limits

    `ctypes` is reported only where the path certainly comes from outside or from a shared folder; a path that is
    computed is taken to be the package's own.
    """

    code = "MLW110"
    name = "native-op-library-load"
    severity = Severity.HIGH
    calls = tuple(_LOADERS)
    cwe = (114, 427)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000", "AML.T0018.002")
    references = (
        Reference("Python: ctypes.CDLL", "https://docs.python.org/3/library/ctypes.html#loading-shared-libraries"),
        Reference(
            "PyTorch: custom operators, torch.ops.load_library",
            "https://docs.pytorch.org/tutorials/advanced/cpp_custom_ops.html",
        ),
    )
    examples = (
        Bad(
            """
            import torch
            from huggingface_hub import hf_hub_download

            torch.ops.load_library(hf_hub_download("somebody/kernels", "ops.so"))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`torch.ops.load_library` runs the native code in data from the network",
        ),
        Bad(
            """
            import ctypes
            import sys

            library = ctypes.CDLL(sys.argv[1])
                      ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import tensorflow as tf

            kernels = tf.load_op_library("/tmp/kernels.so")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`tensorflow.load_op_library` runs the native code in '/tmp/kernels.so', "
            "a folder that others can write to",
        ),
        Bad(
            """
            import onnxruntime

            def session(model, library):
                options = onnxruntime.SessionOptions()
                options.register_custom_ops_library(library)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return onnxruntime.InferenceSession(model, options)
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
        ),
        Good(
            """
            import os
            import torch

            torch.ops.load_library(os.path.join(os.path.dirname(__file__), "ops.so"))
            """,
            because="the library is part of the package",
        ),
        Good(
            """
            import ctypes
            import ctypes.util

            libc = ctypes.CDLL(ctypes.util.find_library("c"))
            this = ctypes.CDLL(None)
            """,
            because="these are libraries of the system",
        ),
        Good(
            """
            import ctypes
            import hashlib

            def load(path, expected):
                if hashlib.sha256(open(path, "rb").read()).hexdigest() != expected:
                    raise ValueError(path)
                return ctypes.CDLL(path)
            """,
            because="the digest is compared first",
        ),
        Missed(
            """
            import ctypes
            from project.settings import library_path

            library = ctypes.CDLL(library_path())
            """,
            because="where the project's function takes the path from is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a library whose path comes from outside or lies where others can write."""
        keyword, position = _LOADERS[call.name]
        path = call.argument(keyword, position)
        if call.digest_checked:
            return
        origin = origin_of(path)
        judged = self._judge(call, origin)
        where = ""
        if judged is None and any(_SHARED_FOLDER.match(prefix) for prefix in path.prefixes()):
            judged, where = (Severity.MEDIUM, Confidence.MEDIUM), ", a folder that others can write to"
        if judged is None:
            return
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` runs the native code in {origin.phrase}{where}",
            severity=judged[0],
            confidence=judged[1],
            trace=trace_of(call, origin),
        )

    def _judge(self, call: CallSite, origin: Origin) -> tuple[Severity, Confidence] | None:
        if origin.kind is OriginKind.REMOTE:
            return Severity.HIGH, Confidence.HIGH if origin.certain else Confidence.MEDIUM
        if origin.kind is OriginKind.OUTSIDE and origin.certain:
            return Severity.MEDIUM, Confidence.MEDIUM
        if call.name.startswith(_GENERAL) or not origin.phrase.startswith("parameter "):
            return None
        return Severity.MEDIUM, Confidence.LOW
