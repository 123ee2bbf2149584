"""MLW115: NumPy readers that may unpickle object arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import NUMPY_READERS, numpy_load, reading, switched_on
from mlwarden.semantics.values import Partial

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

_DATA = {
    "numpy.lib.format.read_array": "fp",
    "numpy.lib.npyio.NpzFile": "fid",
}


class NumpyAllowPickle(Rule):
    """`numpy.load` with `allow_pickle=True`.

    ## Why is this bad?

    Arrays of Python objects are stored as pickles inside `.npy` and `.npz` files. With `allow_pickle=True` they are
    unpickled while they are read, and a pickle can name any function to be called: whoever can change the file runs
    code with your rights. This is why the default is False since NumPy 1.16.3.

    ## How to fix

    Leave the argument out, and store arrays of numbers or fixed-length strings; keep other data in JSON or Parquet.

    ## When it is fine

    When the same program wrote the file, into a folder that nobody else can write to.

    ## Limits

    A flag whose value is only known at run time is not reported.

    ## Fix safety

    The fix is unsafe: files that hold arrays of objects no longer load.
    """

    code = "MLW115"
    name = "numpy-allow-pickle"
    severity = Severity.MEDIUM
    calls = tuple(NUMPY_READERS)
    assigns = ("numpy.load",)
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("NumPy: numpy.load", "https://numpy.org/doc/stable/reference/generated/numpy.load.html"),
        Reference("CVE-2019-6446: the old default", "https://nvd.nist.gov/vuln/detail/CVE-2019-6446"),
    )
    examples = (
        Bad(
            """
            import numpy as np

            def vocabulary(path):
                return np.load(path, allow_pickle=True).item()
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`numpy.load` with `allow_pickle=True` unpickles objects in data of unknown origin, "
            "and can run code hidden in them",
            fixed="""
            import numpy as np

            def vocabulary(path):
                return np.load(path, allow_pickle=False).item()
            """,
        ),
        Bad(
            """
            from numpy import load

            data = load("train.npz", None, 1)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            fixed="""
            from numpy import load

            data = load("train.npz", None, False)
            """,
        ),
        Bad(
            """
            import numpy as np

            original = np.load
            np.load = lambda *args, **kwargs: original(*args, allow_pickle=True, **kwargs)
                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import numpy as np

            original = np.load
            np.load = lambda *args, **kwargs: original(*args, allow_pickle=False, **kwargs)
            """,
        ),
        Bad(
            """
            import numpy as np
            from functools import partial

            np.load = partial(np.load, allow_pickle=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import numpy as np

            def table(path):
                return np.load(path)
                       ^^^^^^^^^^^^^
            """,
            versions={"numpy": "==1.16.2"},
            fixed="""
            import numpy as np

            def table(path):
                return np.load(path, allow_pickle=False)
            """,
        ),
        Good(
            """
            import numpy as np

            data = np.load("train.npz")
            other = np.load("test.npz", allow_pickle=False)
            """,
            because="the default does not unpickle",
        ),
        Good(
            """
            import io
            import numpy as np

            def copy_of(array):
                buffer = io.BytesIO()
                np.save(buffer, array)
                buffer.seek(0)
                return np.load(buffer, allow_pickle=True)
            """,
            because="the buffer holds what the same function wrote into it",
        ),
        Good(
            """
            import numpy as np

            np.save("objects.npy", np.array([1, 2]), allow_pickle=True)
            """,
            because="writing runs nothing",
        ),
        Missed(
            """
            import numpy as np
            import os

            data = np.load("train.npz", allow_pickle=bool(os.environ.get("OBJECTS")))
            """,
            because="the flag is only known at run time",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose flag is a true constant, or is left out on a NumPy that unpickles by default."""
        on = numpy_load(call, model)
        if on is None:
            return
        data = call.argument(_DATA.get(call.name, "file"), 0)
        read = reading(call, model, data)
        if read is None:
            return
        position = NUMPY_READERS[call.name]
        absent = call.argument("allow_pickle", position).is_absent
        how = f"of {model.version('numpy').describe()}" if absent else "with `allow_pickle=True`"
        yield self.finding(
            call.span,
            f"`{call.name}` {how} unpickles objects in {read.what}, and can run code hidden in them",
            severity=read.severity,
            confidence=min(read.confidence, on),
            trace=read.trace,
            fixes=self._fixes(call, position),
        )

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report a replacement of `numpy.load` that binds the flag."""
        for option in assignment.value.alternatives():
            if isinstance(option, Partial) and "allow_pickle" in dict(option.keywords):
                if switched_on(dict(option.keywords)["allow_pickle"]) is not None:
                    yield self.finding(
                        assignment.span,
                        "`numpy.load` is replaced by one with `allow_pickle=True`, "
                        "so every array file that this process reads can run code hidden in it",
                    )

    def _fixes(self, call: CallSite, position: int | None) -> Iterator[Fix]:
        edit = call.set_argument("allow_pickle", "False", position)
        if edit is not None:
            yield Fix(
                "Set `allow_pickle=False`",
                (edit,),
                Applicability.UNSAFE,
                "files that hold arrays of objects stop loading",
            )
