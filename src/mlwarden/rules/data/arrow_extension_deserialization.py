"""MLW613: Arrow and Parquet files whose extension types are unpickled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import settings_in_code, settings_in_text
from mlwarden.semantics.origins import OriginKind, graded, origin_of, trace_of
from mlwarden.semantics.turning_points import PYARROW_EXTENSIONS_FIXED, RAY_TENSOR_TYPES_FIXED, RAY_TENSOR_TYPES_PICKLED

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# What reads Arrow's schema from a file: keyword of the first argument.
_READERS = {
    "pyarrow.parquet.read_table": "source",
    "pyarrow.parquet.read_pandas": "source",
    "pyarrow.parquet.read_schema": "where",
    "pyarrow.parquet.ParquetFile": "source",
    "pyarrow.parquet.ParquetDataset": "path_or_paths",
    "pyarrow.ipc.open_file": "source",
    "pyarrow.ipc.open_stream": "source",
    "pyarrow.ipc.read_schema": "obj",
    "pyarrow.ipc.RecordBatchFileReader": "source",
    "pyarrow.ipc.RecordBatchStreamReader": "source",
    "pyarrow.RecordBatchFileReader": "source",
    "pyarrow.RecordBatchStreamReader": "source",
    "pyarrow.feather.read_table": "source",
    "pyarrow.feather.read_feather": "source",
    "pyarrow.dataset.dataset": "source",
    "pandas.read_parquet": "path",
    "pandas.read_feather": "path",
}
_RAY_READERS = ("ray.data.read_parquet", "ray.data.read_parquet_bulk")
_SWITCHES = ("pyarrow.PyExtensionType.set_auto_load", "pyarrow.lib.PyExtensionType.set_auto_load")
_RAY_VARIABLE = "RAY_DATA_AUTOLOAD_CLOUDPICKLE_TENSOR_METADATA"


class ArrowExtensionDeserialization(Rule):
    """Reading Arrow or Parquet files by a release that unpickles what their schema holds.

    ## Why is this bad?

    pyarrow before 14.0.1 knows extension types (`PyExtensionType`) that are stored as a pickle in the schema, and
    unpickles them as soon as a file is opened (CVE-2023-47248). Ray Data 2.49 to 2.54 does the same with the metadata of
    tensor columns (CVE-2026-41486). A table is then a program: whoever wrote the file runs code where it is read.

    ## How to fix

    Require `pyarrow>=14.0.1` and `ray>=2.55`. Where pyarrow can't be upgraded, import `pyarrow_hotfix` first. Derive types
    of your own from `ExtensionType`, which stores no pickle.

    ## When it is fine

    When nobody but you writes the files.

    ## Limits

    Readers are reported where the project's dependency files say that such a release is used; without a version nothing is
    said. Where the files come from outside it is high, for a file that the code names it is low.
    """

    code = "MLW613"
    name = "arrow-extension-deserialization"
    severity = Severity.HIGH
    calls = (*_READERS, *_RAY_READERS, *_SWITCHES)
    # The hotfix is no danger, but its import has to be seen.
    triggers = ("pyarrow", "read_parquet", "read_feather", "read_parquet_bulk", "pyarrow_hotfix", _RAY_VARIABLE)
    cwe = (502,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("CVE-2023-47248, pyarrow", "https://nvd.nist.gov/vuln/detail/CVE-2023-47248"),
        Reference("Ray: extension types of Parquet files", "https://github.com/ray-project/ray/pull/62056"),
        Reference("pyarrow_hotfix", "https://pypi.org/project/pyarrow-hotfix/"),
    )
    examples = (
        Bad(
            """
            import io
            import pyarrow.parquet as pq
            import requests

            data = requests.get("https://data.example.org/train.parquet", timeout=60).content
            table = pq.read_table(io.BytesIO(data))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"pyarrow": "==13.0.0"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`pyarrow.parquet.read_table` of pyarrow==13.0.0 unpickles extension types in data from the network: "
            "the file can run code (CVE-2023-47248)",
        ),
        Bad(
            """
            import pandas as pd

            def load(path):
                return pd.read_parquet(path)
                       ^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"pyarrow": "<14"},
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from pyarrow import feather

            df = feather.read_feather("features.feather")
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"pyarrow": "==14.0.0"},
            severity=Severity.LOW,
        ),
        Bad(
            """
            import ray

            ds = ray.data.read_parquet("s3://public-bucket/images.parquet")
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"ray": "==2.53.0"},
            severity=Severity.HIGH,
            message="`ray.data.read_parquet` of ray==2.53.0 unpickles extension types in 's3://public-bucket/images.parquet': "
            "the file can run code (CVE-2026-41486)",
        ),
        Bad(
            """
            import pyarrow as pa

            pa.PyExtensionType.set_auto_load(True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`pyarrow.PyExtensionType.set_auto_load(True)` lets every Arrow and Parquet file that is opened run code",
        ),
        Bad(
            """
            import os
            os.environ["RAY_DATA_AUTOLOAD_CLOUDPICKLE_TENSOR_METADATA"] = "1"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            import ray
            """,
            severity=Severity.HIGH,
        ),
        Good(
            """
            import pandas as pd

            df = pd.read_parquet("https://data.example.org/train.parquet")
            """,
            versions={"pyarrow": ">=14.0.1"},
            because="the release is not affected",
        ),
        Good(
            """
            import pyarrow_hotfix
            import pandas as pd

            df = pd.read_parquet("https://data.example.org/train.parquet")
            """,
            versions={"pyarrow": "==13.0.0"},
            because="the hotfix turns the type off",
        ),
        Good(
            """
            import pandas as pd

            df = pd.read_parquet("https://data.example.org/train.parquet")
            """,
            because="which release is used is not known",
        ),
        Good(
            """
            import pandas as pd

            df = pd.read_parquet("https://data.example.org/train.parquet", engine="fastparquet")
            """,
            versions={"pyarrow": "==13.0.0"},
            because="pyarrow does not read it",
        ),
        Good(
            """
            import ray

            ds = ray.data.read_parquet("s3://public-bucket/images.parquet")
            """,
            versions={"ray": "==2.48.0"},
            because="this release keeps the metadata as JSON",
        ),
        Good(
            """
            import pyarrow as pa

            pa.PyExtensionType.set_auto_load(False)
            """,
            because="it is turned off",
        ),
        Missed(
            """
            import pyarrow as pa

            class Point(pa.PyExtensionType):
                def __init__(self):
                    pa.PyExtensionType.__init__(self, pa.binary(16))
            """,
            because="a type of one's own is dangerous only to those who load files with it",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a reader of an affected release, and the switch that brings the behaviour back."""
        if call.name in _SWITCHES:
            if call.argument("value", 0).may_be(True):
                yield self.finding(
                    call.span, f"`{call.name}(True)` lets every Arrow and Parquet file that is opened run code"
                )
            return
        if call.name in _RAY_READERS:
            affected = RAY_TENSOR_TYPES_PICKLED.passed(model) is True and RAY_TENSOR_TYPES_FIXED.ahead(model) is True
            package, data, cve = "ray", call.argument("paths", 0), "CVE-2026-41486"
        else:
            affected = PYARROW_EXTENSIONS_FIXED.ahead(model) is True and not _is_mended(call, model)
            package, data, cve = "pyarrow", call.argument(_READERS[call.name], 0), "CVE-2023-47248"
        if not affected:
            return
        origin = origin_of(data)
        severity, confidence = graded(origin)
        phrase = origin.phrase if origin.kind is not OriginKind.UNKNOWN else "the file"
        yield self.finding(
            call.span,
            f"`{call.name}` of {model.version(package).describe()} unpickles extension types in {phrase}: "
            f"the file can run code ({cve})",
            severity=severity,
            confidence=confidence,
            trace=trace_of(call, origin),
        )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the environment variable by which Ray unpickles again."""
        from mlwarden.semantics.environment import is_true

        for setting in (*settings_in_code(model, _RAY_VARIABLE), *settings_in_text(model.document, _RAY_VARIABLE)):
            if is_true(setting.value):
                yield self.finding(
                    setting.span,
                    f"`{_RAY_VARIABLE}` lets Ray unpickle the metadata of tensor columns: a Parquet file can run code",
                    confidence=Confidence.HIGH,
                )


def _is_mended(call: CallSite, model: SemanticModel) -> bool:
    """Whether another engine reads the file, or the hotfix is imported."""
    engines = call.argument("engine", 1).strings() if call.name == "pandas.read_parquet" else ()
    if engines and "pyarrow" not in engines and "auto" not in engines:
        return True
    return any("pyarrow_hotfix" in (fragment.names or ()) for fragment in model.fragments)
