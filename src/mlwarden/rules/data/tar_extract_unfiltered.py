"""MLW601: a tar archive that is extracted without a filter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Confidence, Finding, Fix, Reference, Rule, Severity
from mlwarden.rules.data._member_checks import Check, check_before, text_of
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.loaders import has_suffix, reading
from mlwarden.semantics.turning_points import TARFILE_DATA_FILTER_DEFAULT
from mlwarden.semantics.values import ABSENT, Constant, Function, Sequence, Unknown, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

_OPENED = ("tarfile.TarFile()", *(f"tarfile.TarFile.{kind}open()" for kind in ("tar", "gz", "bz2", "xz", "zst")))
# Where `members` stands among the positional arguments, and the member of `extract`.
_METHODS = {"extractall": ("members", 1), "extract": ("member", 0)}
_EXTRACTS = {f"{opened}.{method}": method for opened in _OPENED for method in _METHODS}
# Called on the class, with the archive first; or, by mistake, on the module.
_ON_CLASS = {f"tarfile.TarFile.{method}": method for method in _METHODS}
_ON_MODULE = {f"tarfile.{method}": method for method in _METHODS}
_TRUSTED = ("tarfile.fully_trusted_filter", "fully_trusted")
_REFUSES = re.compile(r"\b(?:data|tar)_filter\b|\braise\b|\bNone\b|\bassert\b|\bisabs\b|\bbasename\b|\breplace\(")
_TAR_NAME = re.compile(r"(?:^|[._])(?:tar(?:_?(?:file|ball|obj|_?archive|_?handle|_?in|_?f))?|tgz|tf)$", re.IGNORECASE)
_TAR_FORMATS = ("tar", "gztar", "bztar", "xztar", "zstdtar")
_TAR_ENDINGS = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
_ELSEWHERE = "members called `../x`, absolute paths and links can write outside the folder"


class TarExtractUnfiltered(Rule):
    """A tar archive that is extracted without a filter.

    ## Why is this bad?

    An archive says itself where its members go. A member called `../../.bashrc` or `/etc/cron.d/job`, or one written
    through a link that came before it, replaces files outside the folder: startup scripts, keys, the program's own
    modules. Who made the archive of a model or data set so runs code on the machine. Before Python 3.14, `tarfile` and
    `shutil.unpack_archive` extract everything as it is unless they are asked not to.

    ## How to fix

    Pass `filter="data"`. It is in Python 3.12 and later, and in 3.8.17, 3.9.17, 3.10.12 and 3.11.4.

    ## When it is fine

    With archives that the program made itself, or whose digest it compared; those are reported with low severity.

    ## Limits

    Whether members are checked before is read from the text of the function and of those it calls: a comparison of
    resolved paths, or of names with `..` and absolute paths, counts, although it overlooks links. Where only one of the
    two is looked for, severity is low. A project that requires Python 3.14 has the filter by default. `zipfile` itself
    takes away `..` and leading slashes.

    ## Fix safety

    The fix is unsafe: with the filter, archives with absolute paths, special files and links that lead outside cannot
    be extracted, and releases of Python before the ones above do not know the argument.
    """

    code = "MLW601"
    name = "tar-extract-unfiltered"
    severity = Severity.HIGH
    calls = ("*.extractall", "*.extract", "shutil.unpack_archive")
    assigns = ("*.extraction_filter",)
    triggers = ("extractall", ("tarfile", "extract"), "unpack_archive", "extraction_filter")
    cwe = (22,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML02",)
    atlas = ("AML.T0010.002",)
    references = (
        Reference(
            "Python: tarfile, extraction filters", "https://docs.python.org/3/library/tarfile.html#extraction-filters"
        ),
        Reference("PEP 706: filter for tarfile.extractall", "https://peps.python.org/pep-0706/"),
        Reference("CVE-2007-4559: tarfile", "https://nvd.nist.gov/vuln/detail/CVE-2007-4559"),
        Reference("CVE-2025-12060: Keras, get_file", "https://nvd.nist.gov/vuln/detail/CVE-2025-12060"),
        Reference("CVE-2025-15031: MLflow", "https://nvd.nist.gov/vuln/detail/CVE-2025-15031"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report extraction without a filter, unless the members are checked."""
        if call.name == "shutil.unpack_archive":
            yield from self._unpack_archive(call, model)
            return
        method = _EXTRACTS.get(call.name) or _ON_CLASS.get(call.name) or _ON_MODULE.get(call.name)
        assumed = method is None and _is_called_tar(call)
        if assumed:
            method = call.attribute
        if method not in _METHODS:
            return
        filtering = _filtering(call)
        if filtering is None or (filtering[0] == "without a filter" and _has_default(call, model)):
            return
        offset = 1 if call.name in _ON_CLASS else 0
        keyword, position = _METHODS[method]
        members = call.argument(keyword, position + offset)
        if method == "extract" and _is_fixed_name(members):
            return
        yield from self._judged(call, model, _archive(call), filtering, members, assumed=assumed)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report a default filter that lets everything through."""
        if not any(name in _TRUSTED for name in assignment.value.names()) and not any(
            _lets_through(option) for option in assignment.value.alternatives()
        ):
            return
        text = assignment.fragment.text[
            assignment.value_span.start - assignment.fragment.start : assignment.value_span.end
            - assignment.fragment.start
        ]
        fixes: tuple[Fix, ...] = ()
        if text.count("fully_trusted_filter") == 1:
            edit = TextEdit(assignment.value_span, text.replace("fully_trusted_filter", "data_filter"))
            fixes = (_fix(edit),)
        yield self.finding(
            assignment.span,
            f"tar archives are extracted without a check from here on: {_ELSEWHERE}",
            trace=assignment.context,
            fixes=fixes,
        )

    def _unpack_archive(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        filtering = _filtering(call)
        if filtering is None or (filtering[0] == "without a filter" and _has_default(call, model)):
            return
        kind = call.argument("format", 2)
        data = call.argument("filename", 0)
        if kind.is_absent or kind.may_be(None):
            tar = has_suffix(data, *_TAR_ENDINGS) or filtering[0] != "without a filter"
            if not tar and has_suffix(data, ".zip", ".whl"):
                return
        else:
            formats = kind.strings()
            if formats and not any(text in _TAR_FORMATS for text in formats):
                return
            tar = bool(formats)
        yield from self._judged(call, model, data, filtering, ABSENT, assumed=not tar)

    def _judged(
        self,
        call: CallSite,
        model: SemanticModel,
        data: Value,
        filtering: tuple[str, Confidence],
        members: Value,
        *,
        assumed: bool,
    ) -> Iterator[Finding]:
        found = reading(call, model, data, unknown="an archive of unknown origin")
        check = check_before(call, model)
        if found is None or (check is Check.FULLY and "lambda" not in filtering[0]):
            return
        how, confidence = filtering
        severity, confidence = found.severity, min(confidence, found.confidence)
        unpack = call.name == "shutil.unpack_archive"
        version = ""
        if how == "without a filter":
            version = " (Python before 3.14)"
            if not model.version("python").alternatives:
                confidence = min(confidence, Confidence.MEDIUM)
        if check is not Check.NONE:
            severity = Severity.LOW
            confidence = Confidence.LOW if check is Check.BY_NAME else min(confidence, Confidence.MEDIUM)
        if isinstance(members, Sequence) and members.complete and not members.items:
            severity, confidence = Severity.LOW, Confidence.LOW
        if assumed:
            confidence = Confidence.LOW
        outcome = f"in a tar archive, {_ELSEWHERE}" if unpack and assumed else _ELSEWHERE
        edit = None if unpack and assumed else call.set_argument("filter", '"data"')
        yield self.finding(
            call.span,
            f"`{call.attribute}` {how} unpacks {found.what}: {outcome}{version}",
            severity=severity,
            confidence=confidence,
            trace=found.trace,
            fixes=() if edit is None else (_fix(edit),),
        )


def _fix(edit: TextEdit) -> Fix:
    return Fix(
        'Extract with `filter="data"`',
        (edit,),
        Applicability.UNSAFE,
        "absolute paths, special files and links that lead outside are refused, and old releases of Python do not know it",
    )


def _filtering(call: CallSite) -> tuple[str, Confidence] | None:
    """What is wrong with the filter of a call, for a sentence, and how sure that is; None if nothing is."""
    options = call.argument("filter").alternatives()
    trusted = [option for option in options if _is_trusted(option)]
    if trusted:
        return "with the filter 'fully_trusted'", Confidence.HIGH if len(trusted) == len(options) else Confidence.MEDIUM
    if all(option.is_absent or option.may_be(None) for option in options):
        return "without a filter", Confidence.HIGH
    if any(_lets_through(option) for option in options):
        return "with a filter that refuses nothing", Confidence.MEDIUM
    return None


def _is_trusted(option: Value) -> bool:
    return option.string() in _TRUSTED or any(name in _TRUSTED for name in option.names())


def _lets_through(option: Value) -> bool:
    """Whether a filter of the project's own never refuses a member, as far as its text tells."""
    return (
        isinstance(option, Function)
        and option.definition is not None
        and not _REFUSES.search(text_of(option.definition))
    )


