"""MLW311: a file of credentials that is about to be committed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.formats import compiled

if TYPE_CHECKING:
    from mlwarden.source.documents import Document


class _Kind(NamedTuple):
    """A kind of file: its path, what it is, and what has to stand in it."""

    path: str
    what: str
    content: str


def _kind(path: str, what: str, content: str) -> _Kind:
    return _Kind(rf"(?:.*/)?(?:{path})", what, f"(?m){content}")


# A value that may be one: no template, no empty string.
_VALUE = r"[\"']?(?P<value>[^\s\"'<>{}$#,][^\s\"',]*)"
_KINDS = (
    _kind(
        r"\.env|\.env\.(?:local|prod|production|dev|development|staging|test|secrets?)(?:\.local)?|\.?secrets?\.env|prod(?:uction)?\.env"
        r"|\.envrc",
        "secrets",
        rf"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*{_VALUE}",
    ),
    _kind(r"kaggle\.json", "the API key of a Kaggle account", rf"\"key\"\s*:\s*{_VALUE}"),
    _kind(r"[._]netrc", "the logins of `.netrc`", rf"\bpassword[ \t\n]+{_VALUE}"),
    _kind(
        r"[^/]*(?:credentials?|service[-_]?account|gcp|gcloud|google|firebase|sa[-_]?key|key(?:file)?)[^/]*\.json",
        "the key of a service account",
        r"\"private_key\"\s*:\s*\"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]{40})",
    ),
    _kind(
        r"(?:application_default_)?credentials\.json|client_secrets?[^/]*\.json|token\.json",
        "the credentials of a Google account",
        rf"\"(?:client_secret|refresh_token)\"\s*:\s*{_VALUE}",
    ),
    _kind(r"\.?huggingface/token", "the access token of a Hugging Face account", r"\A\s*(?P<value>(?:hf|api_org)_\w+)"),
    _kind(
        r"\.?huggingface/stored_tokens",
        "the access tokens of Hugging Face accounts",
        rf"^hf_token[ \t]*=[ \t]*{_VALUE}",
    ),
    _kind(r"wandb/settings", "the API key of Weights & Biases", rf"^[ \t]*api_key[ \t]*[=:][ \t]*{_VALUE}"),
    _kind(
        r"\.streamlit/secrets\.toml|secrets\.toml",
        "the secrets of an application",
        rf"^[ \t]*(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*{_VALUE}",
    ),
    _kind(r"\.pypirc", "the password of a package index", rf"^[ \t]*password[ \t]*[=:][ \t]*{_VALUE}"),
    _kind(r"\.npmrc", "the token of a package registry", rf"_(?:authToken|auth|password)[ \t]*=[ \t]*{_VALUE}"),
    _kind(
        r"\.aws/credentials|credentials",
        "the access keys of AWS",
        rf"^[ \t]*aws_secret_access_key[ \t]*=[ \t]*{_VALUE}",
    ),
    _kind(r"\.git-credentials", "the passwords of Git", r"://[^\s/:@]+:(?P<value>[^\s/@<>{}$]+)@"),
    _kind(r"\.databrickscfg", "the token of Databricks", rf"^[ \t]*(?:token|client_secret)[ \t]*=[ \t]*{_VALUE}"),
    _kind(r"\.modal\.toml", "the token of Modal", rf"^[ \t]*token_secret[ \t]*=[ \t]*{_VALUE}"),
    _kind(r"\.comet\.config", "the API key of Comet", rf"^[ \t]*api_key[ \t]*=[ \t]*{_VALUE}"),
    _kind(r"clearml\.conf", "the credentials of ClearML", rf"\"?secret_key\"?\s*[=:]\s*{_VALUE}"),
    _kind(r"\.docker/config\.json|\.dockerconfigjson|\.dockercfg", "the logins of Docker", rf"\"auth\"\s*:\s*{_VALUE}"),
    _kind(
        r"(?:\.ssh/)?id_(?:rsa|dsa|ecdsa|ed25519)",
        "a private SSH key",
        r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----\s+\S{40})",
    ),
    _kind(
        r"(?:\.kube/config|kubeconfig)",
        "the login to a Kubernetes cluster",
        rf"^[ \t-]*(?:token|client-key-data|password):[ \t]*{_VALUE}",
    ),
)
# A word in the path of each of these; most files end here.
_MAY_HOLD = re.compile(
    r"env|kaggle|netrc|credential|service|gcp|gcloud|google|firebase|sa[-_]?key|key[^/]*\.json|client_secret|token|wandb/|secrets\.toml|\.pypirc"
    r"|\.npmrc|databrickscfg|modal\.toml|comet\.config|clearml|docker|id_[a-z0-9]+$|kube"
)
_NAMED = re.compile(r"(?:^|/)[^/]*(?:example|sample|template|dist|defaults?|dummy|mock|fixture)[^/]*$", re.IGNORECASE)
_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|testing|fixtures?|testdata|examples?|docs?)/", re.IGNORECASE)
_NO_VALUE = re.compile(
    r"(?:your|my|the|some|insert|enter|put|add|paste|replace|change|todo|tbd|fixme|example|sample|dummy|fake|test|none|null|true|false|xxx"
    r"|\.\.\.|\*\*\*|placeholder|redacted|secret|password|changeme).*|[\d.]{1,6}|(?:/|\./|~|https?://[^@]*$).*|[*x.\-_]+",
    re.IGNORECASE,
)


class EnvFileInRepository(Rule):
    """A file whose only purpose is to hold credentials, where it can be committed.

    ## Why is this bad?

    One `git add .` puts all of its keys into the history, where they stay after the file is deleted, and from where
    every clone and fork has them.

    ## How to fix

    Add the file's name to `.gitignore` (files that Git ignores are not checked here). If Git tracks it already, take it
    out with `git rm --cached`, and revoke every key in it. Commit an `.env.example` with empty values instead.

    ## When it is fine

    When the file is encrypted, or holds made-up values for a test.

    ## Limits

    The file has to hold a value where a secret belongs: an `.env` with nothing but settings is not reported, nor are
    templates such as `.env.example`. The keys themselves, where they have a known shape, are reported by MLW302.
    """

    code = "MLW311"
    name = "env-file-in-repository"
    severity = Severity.HIGH
    kinds = (DocumentKind.TEXT,)
    triggers = ("",)
    cwe = (538,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference(
            "GitHub: removing sensitive data from a repository",
            "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
            "removing-sensitive-data-from-a-repository",
        ),
        Reference("Git: gitignore", "https://git-scm.com/docs/gitignore"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report a file of a known kind that holds a secret, once."""
        path = document.path.replace("\\", "/")
        if _NAMED.search(path) or not _MAY_HOLD.search(path):
            return
        for kind in _KINDS:
            if compiled(kind.path).fullmatch(path) and (secrets := _secrets(kind, document.text)):
                name = path.rpartition("/")[2]
                known = any(_is_known(value) for value in secrets)
                confidence = Confidence.HIGH if known else Confidence.MEDIUM
                if _TEST_FOLDER.search(path) and not known:
                    confidence = Confidence.LOW
                yield self.finding(
                    _first_line(document.text),
                    f"`{name}` holds {kind.what} and is not ignored by Git: one commit publishes it with the repository's history",
                    confidence=confidence,
                )
                return


