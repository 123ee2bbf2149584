"""Which cells hold Python: what kernels, editors and hosting services write into the metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PYTHON = "python"

# "python", "python2", "python3.11", "ipython3", "xpython" and "xeus-python" (xeus), "pyspark" and "pysparkkernel"
# (sparkmagic), "pythonkernel" (Polyglot Notebooks), "pyodide" and "pyolite" (JupyterLite), "synapse_pyspark" (Fabric).
_PYTHON_NAME = re.compile(
    r"(?:[ixc]|xeus-|synapse_)?(?:python|pyspark)(?:[23]?(?:\.\d+)*)(?:-?kernel)?|pyodide|pyolite", re.IGNORECASE
)
# Kernels of other languages, for notebooks that name a kernel and no language. Everything else is taken for Python,
# since environments are kernels too and have any name ("venv", "tf-gpu", "base").
_OTHER_KERNEL = re.compile(
    r"ir\d*|irkernel|r|julia\b.*|.*scala.*|spark(?:r)?kernel|almond|javascript|tslab|deno|typescript|jslab|bash|"
    r"calysto_.*|\.net-.*|csharp|fsharp|ruby|iruby|perl|iperl|gophernotes|golang|go|rust|evcxr|java|ijava|kotlin|"
    r"xcpp\d*|xeus-cling.*|cling-.*|octave|xoctave|matlab|imatlab|sagemath.*|sas|stata|sql|xsqlite|xsql|haskell|ihaskell|"
    r"lua|xlua|ansible|wolfram.*|swift|clojure.*|clojupyter|coq|sos|robotkernel|maxima|gnuplot|postgres|q|qpk",
    re.IGNORECASE,
)
_DATABRICKS_NOTEBOOK = "application/vnd.databricks.v1+notebook"
_DATABRICKS_CELL = "application/vnd.databricks.v1+cell"


def is_python_name(language: str) -> bool:
    """Whether a language or kernel name means Python of any version or implementation."""
    return _PYTHON_NAME.fullmatch(language.strip()) is not None


def notebook_language(metadata: Mapping[str, Any]) -> str:
    """The language of a notebook's code cells: "python", or another language's name in lower case.

    A notebook that says nothing is taken for Python: it is the default of every tool that writes so little.
    """
    kernel = _table(metadata, "kernelspec")
    for language in (
        _word(_table(metadata, _DATABRICKS_NOTEBOOK), "language"),
        _word(kernel, "language"),
        _word(_table(metadata, "language_info"), "name"),
        _word(metadata, "language"),
    ):
        if language:
            return _normal(language)
    name = _word(kernel, "name")
    return name.lower() if _OTHER_KERNEL.fullmatch(name) else PYTHON


def is_databricks(metadata: Mapping[str, Any]) -> bool:
    """Whether Databricks wrote the notebook: there a cell that begins with `%sql` is SQL as a whole."""
    return _DATABRICKS_NOTEBOOK in metadata


def cell_language(metadata: Mapping[str, Any], language: str, own: str = "") -> str:
    """The language of one code cell.

    Args:
        metadata: the cell's metadata.
        language: the notebook's language, as `notebook_language` returns it.
        own: the cell's own "language" field (nbformat 3), or "".

    Returns:
        "python", or another language's name in lower case.
    """
    stated = (
        _word(_table(metadata, "vscode"), "languageId")
        or _word(_table(metadata, "microsoft"), "language")  # Synapse, Fabric
        or _word(_table(metadata, "polyglot_notebook"), "kernelName")
        or _word(_table(metadata, "dotnet_interactive"), "language")
        or _word(_table(metadata, _DATABRICKS_CELL), "language")
        or (_word(metadata, "kernel") if language == "sos" else "")
        or own
    )
    return _normal(stated) if stated else language


def _normal(language: str) -> str:
    return PYTHON if is_python_name(language) else language.strip().lower()


def _table(metadata: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = metadata.get(key)
    return value if isinstance(value, Mapping) else {}


def _word(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""
