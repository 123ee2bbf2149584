"""MLW709: a notebook that is given a person's drive or cloud identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import Command, shell_texts
from mlwarden.rules.base import (
    Bad,
    Confidence,
    Finding,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
    TraceStep,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# Call -> what it gives.
_GIVEN = {
    "google.colab.drive.mount": "the files of your Google Drive",
    "google.colab.auth.authenticate_user": "your Google identity, with every project that it may use",
}
_MOUNT = "dbutils.fs.mount"
_KEYED = re.compile(r"[a-z0-9]+://[^/@\s]+:[^/@\s]+@")


class CloudDriveMounted(Rule):
    """A person's drive or cloud identity that a notebook is given.

    ## Why is this bad?

    Every line of the notebook, and every package that it imports, can then read, change and delete what that person
    can: all files of the drive, not only the data set; all projects of the account. Notebooks that ask for the drive
    and then run code from the network have been used to steal what lies there.

    ## How to fix

    Copy the data that is needed to a bucket or a dataset of its own, and use a service account or managed identity that
    may read just that.

    ## When it is fine

    In a notebook of your own that runs no code of others: by itself this is a note of low severity. It counts more where
    the notebook also runs code from the network that nobody pinned.

    Off by default: a mounted drive is how many notebooks get their data.

    ## Limits

    Packages from an index count as known code even without a version (MLW702 reports those). What happens in modules
    that the notebook imports is not looked at.
    """

    code = "MLW709"
    name = "cloud-drive-mounted"
    severity = Severity.LOW
    default = False
    calls = (*_GIVEN, "*.mount", *SHELL_CALLS)
    triggers = (
        ("colab", "mount"),
        "authenticate_user",
        ("dbutils", "mount"),
        ("gcloud", "auth"),
        ("az", "login"),
        ("aws", "login"),
        ("aws", "configure"),
    )
    cwe = (250,)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0012",)
    references = (
        Reference("MITRE ATLAS AML.CS0018, Colab notebooks", "https://atlas.mitre.org/studies/AML.CS0018"),
        Reference("Colab: external data", "https://colab.research.google.com/notebooks/io.ipynb"),
        Reference("Databricks: mounting cloud storage", "https://docs.databricks.com/aws/en/dbfs/mounts"),
    )
    examples = (
        Bad(
            as_notebook("from google.colab import drive\ndrive.mount('/content/drive')", "%pip install torch==2.9.0"),
            path="example.ipynb",
            texts=("drive.mount('/content/drive')",),
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`drive.mount` gives all code in this notebook the files of your Google Drive",
        ),
        Bad(
            as_notebook(
                "from google.colab import drive\ndrive.mount('/content/drive')",
                "!curl -sSL https://example.org/setup.sh | bash",
            ),
            path="example.ipynb",
            texts=("drive.mount('/content/drive')",),
            severity=Severity.MEDIUM,
            message="`drive.mount` gives all code in this notebook the files of your Google Drive, what cell 2 takes from "
            "the network unchecked too",
        ),
        Bad(
            as_notebook(
                "!pip install git+https://github.com/acme/tools\nimport google.colab as colab",
                "colab.auth.authenticate_user()",
            ),
            path="example.ipynb",
            texts=("colab.auth.authenticate_user()",),
            severity=Severity.MEDIUM,
        ),
        Bad(
            as_notebook("!gcloud auth application-default login\n!az login --use-device-code"),
            path="example.ipynb",
            texts=("gcloud auth application-default login", "az login --use-device-code"),
            severity=Severity.LOW,
        ),
        Bad(
            """
            import subprocess
            from google.colab import auth as a

            a.authenticate_user()
            ^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["gcloud", "auth", "login"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            as_notebook(
                "dbutils.fs.mount(source='wasbs://data@acme.blob.core.windows.net', mount_point='/mnt/data',\n"
                "    extra_configs={'fs.azure.account.key.acme.blob.core.windows.net': key})"
            ),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            message="`dbutils.fs.mount` with a key opens the storage to everybody who may use the workspace",
        ),
        Good(
            as_notebook(
                "!az login --identity\n!gcloud auth activate-service-account --key-file key.json\n!gcloud auth list"
            ),
            path="example.ipynb",
            because="these are identities of services, and the last shows which there are",
        ),
        Good(
            as_notebook("!region=$(aws configure get region) && echo $region\n!aws s3 ls\n!echo az login"),
            path="example.ipynb",
            because="nothing is logged in",
        ),
        Good(
            """
            class drive:
                def mount(path):
                    return path

            drive.mount("/content/drive")
            """,
            because="it is the file's own class",
        ),
        Good(
            as_notebook("dbutils.fs.mounts()\ndbutils.fs.ls('/mnt/data')"),
            path="example.ipynb",
            because="nothing is mounted",
        ),
        Missed(
            as_notebook("import helpers\nhelpers.mount_my_drive()"),
            path="example.ipynb",
            because="modules that are not part of the project are not read",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report logins in shell lines."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                login = _login(command)
                if login:
                    yield self._report(login, "your cloud identity", command.span, document)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report mounts and logins in Python."""
        if call.name in SHELL_CALLS:
            for login in filter(None, map(_login, commands_of_call(call))):
                yield self._report(login, "your cloud identity", call.span, model.document, call.context)
                return
        elif call.name not in _GIVEN:
            if call.name != _MOUNT and (call.name or call.written != _MOUNT):
                return
            source = call.argument("source", 0)
            keyed = any(_KEYED.match(text) for text in source.prefixes())
            if keyed or not call.argument("extra_configs", 4).may_be_absent:
                yield self.finding(
                    call.span,
                    f"`{_MOUNT}` with a key opens the storage to everybody who may use the workspace",
                    severity=Severity.MEDIUM,
                    trace=call.context,
                )
        else:
            shown = ".".join(call.name.split(".")[-2:])
            yield self._report(shown, _GIVEN[call.name], call.span, model.document, call.context)

    def _report(
        self, shown: str, what: str, span: Span, document: Document, trace: tuple[TraceStep, ...] = ()
    ) -> Finding:
        foreign = _foreign_code(document) if isinstance(document, Notebook) else None
        where = "this notebook" if isinstance(document, Notebook) else "this process"
        message = f"`{shown}` gives all code in {where} {what}"
        if foreign is not None:
            cell = (foreign.cell or 0) + 1
            message += f", what cell {cell} takes from the network unchecked too"
            trace = (*trace, TraceStep(foreign, "code from the network"))
        return self.finding(span, message, severity=Severity.LOW if foreign is None else Severity.MEDIUM, trace=trace)


def _login(command: Command) -> str:
    """The command by which a person logs in, or "": identities of services are no matter."""
    texts = command.texts
    words = tuple(text for text in texts if not text.startswith("-"))
    if command.program == "gcloud" and words[:2] in (("auth", "login"), ("auth", "application-default")):
        return "gcloud auth login" if "login" in words[:3] else ""
    if command.program == "az" and words[:1] == ("login",):
        return "" if {"--identity", "-i", "--service-principal", "--federated-token"} & set(texts) else "az login"
    if command.program == "aws":
        if words[:2] == ("sso", "login"):
            return "aws sso login"
        if words[:1] == ("configure",) and (len(words) == 1 or words[1] == "sso"):
            return "aws configure"
    return ""


def _foreign_code(notebook: Notebook) -> Span | None:
    """Where the notebook runs code from the network that is neither from an index nor pinned, if it does."""
    from mlwarden.rules.notebooks.magic_install_unpinned import MagicInstallUnpinned
    from mlwarden.rules.notebooks.remote_code_magic import RemoteCodeMagic
    from mlwarden.rules.notebooks.shell_pipe_to_interpreter import ShellPipeToInterpreter

    rules = (ShellPipeToInterpreter(), RemoteCodeMagic(), MagicInstallUnpinned())
    for finding in (finding for rule in rules for finding in rule.check_document(notebook)):
        if finding.severity >= Severity.MEDIUM:
            return finding.span
    return None