def _secrets(kind: _Kind, text: str) -> list[str]:
    from mlwarden.secrets.names import is_secret_name

    found = []
    for match in compiled(kind.content).finditer(text):
        parts = match.groupdict()
        if "name" in parts and not is_secret_name(parts["name"]):
            continue
        if len(match["value"]) >= 4 and not _NO_VALUE.fullmatch(match["value"]):
            found.append(match["value"])
    return found


def _is_known(value: str) -> bool:
    """Whether a generator of keys made the value."""
    from mlwarden.secrets.literals import judge

    return value.startswith("-----BEGIN") or judge(value, name="api_key") is not None


def _first_line(text: str) -> Span:
    end = min((place for place in (text.find("\n"), text.find("\r")) if place >= 0), default=len(text))
    return Span(0, end)


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    hf, hexadecimal = sample("huggingface"), sample("kaggle-legacy")
    pem = sample("private-key").replace("\n", "\\n")
    return (
        Bad(
            f"""
            MODEL=llama
            ^^^^^^^^^^^
            HF_TOKEN={hf}
            """,
            path=".env",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`.env` holds secrets and is not ignored by Git: one commit publishes it with the "
            "repository's history",
        ),
        Bad(
            """
            DB_HOST=db.acme-labs.io
            ^^^^^^^^^^^^^^^^^^^^^^^
            export DB_PASSWORD="Tr0ub4dor"
            """,
            path="service/.env.production",
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            f"""
            {{"username": "ada", "key": "{hexadecimal}"}}
            {"^" * (30 + len(hexadecimal))}
            """,
            path="kaggle.json",
            confidence=Confidence.HIGH,
        ),
        Bad(
            f"""
            {{
            ^
              "type": "service_account",
              "private_key": "{pem}"
            }}
            """,
            path="keys/acme-credentials.json",
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            machine api.wandb.ai
            ^^^^^^^^^^^^^^^^^^^^
              login user
              password Tr0ub4dor-and-3
            """,
            path=".netrc",
        ),
        Bad(
            f"""
            [work]
            ^^^^^^
            hf_token = {hf}
            """,
            path=".cache/huggingface/stored_tokens",
        ),
        Bad(
            f"""
            openai_key = "{sample("openai")}"
            {"^" * (15 + len(sample("openai")))}
            """,
            path=".streamlit/secrets.toml",
        ),
        Good(
            """
            HF_TOKEN=
            OPENAI_API_KEY=your-key-here
            DB_PASSWORD=${DB_PASSWORD}
            SECRET_KEY=changeme
            """,
            path=".env",
            because="there is no value where a secret belongs",
        ),
        Good(
            """
            CUDA_VISIBLE_DEVICES=0
            MODEL_NAME=meta-llama/Llama-3.1-8B
            TOKENIZERS_PARALLELISM=false
            MAX_TOKENS=4096
            """,
            path=".env",
            because="these are settings",
        ),
        Good(
            """
            DB_PASSWORD=Tr0ub4dor
            """,
            path=".env.example",
            because="it is a template",
        ),
        Good(
            """
            {"installed": {"client_id": "4711.apps.googleusercontent.com", "client_secret": "<your secret>"}}
            """,
            path="client_secret.json",
            because="the secret is a placeholder",
        ),
        Good(
            """
            {"key": "value", "private_key": null}
            """,
            path="credentials.json",
            because="there is no key in it",
        ),
        Missed(
            """
            username: ada
            password: Tr0ub4dor
            """,
            path="config.yaml",
            because="a configuration file belongs into the repository, and a password has no shape",
        ),
    )
