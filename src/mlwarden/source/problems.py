"""`Problem`: why a file could not be checked, or not wholly. The engine makes a finding of it (MLW0xx)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mlwarden.model.record import record

UNREADABLE = "MLW001"
NOT_TEXT = "MLW002"
PYTHON_SYNTAX = "MLW003"
INVALID_NOTEBOOK = "MLW004"
TOO_LARGE = "MLW005"
INVALID_DEPENDENCY_FILE = "MLW006"
RULE_FAILED = "MLW007"
UNUSED_SUPPRESSION = "MLW008"
INVALID_SUPPRESSION = "MLW009"

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        UNREADABLE: "The file or folder cannot be read: it has vanished, or permission is missing.",
        NOT_TEXT: "The bytes are not valid text in the encoding that the file has or declares.",
        PYTHON_SYNTAX: "The Python code has a syntax error, so that rules about code could not run.",
        INVALID_NOTEBOOK: "The file is named as a notebook and is none: broken JSON, or not the notebook format.",
        TOO_LARGE: "The file is larger, or its code more deeply nested, than mlwarden analyses.",
        INVALID_DEPENDENCY_FILE: "The dependency file breaks its own format, so that what it requires is not known.",
    }
)


@record(frozen=True, slots=True)
class Problem:
    """Trouble in one scanned file.

    Attributes:
        code: one of the constants above.
        message: one sentence: what is wrong and where, as far as that is known.
        offset: code points into the file's text as far as it can be shown (`decoding.Decoded.text`).
    """

    code: str
    message: str
    offset: int = 0
