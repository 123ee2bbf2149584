"""MLW114: pandas readers that unpickle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.origins import OriginKind
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Unknown, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_HDF = ("pandas.read_hdf", "pandas.HDFStore().get", "pandas.HDFStore().select")


class PandasReadPickle(Rule):
    """Reading a data frame with `pandas.read_pickle`, or objects from HDF5.

    ## Why is this bad?

    `read_pickle` unpickles: reading the file may call any function that Python can import. It takes URLs as well as
    paths, so one call can be download and execution in one. `read_hdf` and `HDFStore` unpickle columns and objects that
    PyTables cannot store natively.

    ## How to fix

    Write and read tables as Parquet or Feather, which hold data only.

    ## When it is fine

    When the same program wrote the file, into a folder that nobody else can write to.

    ## Limits

    HDF5 files at a path written in the code are not reported, and items read by `store["key"]` are not seen.
    """

    code = "MLW114"
    name = "pandas-read-pickle"
    severity = Severity.MEDIUM
    calls = ("pandas.read_pickle", *_HDF)
    yields_to = ("MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "pandas: read_pickle, the warning",
            "https://pandas.pydata.org/docs/reference/api/pandas.read_pickle.html",
        ),
        Reference("pandas: read_hdf, the warning", "https://pandas.pydata.org/docs/reference/api/pandas.read_hdf.html"),
    )
    examples = (
        Bad(
            """
            import pandas as pd

            def table(path):
                return pd.read_pickle(path, compression="gzip")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`pandas.read_pickle` on data of unknown origin can run any code that was hidden in it",
        ),
        Bad(
            """
            from pandas import read_pickle

            frame = read_pickle("https://example.com/train.pkl")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import modin.pandas as pd

            frames = [pd.read_pickle(name) for name in ["train.pkl", "test.pkl"]]
                      ^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            import sys
            import pandas

            with pandas.HDFStore(sys.argv[1]) as store:
                frame = store.get("train")
                        ^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import pandas as pd

            frame = pd.read_parquet("https://example.com/train.parquet")
            """,
            because="Parquet holds data only",
        ),
        Good(
            """
            import pandas as pd

            frame = pd.read_hdf("train.h5", "train")
            """,
            because="the file is the project's own, and HDF5 holds pickles in rare cases only",
        ),
        Good(
            """
            def read_pickle(path):
                return path

            read_pickle("train.pkl")
            """,
            because="this function is the module's own",
        ),
        Missed(
            """
            import sys
            import pandas

            store = pandas.HDFStore(sys.argv[1])
            frame = store["train"]
            """,
            because="reading an item is not a call",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report `read_pickle` by origin; HDF5 only where the file is not named in the code, as low."""
        hdf = call.name in _HDF
        data = call.argument("filepath_or_buffer", 0)
        if hdf:
            data = call.argument("path_or_buf", 0) if call.name == "pandas.read_hdf" else self._store(call)
        read = reading(call, model, data)
        if read is None or (hdf and read.origin.kind is OriginKind.LITERAL):
            return
        severity = read.severity
        danger = "can run any code that was hidden in it"
        if hdf:
            severity = Severity.MEDIUM if read.origin.kind is OriginKind.REMOTE else Severity.LOW
            danger = "unpickles its object columns, which can run code"
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` on {read.what} {danger}",
            severity=severity,
            confidence=Confidence.MEDIUM if hdf else read.confidence,
            trace=read.trace,
        )

    def _store(self, call: CallSite) -> Value:
        """The path of the store whose method is called."""
        for option in () if call.receiver is None else call.receiver.alternatives():
            if isinstance(option, Name) and option.made_by is not None:
                return option.made_by.argument("path", 0)
        return Unknown("a store from elsewhere")
