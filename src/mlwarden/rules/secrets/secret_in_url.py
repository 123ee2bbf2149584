"""MLW307: a password or token in a URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.scan import find_secrets
from mlwarden.secrets.urls import accepted_credentials

if TYPE_CHECKING:
    from mlwarden.source.documents import Document


class SecretInUrl(Rule):
    """A password or token in a URL.

    ## Why is this bad?

    A URL is not treated as a secret: it is logged, shown in error messages, kept in shell histories, in the
    configuration of the cloned repository, and in the metadata of pip and MLflow. With the password in it, each of
    these places holds the password.

    ## How to fix

    Put the password into an environment variable or a secret manager and build the URL when it is used, or let a
    credential helper, `.netrc` or the driver's own configuration provide it.

    ## When it is fine

    For a throw-away service on your own machine. Names like `db` and `localhost` lower the confidence.

    ## Limits

    Passwords that say that they are placeholders or defaults (`password`, `changeme`, `postgres`), hosts that are
    reserved for examples, and templates (`{password}`, `$PASS`) are left out.
    """

    code = "MLW307"
    name = "secret-in-url"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT, DocumentKind.DEPENDENCIES)
    triggers = ("://",)
    yields_to = ("MLW314",)
    cwe = (522,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("RFC 3986: user information", "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1"),
        Reference(
            "pip: authentication", "https://pip.pypa.io/en/stable/topics/authentication/#basic-http-authentication"
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report every URL with a password or token in the text, or in the source of every cell."""
        if isinstance(document, Notebook):
            for cell in document.cells:
                yield from self._in_text(cell.source, cell.index, document.path)
        else:
            yield from self._in_text(document.text, None, document.path)

    def _in_text(self, text: str, cell: int | None, path: str) -> Iterator[Finding]:
        for found in accepted_credentials(text, path):
            severity, confidence = self.severity, found.confidence
            if found.is_token:  # of a known kind, it is worse and surer than an unknown one
                for known in find_secrets(text[found.start : found.end]):
                    severity, confidence = max(severity, known.severity), max(confidence, known.confidence)
            article = "an" if found.scheme[0] in "aeiou" or found.scheme.startswith("http") else "a"
            yield self.finding(
                Span(found.start, found.end, cell),
                f"{'token' if found.is_token else 'password'} in {article} {found.scheme} URL: it ends up in logs, "
                "histories and error messages, and whoever reads it can log in",
                severity=severity,
                confidence=confidence,
            )


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    password = "tR7-vq" + "Lw92xE"
    github = sample("github")
    return (
        Bad(
            f"""
            import mlflow

            mlflow.set_tracking_uri("https://ci:{password}@mlflow.acme-labs.io")
                                                {"^" * len(password)}
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="password in an https URL: it ends up in logs, histories and error messages, and whoever reads it "
            "can log in",
        ),
        Bad(
            f"""
            --extra-index-url https://build:{password}@pypi.acme-labs.io/simple
                                            {"^" * len(password)}
            torch==2.6.0
            """,
            path="requirements.txt",
        ),
        Bad(
            f"""
            # git clone https://{github}@github.com/acme-labs/models.git
                                {"^" * len(github)}
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
        ),
        Bad(
            f"""
            database:
              url: postgresql+psycopg2://trainer:{password}@db:5432/features
                                                 {"^" * len(password)}
            """,
            path="config.yaml",
            confidence=Confidence.LOW,
        ),
        Good(
            """
            import os

            url = f"postgresql://trainer:{os.environ['DB_PASSWORD']}@db.acme-labs.io/features"
            shell = "https://${USER}:${TOKEN}@git.acme-labs.io/models.git"
            """,
            because="the password is put in when the program runs",
        ),
        Good(
            """
            # postgresql://user:password@localhost:5432/db, amqp://guest:guest@rabbit:5672
            url = "https://user:secret@example.com/path"
            repository = "git@github.com:acme-labs/models.git"
            """,
            because="these are examples, defaults, and a user without a password",
        ),
        Missed(
            """
            url = "postgresql://trainer:hunter2@features.acme-labs.io/db"
            """,
            because="well-known bad passwords stand in examples far more often than in front of a database",
        ),
    )