def _has_default(call: CallSite, model: SemanticModel) -> bool:
    """Whether a filter is used although none is given."""
    if TARFILE_DATA_FILTER_DEFAULT.passed(model) or call.receiver_defines("extraction_filter"):
        return True
    return any(
        assignment.order < call.order
        and not any(_is_trusted(option) or _lets_through(option) for option in assignment.value.alternatives())
        for assignment in model.assignments_of("*.extraction_filter")
    )


def _archive(call: CallSite) -> Value:
    """What the archive is read from: the file object or path that it was opened with."""
    for option in () if call.receiver is None else call.receiver.alternatives():
        opener = option.made_by if isinstance(option, Name) else None
        if opener is not None and opener.name.startswith("tarfile."):
            stream = opener.argument("fileobj", 2)
            if not stream.is_absent and not stream.may_be(None):
                return stream
    return call.receiver if call.receiver is not None else Unknown("computed at run time")


def _is_fixed_name(member: Value) -> bool:
    """Whether a member is named by the code, and so that it stays in the folder."""
    names = member.strings()
    return (
        bool(names)
        and all(isinstance(option, Constant) for option in member.alternatives())
        and not any(name.startswith("/") or ".." in name for name in names)
    )


def _is_called_tar(call: CallSite) -> bool:
    """Whether an object that nothing is known of is called a tar archive: `tar.extractall(...)`."""
    return not call.name and bool(_TAR_NAME.search(call.written.rpartition(".")[0]))


def _examples() -> Examples:
    from mlwarden.rules.data._tar_extract_unfiltered_examples import EXAMPLES

    return EXAMPLES
