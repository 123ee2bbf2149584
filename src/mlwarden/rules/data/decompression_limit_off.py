"""MLW615: a library's guard against files that blow up when they are read is turned off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.semantics.environment import settings_in_code, settings_in_text, without_statement

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Pillow's own limit is 89,478,485; ten times as many pixels are a picture of 3.6 GB in RGBA.
_MANY_PIXELS = 900_000_000
_MANY_BYTES = 2**31 - 1
_LONG_HEADER = 10_000_000
_PILLOW = ("PIL.Image.MAX_IMAGE_PIXELS", "PIL.PngImagePlugin.MAX_TEXT_CHUNK", "PIL.PngImagePlugin.MAX_TEXT_MEMORY")
_TRUNCATED = "PIL.ImageFile.LOAD_TRUNCATED_IMAGES"
_OPENCV = "OPENCV_IO_MAX_IMAGE_PIXELS"
_VISITORS = ("request", "llm", "tool", "network")


class DecompressionLimitOff(Rule):
    """The limit on how large a file may become when it is read is taken away.

    ## Why is this bad?

    A PNG of some kilobytes can hold a picture of a billion pixels, a line of CSV a field of gigabytes, the header of a `.npy`
    file an expression that takes minutes to parse. The libraries refuse them; without the limit, one file from outside takes
    the memory of the machine.

    ## How to fix

    Keep the limit, or raise it to what your largest file needs. Check sizes (`Image.open(f).size`) before decoding.

    ## When it is fine

    For files that you made yourself, such as scans of slides or satellite pictures. The rule is off by default for that
    reason.

    ## Limits

    `LOAD_TRUNCATED_IMAGES` is reported where the same file handles uploads or downloads.

    ## Fix safety

    The fix is unsafe: large files are refused again.
    """

    code = "MLW615"
    name = "decompression-limit-off"
    severity = Severity.LOW
    default = False
    calls = (
        "csv.field_size_limit",
        "numpy.load",
        "numpy.lib.format.open_memmap",
        "lxml.etree.XMLParser",
        "warnings.simplefilter",
        "warnings.filterwarnings",
    )
    assigns = (*_PILLOW, _TRUNCATED)
    triggers = (
        "MAX_IMAGE_PIXELS",
        "MAX_TEXT_CHUNK",
        "MAX_TEXT_MEMORY",
        "LOAD_TRUNCATED_IMAGES",
        "field_size_limit",
        "max_header_size",
        "huge_tree",
        "DecompressionBombWarning",
        _OPENCV,
    )
    cwe = (409,)
    owasp_llm = ("LLM10",)
    atlas = ("AML.T0029",)
    references = (
        Reference(
            "Pillow: Image.open and decompression bombs",
            "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.open",
        ),
        Reference("csv.field_size_limit", "https://docs.python.org/3/library/csv.html#csv.field_size_limit"),
        Reference("numpy.load: max_header_size", "https://numpy.org/doc/stable/reference/generated/numpy.load.html"),
    )
    examples = (
        Bad(
            """
            from PIL import Image

            Image.MAX_IMAGE_PIXELS = None
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            picture = Image.open(path)
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`Image.MAX_IMAGE_PIXELS = None` takes away the limit on a picture's size: a small file can fill the memory",
            fixed="""
            from PIL import Image

            picture = Image.open(path)
            """,
        ),
        Bad(
            """
            import io
            import PIL.Image
            from fastapi import FastAPI, UploadFile

            PIL.Image.MAX_IMAGE_PIXELS = 10**12
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            app = FastAPI()

            @app.post("/classify")
            async def classify(file: UploadFile):
                return model(PIL.Image.open(io.BytesIO(await file.read())))
            """,
            severity=Severity.MEDIUM,
            fixed="""
            import io
            import PIL.Image
            from fastapi import FastAPI, UploadFile

            app = FastAPI()

            @app.post("/classify")
            async def classify(file: UploadFile):
                return model(PIL.Image.open(io.BytesIO(await file.read())))
            """,
        ),
        Bad(
            """
            import csv
            import sys

            csv.field_size_limit(sys.maxsize)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            rows = list(csv.reader(file))
            """,
            fixed="""
            import csv
            import sys

            rows = list(csv.reader(file))
            """,
        ),
        Bad(
            """
            import numpy as np

            data = np.load(path, max_header_size=2**31)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import numpy as np

            data = np.load(path)
            """,
        ),
        Bad(
            """
            import warnings
            from PIL import Image

            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import warnings
            from PIL import Image

            """,
        ),
        Bad(
            """
            import os

            os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(2**40)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            import cv2
            """,
            fixed="""
            import os

            import cv2
            """,
        ),
        Bad(
            """
            import requests
            from PIL import Image, ImageFile

            ImageFile.LOAD_TRUNCATED_IMAGES = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            picture = Image.open(requests.get(url, stream=True, timeout=10).raw)
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import requests
            from PIL import Image, ImageFile

            picture = Image.open(requests.get(url, stream=True, timeout=10).raw)
            """,
        ),
        Good(
            """
            from PIL import Image, ImageFile

            Image.MAX_IMAGE_PIXELS = 200_000_000
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            picture = Image.open("slide.tif")
            """,
            because="there still is a limit, and the file is a local one",
        ),
        Good(
            """
            import csv
            import numpy as np

            csv.field_size_limit(1_000_000)
            old = csv.field_size_limit()
            data = np.load("x.npy", max_header_size=20_000)
            """,
            because="the limits are moderate",
        ),
        Good(
            """
            class Image:
                MAX_IMAGE_PIXELS = 10

            Image.MAX_IMAGE_PIXELS = None
            """,
            because="it is not Pillow's",
        ),
        Good(
            """
            import warnings

            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            """,
            because="the warning is made an error",
        ),
        Missed(
            """
            from PIL import Image

            setattr(Image, "MAX_IMAGE_PIXELS", None)
            """,
            because="`setattr` is no assignment",
        ),
    )

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report limits of Pillow that are None or very high."""
        if assignment.fragment.path is not None:
            return
        if assignment.target == _TRUNCATED:
            if assignment.value.may_be(True) and _takes_files(model):
                yield self._found(
                    assignment.span,
                    "`LOAD_TRUNCATED_IMAGES = True` decodes broken pictures from outside: their decoders are where the errors are",
                    model,
                    confidence=Confidence.MEDIUM,
                )
            return
        fragment = assignment.fragment
        written = fragment.text[
            assignment.value_span.start - fragment.start : assignment.value_span.end - fragment.start
        ]
        if assignment.value.may_be(None) or _exceeds(assignment.value, _MANY_PIXELS, written):
            value = "None" if assignment.value.may_be(None) else "a very high number"
            name = ".".join(assignment.target.split(".")[1:])
            yield self._found(
                assignment.span,
                f"`{name} = {value}` takes away the limit on a picture's size: a small file can fill the memory"
                if value == "None"
                else f"`{name}` is set to {value}: a small file can fill the memory",
                model,
                severity=Severity.MEDIUM if _takes_files(model) else Severity.LOW,
            )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report limits that a call takes away."""
        if call.fragment.path is not None:
            return
        if call.name == "csv.field_size_limit":
            limit = call.argument("new_limit", 0)
            if "sys.maxsize" in limit.names() or _exceeds(limit, _MANY_BYTES, _written(call, "new_limit", 0)):
                yield self._found(
                    call.span, "`csv.field_size_limit` is set so high that one field can fill the memory", model
                )
        elif call.name.startswith("numpy."):
            if _exceeds(call.argument("max_header_size"), _LONG_HEADER, _written(call, "max_header_size")):
                edit = call.remove_argument("max_header_size")
                fix = (
                    ()
                    if edit is None
                    else (Fix("Keep NumPy's limit", (edit,), Applicability.UNSAFE, "long headers are refused"),)
                )
                message = f"`{call.name}` parses headers of any length: one can take minutes and the memory"
                yield self.finding(call.span, message, fixes=fix)
        elif call.name == "lxml.etree.XMLParser":
            if call.argument("huge_tree").may_be(True):
                edit = call.remove_argument("huge_tree")
                fix = (
                    ()
                    if edit is None
                    else (
                        Fix("Keep lxml's limits", (edit,), Applicability.UNSAFE, "deep and long documents are refused"),
                    )
                )
                yield self.finding(
                    call.span,
                    "`XMLParser(huge_tree=True)` takes away libxml2's limits: a document can fill the memory",
                    fixes=fix,
                )
        elif call.argument("action", 0).may_be("ignore"):
            category = call.argument("category", 1 if call.name.endswith("simplefilter") else 2)
            if any(name.startswith("PIL.") and "DecompressionBomb" in name for name in category.names()):
                yield self._found(
                    call.span,
                    "The warning that a picture is far too large is silenced: a small file can fill the memory",
                    model,
                )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report OpenCV's limit that is set too high by its environment variable."""
        for setting in (*settings_in_code(model, _OPENCV), *settings_in_text(model.document, _OPENCV)):
            high = [_number(constant) >= _MANY_PIXELS * 2 for constant in setting.value.constants()]
            if any(high) or not high:
                fix = (
                    ()
                    if setting.removal is None
                    else (
                        Fix(
                            "Keep OpenCV's limit",
                            (setting.removal,),
                            Applicability.UNSAFE,
                            "large files are refused again",
                        ),
                    )
                )
                yield self.finding(
                    setting.span, f"`{_OPENCV}` is set so high that a small file can fill the memory", fixes=fix
                )

    def _found(
        self,
        span: Span,
        message: str,
        model: SemanticModel,
        *,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> Finding:
        edit = without_statement(model.document, span)
        fix = Fix("Remove the statement", (edit,), Applicability.UNSAFE, "large files are refused again")
        return self.finding(span, message, severity=severity, confidence=confidence, fixes=(fix,))


def _exceeds(value: Value, limit: int, written: str) -> bool:
    numbers = [_number(constant) for constant in value.constants() if not isinstance(constant, str)]
    return any(number >= limit for number in numbers) or (not numbers and _computed(written) >= limit)


def _written(call: CallSite, name: str, position: int | None = None) -> str:
    span = call.argument_span(name, position)
    return "" if span is None else call.text(span)


def _computed(text: str) -> float:
    """What a short product or power of numbers comes to (`10**12`, `1 << 40`); 0 if it is something else."""
    match = re.fullmatch(r"\s*(\d{1,12})\s*(\*\*|\*|<<)\s*(\d{1,12})\s*", text.replace("_", ""))
    if match is None:
        return 0
    left, right = int(match[1]), int(match[3])
    if match[2] == "*":
        return left * right
    return float((left if match[2] == "**" else 2) ** min(right, 62) * (1 if match[2] == "**" else left))


def _number(constant: object) -> float:
    """A constant as a number, also one written as text; 0 if it is none."""
    if isinstance(constant, (int, float)) and not isinstance(constant, bool):
        return constant
    if isinstance(constant, str) and constant.strip().isdecimal() and len(constant) <= 30:
        return int(constant)
    return 0


def _takes_files(model: SemanticModel) -> bool:
    """Whether the document opens pictures that come from outside."""
    return any(
        value.tainted_by(*_VISITORS) for call in model.calls_of("PIL.Image.open") for value in call.positional()[:1]
    )
