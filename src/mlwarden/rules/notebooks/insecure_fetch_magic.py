"""MLW708: files, code or packages that a shell line takes from nobody knows whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_http import (
    ADDRESS_VARIABLES,
    HOST_VARIABLES,
    Insecure,
    assignments,
    in_variable,
    insecure_in,
)
from mlwarden.notebooks.shell_lines import Command, shell_texts
from mlwarden.rules.base import (
    Bad,
    Confidence,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
    TraceStep,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# `URL = "http://..."`
_LITERAL = re.compile(
    r"^[ \t]*(\w+)[ \t]*=[ \t]*(?=[\"'])([\"'])((?:git\+)?(?:http|ftp)s?://[^\"'\s]+)\2", re.MULTILINE
)
_VALUE = re.compile(r"\$\{(\w+)\}|\$(\w+)|\{(\w+)\}")
_VARIABLES_SET = ("os.environ.setdefault", "os.putenv")
_DIGESTS = re.compile(r"(?:(?:sha(?:1|224|256|384|512)?|md5|b2)sum|shasum)")
_GIVEN = re.compile(r"\s*(?P<name>\w+)(?:\s*=\s*|\s+)(?P<value>\S.*)")


class InsecureFetchMagic(Rule):
    """A shell line that takes files, code or packages from a server that proves nothing.

    ## Why is this bad?

    Over `http://`, `ftp://` and `git://`, and where a certificate or a signature is not checked, nobody proves who
    answers. Anybody on the way can hand out another file: data that teaches the model something else, a checkpoint or
    a package that runs code in the kernel.

    ## How to fix

    Use `https://` and leave checks on; compare what arrives with a known digest (`sha256sum -c`). For a company's own
    package index, give it a certificate and name the bundle of its authority (`pip --cert`).

    ## When it is fine

    Inside a private network that encrypts by itself. Downloads from this machine, from private addresses and from names
    without a domain are not reported, nor are those in a cell that compares digests.

    ## Limits

    A variable in a shell line is followed to an assignment of a literal. Certificates that curl, wget, git and the like
    do not verify are reported by MLW217, a second package index by MLW703; downloads by commands that Python runs
    (`subprocess`, `os.system`) by MLW215.

    ## Fix safety

    The fixes are unsafe: the server may not answer over https, or have no valid certificate.
    """

    code = "MLW708"
    name = "insecure-fetch-magic"
    severity = Severity.MEDIUM
    calls = (*SHELL_CALLS, *_VARIABLES_SET)
    assigns = ("os.environ[]",)
    triggers = (
        "http://",
        "ftp://",
        "git://",
        "trusted-host",
        "allow-insecure-host",
        "unauthenticated",
        "Unauthenticated",
        "force-yes",
        "allow-insecure-repositories",
        "gpg",
        "allow-untrusted",
        *HOST_VARIABLES,
        *ADDRESS_VARIABLES,
        *TRIGGERS,
        "environ",
        ("os", "putenv"),
    )
    cwe = (319, 295, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06", "ML02")
    atlas = ("AML.T0010.002", "AML.T0010.001")
    references = (
        Reference("CWE-319: cleartext transmission", "https://cwe.mitre.org/data/definitions/319.html"),
        Reference("pip: --trusted-host", "https://pip.pypa.io/en/stable/cli/pip/#cmdoption-trusted-host"),
        Reference("git: the git protocol has no authentication", "https://git-scm.com/docs/git-daemon"),
    )
    examples = (
        Bad(
            as_notebook("!wget -q http://data.acme.org/train.zip"),
            path="example.ipynb",
            texts=("http://data.acme.org/train.zip",),
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`wget` takes http://data.acme.org/train.zip over a connection that proves nothing: anybody on the "
            "way can hand out something else",
            fixed=as_notebook("!wget -q https://data.acme.org/train.zip"),
        ),
        Bad(
            as_notebook("%%bash\ncd models\ncurl -L 'http://models.acme.org/bert.bin' -o bert.bin && ls"),
            path="example.ipynb",
            texts=("'http://models.acme.org/bert.bin'",),
            severity=Severity.HIGH,
            fixed=as_notebook("%%bash\ncd models\ncurl -L 'https://models.acme.org/bert.bin' -o bert.bin && ls"),
        ),
        Bad(
            as_notebook("!git clone -q git://code.acme.org/train.git\n%pip install git+http://code.acme.org/tools"),
            path="example.ipynb",
            texts=("git://code.acme.org/train.git", "git+http://code.acme.org/tools"),
            severity=Severity.HIGH,
            fixed=as_notebook(
                "!git clone -q https://code.acme.org/train.git\n%pip install git+https://code.acme.org/tools"
            ),
        ),
        Bad(
            as_notebook("!pip install --index-url http://pypi.acme.org/simple --trusted-host pypi.acme.org tools==1.2"),
            path="example.ipynb",
            texts=("http://pypi.acme.org/simple", "--trusted-host"),
            severity=Severity.HIGH,
            fixed=as_notebook("!pip install --index-url https://pypi.acme.org/simple tools==1.2"),
        ),
        Bad(
            as_notebook("%pip install --trusted-host=files.pythonhosted.org torch==2.9.0"),
            path="example.ipynb",
            texts=("--trusted-host=files.pythonhosted.org",),
            message="`pip --trusted-host` takes packages from files.pythonhosted.org without checking its certificate: "
            "anybody on the way can hand out something else",
            fixed=as_notebook("%pip install torch==2.9.0"),
        ),
        Bad(
            as_notebook("URL = 'http://models.acme.org/resnet.pth'", "!wget {URL}\n!curl -O $URL"),
            path="example.ipynb",
            texts=("{URL}", "$URL"),
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            as_notebook("%%sh\nBASE=http://models.acme.org\nwget $BASE/a.zip"),
            path="example.ipynb",
            texts=("$BASE/a.zip",),
            confidence=Confidence.HIGH,
        ),
        Bad(
            as_notebook("%env HF_ENDPOINT=http://hub.acme.org\n%env PIP_TRUSTED_HOST=pypi.acme.org"),
            path="example.ipynb",
            texts=("%env HF_ENDPOINT=http://hub.acme.org", "%env PIP_TRUSTED_HOST=pypi.acme.org"),
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook("!apt-get install -y --allow-unauthenticated libgl1"),
            path="example.ipynb",
            texts=("--allow-unauthenticated",),
            message="`apt-get --allow-unauthenticated` installs packages whose signatures are not checked: anybody on "
            "the way can hand out something else",
            fixed=as_notebook("!apt-get install -y libgl1"),
        ),
        Bad(
            as_notebook("%time !wget http://data.acme.org/a.csv http://data.acme.org/b.csv"),
            path="example.ipynb",
            texts=("http://data.acme.org/a.csv", "http://data.acme.org/b.csv"),
            fixed=as_notebook("%time !wget https://data.acme.org/a.csv https://data.acme.org/b.csv"),
        ),
        Bad(
            """
            import subprocess, sys

            subprocess.check_call([sys.executable, "-m", "pip", "install", "-i", "http://pypi.acme.org/simple", "tools"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            get_ipython().system("wget http://data.acme.org/train.zip")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import os

            os.environ["HF_ENDPOINT"] = "http://hub.acme.org"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            os.environ.setdefault("PIP_TRUSTED_HOST", "pypi.acme.org")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Good(
            """
            import os

            os.environ["HF_ENDPOINT"] = "https://hub.acme.org"
            os.environ["PIP_INDEX_URL"] = "http://localhost:3141/team/stable"
            os.environ["HOMEPAGE"] = "http://acme.org"
            """,
            because="TLS, a server on this machine, and a variable that nothing is fetched from",
        ),
        Good(
            as_notebook("!wget https://data.acme.org/train.zip\n!git clone https://github.com/acme/train"),
            path="example.ipynb",
            because="TLS tells who answers",
        ),
        Good(
            as_notebook("!curl http://localhost:8000/health\n!curl http://10.0.0.7/a\n!wget http://minio:9000/a.bin"),
            path="example.ipynb",
            because="these hosts are local or private",
        ),
        Good(
            as_notebook("%%bash\nwget http://data.acme.org/train.zip\nsha256sum -c train.zip.sha256"),
            path="example.ipynb",
            because="what arrives is compared with a digest",
        ),
        Good(
            as_notebook("!echo see http://data.acme.org\n# !wget http://data.acme.org/a\nprint('wget http://a.org/b')"),
            path="example.ipynb",
            because="nothing is fetched",
        ),
        Good(
            as_notebook("!curl -e http://acme.org https://data.acme.org/a\n!git commit -m 'see http://acme.org'"),
            path="example.ipynb",
            because="the address is no source: a referrer, a message",
        ),
        Good(
            as_notebook("!pip install --trusted-host localhost -i http://localhost:8080/simple tools==1"),
            path="example.ipynb",
            because="the index runs on the same machine",
        ),
        Missed(
            as_notebook("base = 'http://models' + '.acme.org'\n!wget {base}/a.bin"),
            path="example.ipynb",
            because="only literals that are assigned as a whole are followed into shell lines",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report shell lines, shell cells and environment magics of a notebook."""
        if not isinstance(document, Notebook):
            return
        known = _literals(document)
        texts = list(shell_texts(document))
        checked = {shell.cell for shell in texts if any(map(_compares_digest, shell.commands))}
        for shell in texts:
            own = {name: value for command in shell.commands for name, value, _ in assignments(command)}
            values = {**known, **own} if shell.expands and known else {}
            source = document.cells[shell.cell].source
            for command in shell.commands:
                for insecure, sure in _found(command, own, values):
                    if insecure.kind != "file" or shell.cell not in checked:
                        fixes = _fixes(insecure, source) if sure else ()
                        confidence = Confidence.HIGH if sure else Confidence.MEDIUM
                        yield self._report(insecure, insecure.span, confidence=confidence, fixes=fixes)
        for cell in document.cells:
            for magic in cell.magics:
                given = _GIVEN.fullmatch(magic.text) if magic.name in ("env", "set_env") else None
                if given is not None:
                    span = Span(magic.span.start, magic.span.end, cell.index)
                    for insecure in in_variable(given["name"], given["value"], span):
                        yield self._report(insecure, span)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report environment variables that make tools, or the Hub's client, take things insecurely."""
        for insecure in _in_environment(assignment.key, assignment.value, assignment.span):
            yield self._report(insecure, assignment.span, trace=assignment.context)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report what commands install insecurely, and all that IPython's own calls fetch."""
        if call.name in _VARIABLES_SET:
            for insecure in _in_environment(call.argument("key", 0), call.argument("value", 1), call.span):
                yield self._report(insecure, call.span, trace=call.context)
            return
        of_ipython = "get_ipython()" in call.name
        for command in commands_of_call(call):
            for insecure in insecure_in(command):
                if insecure.kind == "host" or (insecure.kind in ("file", "code") and not of_ipython):
                    continue  # MLW217, MLW215
                yield self._report(insecure, call.span, trace=call.context)
                return

    def _report(
        self,
        insecure: Insecure,
        span: Span,
        *,
        confidence: Confidence = Confidence.HIGH,
        trace: tuple[TraceStep, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> Finding:
        what = insecure.what if len(insecure.what) <= 80 else f"{insecure.what[:77]}..."
        if insecure.kind == "host":
            does = f"takes packages from {what} without checking its certificate"
        elif insecure.kind == "unsigned":
            does = "installs packages whose signatures are not checked"
        elif insecure.program in ADDRESS_VARIABLES:
            does = f"has {ADDRESS_VARIABLES[insecure.program]} come from {what} over a connection that proves nothing"
        else:
            does = f"takes {what} over a connection that proves nothing"
        return self.finding(
            span,
            f"`{insecure.program}` {does}: anybody on the way can hand out something else",
            severity=Severity.HIGH if insecure.runs else Severity.MEDIUM,
            confidence=confidence,
            trace=trace,
            fixes=fixes,
        )


def _in_environment(key: Value, value: Value, span: Span) -> Iterator[Insecure]:
    for name in key.strings():
        for text in value.strings():
            yield from in_variable(name, text, span)


def _found(command: Command, own: dict[str, str], values: dict[str, str]) -> Iterator[tuple[Insecure, bool]]:
    """What a command takes insecurely, and whether that is certain: written in the shell text itself.

    Args:
        command: the command.
        own: variables of the shell text.
        values: those and variables of Python, where IPython puts them in.
    """
    plain = list(insecure_in(command, lambda word: _filled(word, own, braces=False)))
    yield from ((insecure, True) for insecure in plain)
    if values:
        spans = {insecure.span for insecure in plain}
        for insecure in insecure_in(command, lambda word: _filled(word, values, braces=True)):
            if insecure.span not in spans:
                yield insecure, False


def _filled(word: str, values: dict[str, str], *, braces: bool) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2] or (match[3] if braces else "")
        return values.get(name, match[0])

    return _VALUE.sub(value, word) if values else word


def _literals(notebook: Notebook) -> dict[str, str]:
    """Variables of Python that addresses are assigned to; one with several has none."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for cell in notebook.cells:
        for match in _LITERAL.finditer(cell.python):
            found[match[1]].add(match[3])
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}


def _compares_digest(command: Command) -> bool:
    return _DIGESTS.fullmatch(command.program) is not None and command.option("-c", "--check") is not None


def _fixes(insecure: Insecure, source: str) -> tuple[Fix, ...]:
    if insecure.edit is None:
        return ()
    span, text = insecure.edit
    if text and source[span.start : span.end].lower() not in ("http", "git"):  # backslashes stand before it
        return ()
    title = "Use https" if text else "Leave the check on"
    why = "the server may not answer over https" if text else "the packages may have no valid certificate or signature"
    return (Fix(title, (TextEdit(span, text),), Applicability.UNSAFE, why),)
