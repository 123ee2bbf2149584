"""MLW310: the keys of cloud storage, written into the code that opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.wording import WHY_ENVIRONMENT, sentence
from mlwarden.semantics.values import Constant, Mapping, Value

if TYPE_CHECKING:
    from mlwarden.secrets.scan import SecretMatch
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_KEY, _SECRET, _SESSION = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_AZURE_KEY, _AZURE_STRING, _AZURE_SAS = (
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_SAS_TOKEN",
)
_AZURE_CLIENT = "AZURE_CLIENT_SECRET"
# What options are called in s3fs, boto3, pyarrow, object_store (polars, deltalake), adlfs, daft, minio, in lower case ->
# the environment variable that holds such a value.
_OPTIONS = {
    **dict.fromkeys(
        (
            "key",
            "aws_access_key_id",
            "access_key_id",
            "access_key",
            "key_id",
            "s3_access_key",
            "username",
            "aws_access_key",
        ),
        _KEY,
    ),
    **dict.fromkeys(
        (
            "secret",
            "aws_secret_access_key",
            "secret_access_key",
            "secret_key",
            "s3_secret_key",
            "password",
            "aws_secret_key",
        ),
        _SECRET,
    ),
    **dict.fromkeys(("aws_session_token", "session_token"), _SESSION),
    **dict.fromkeys(
        (
            "account_key",
            "azure_storage_account_key",
            "azure_storage_access_key",
            "azure_storage_key",
            "storage_account_key",
        ),
        _AZURE_KEY,
    ),
    **dict.fromkeys(("connection_string", "conn_str", "azure_storage_connection_string"), _AZURE_STRING),
    **dict.fromkeys(("sas_token", "azure_storage_sas_token", "sas_key", "azure_storage_sas_key"), _AZURE_SAS),
    **dict.fromkeys(("client_secret", "azure_client_secret", "azure_storage_client_secret"), _AZURE_CLIENT),
    "credential": _AZURE_KEY,
    "private_key": "GOOGLE_APPLICATION_CREDENTIALS",
    "token": "STORAGE_TOKEN",
}
# Keywords that hold such options in a dictionary, of any call.
_HOLDERS = (
    "storage_options",
    "client_kwargs",
    "filesystem_options",
    "fs_options",
    "fs_kwargs",
    "backend_options",
    "s3_options",
)
# Clients -> the positions of their secrets.
_CLIENTS: dict[str, tuple[tuple[int, str], ...]] = {
    "s3fs.S3FileSystem": ((1, "key"), (2, "secret"), (3, "token")),
    "s3fs.core.S3FileSystem": ((1, "key"), (2, "secret"), (3, "token")),
    "gcsfs.GCSFileSystem": ((3, "token"),),
    "gcsfs.core.GCSFileSystem": ((3, "token"),),
    "adlfs.AzureBlobFileSystem": ((1, "account_key"), (2, "connection_string")),
    "fsspec.filesystem": (),
    "fsspec.open": (),
    "fsspec.open_files": (),
    "fsspec.get_mapper": (),
    "fsspec.core.url_to_fs": (),
    "pyarrow.fs.S3FileSystem": (),
    "pyarrow.fs.AzureFileSystem": (),
    "pyarrow.fs.GcsFileSystem": (),
    "boto3.client": (),
    "boto3.resource": (),
    "boto3.Session": ((0, "aws_access_key_id"), (1, "aws_secret_access_key"), (2, "aws_session_token")),
    "boto3.session.Session": ((0, "aws_access_key_id"), (1, "aws_secret_access_key"), (2, "aws_session_token")),
    "boto3.Session().client": (),
    "boto3.Session().resource": (),
    "boto3.session.Session().client": (),
    "boto3.session.Session().resource": (),
    "aioboto3.Session": ((0, "aws_access_key_id"), (1, "aws_secret_access_key")),
    "aioboto3.Session().client": (),
    "cloudpathlib.S3Client": ((0, "aws_access_key_id"), (1, "aws_secret_access_key"), (2, "aws_session_token")),
    "cloudpathlib.AzureBlobClient": (),
    "daft.io.S3Config": (),
    "daft.io.AzureConfig": (),
    "obstore.store.S3Store": (),
    "obstore.store.AzureStore": (),
    "minio.Minio": ((1, "access_key"), (2, "secret_key"), (3, "session_token")),
    "azure.storage.blob.BlobServiceClient": ((1, "credential"),),
    "azure.storage.blob.ContainerClient": (),
    "azure.storage.blob.BlobClient": (),
    "azure.storage.blob.BlobServiceClient.from_connection_string": ((0, "conn_str"),),
    "azure.storage.blob.ContainerClient.from_connection_string": ((0, "conn_str"),),
    "azure.storage.blob.BlobClient.from_connection_string": ((0, "conn_str"),),
    "azure.storage.filedatalake.DataLakeServiceClient": ((1, "credential"),),
    "azure.storage.filedatalake.DataLakeServiceClient.from_connection_string": ((0, "conn_str"),),
    "google.oauth2.service_account.Credentials.from_service_account_info": ((0, "info"),),
    "google.cloud.storage.Client.from_service_account_info": ((0, "info"),),
    "google.cloud.bigquery.Client.from_service_account_info": ((0, "info"),),
}
# `spark.conf.set("fs.s3a.secret.key", "...")`, `.config("spark.hadoop.fs.s3a.access.key", "...")`
_SPARK = re.compile(
    r"(?:spark\.hadoop\.)?(?:fs\.s3[an]?\.(?:[\w.-]+\.)?(?P<s3>access\.key|secret\.key|session\.token|awsAccessKeyId"
    r"|awsSecretAccessKey)|fs\.azure\.(?P<azure>account\.key|sas|account\.oauth2\.client\.secret)\.?.*)"
)
_SPARK_NAMES = {
    "access.key": _KEY,
    "awsAccessKeyId": _KEY,
    "session.token": _SESSION,
    "account.key": _AZURE_KEY,
    "sas": _AZURE_SAS,
}
_SPARK_CALLS = ("set", "config", "setAll")


class CloudStorageCredentials(Rule):
    """The access keys of S3, Azure or Google storage, written into the code that opens it.

    ## Why is this bad?

    These keys seldom open one file: they read, change and delete whatever the account may, and buy computing time. In
    code and notebooks they end up in repositories, where scanners of attackers find them within minutes.

    ## How to fix

    Leave the keys out: all of these libraries find the credentials of the environment, of the configuration of the
    command line tools, or of the role that the machine has. Then revoke the old keys.

    ## When it is fine

    For the public keys of emulators (Azurite, MinIO's defaults), which are not reported here.

    ## Limits

    A value of no known format has to be long and random. Options in configuration files are seen by MLW302 where they
    have a known shape.

    ## Fix safety

    The fix is unsafe: it removes the argument or reads the value from its environment variable; the program then needs
    credentials in its environment.
    """

    code = "MLW310"
    name = "cloud-storage-credentials"
    severity = Severity.CRITICAL
    triggers = (
        *_HOLDERS,
        *dict.fromkeys(
            ("s3fs", "gcsfs", "adlfs", "fsspec", "boto3", "aioboto3", "cloudpathlib", "daft", "obstore", "minio")
        ),
        ("pyarrow", "fs"),
        ("azure", "storage"),
        ("google", "from_service_account_info"),
        # Hadoop's settings: `fs.s3a.secret.key`, `fs.azure.account.key`
        ("fs", "s3"),
        ("fs", "s3a"),
        ("fs", "s3n"),
        ("fs", "azure"),
    )
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("s3fs: credentials", "https://s3fs.readthedocs.io/en/latest/#credentials"),
        Reference(
            "pandas: reading remote files",
            "https://pandas.pydata.org/docs/user_guide/io.html#reading-writing-remote-files",
        ),
        Reference(
            "AWS: do not embed access keys in code",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/securing_access-keys.html",
        ),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at the arguments of storage clients, at storage options, and at Spark's settings."""
        for call in model.calls:
            if call.fragment.path is None:
                for option, value, span, keyword in _options(call):
                    yield from self._judged(model, call, option, value, span or call.span, keyword)

    def _judged(
        self, model: SemanticModel, call: CallSite, option: str, value: Value, used: Span, keyword: str
    ) -> Iterator[Finding]:
        from mlwarden.secrets.literals import secrets_in
        from mlwarden.semantics.literals import value_span

        variable = _OPTIONS.get(option, option)
        about = {"name": variable.lower(), "provider": _provider(variable), "path": model.document.path}
        for text, found in secrets_in(value.strings(), **about):
            if found.format == "url-password":
                continue
            span = value_span(model.document, text, used) or used
            trace = []
            if not used.contains(span):
                trace = [TraceStep(span, "the key"), TraceStep(used, f"is passed to `{call.name or call.attribute}`")]
            yield self.finding(
                span,
                sentence(found, f"in the storage options of `{call.name or call.attribute}`"),
                severity=found.severity,
                confidence=found.confidence if found.format else Confidence.MEDIUM,
                trace=trace,
                fixes=_fixes(model, call, span, keyword, found, variable),
            )


def _provider(variable: str) -> str:
    if variable.startswith("AWS"):
        return "aws"
    return "azure storage" if variable.startswith("AZURE") else "storage"


def _options(call: CallSite) -> Iterator[tuple[str, Value, Span | None, str]]:
    """The options of a call that may be secrets: name, value, place, and the keyword if it is one of its own."""
    client = _CLIENTS.get(call.name)
    if client is not None:
        seen = set()
        for keyword in call.keyword_names():
            if keyword.lower() in _OPTIONS:
                seen.add(keyword)
                yield keyword.lower(), call.argument(keyword), call.argument_span(keyword), keyword
        for position, name in client:
            if name not in seen:
                value = call.argument(name, position)
                yield name, value, call.argument_span(name, position), ""
                yield from _in_mapping(value, call.argument_span(name, position))
        if "token" in seen:
            yield from _in_mapping(call.argument("token"), call.argument_span("token"))
    for holder in _HOLDERS:
        if holder in call.keyword_names():
            yield from _in_mapping(call.argument(holder), call.argument_span(holder))
    if call.attribute in _SPARK_CALLS:
        yield from _spark(call)


def _in_mapping(value: Value, span: Span | None, depth: int = 0) -> Iterator[tuple[str, Value, Span | None, str]]:
    for option in value.alternatives():
        if not isinstance(option, Mapping):
            continue
        for key, item in option.items:
            name = str(key).lower()
            if name in _OPTIONS:
                yield name, item, span, ""
            if depth < 3:
                yield from _in_mapping(item, span, depth + 1)


def _spark(call: CallSite) -> Iterator[tuple[str, Value, Span | None, str]]:
    for name in call.argument("key", 0).strings():
        found = _SPARK.fullmatch(name)
        if found is not None:
            kind = found["s3"] or found["azure"]
            variable = _SPARK_NAMES.get(kind, _SECRET if found["s3"] else _AZURE_CLIENT)
            yield variable, call.argument("value", 1), call.argument_span("value", 1), ""


def _fixes(
    model: SemanticModel, call: CallSite, span: Span, keyword: str, found: SecretMatch, variable: str
) -> Iterator[Fix]:
    from mlwarden.semantics.literals import read_from_environment

    own = call.argument_span(keyword) if keyword else None
    if own is not None and own.contains(span) and isinstance(call.argument(keyword), Constant):
        removal = call.remove_argument(keyword)
        if removal is not None and keyword not in {"credential"}:
            yield Fix(
                f"Remove `{keyword}`",
                (removal,),
                Applicability.UNSAFE,
                "credentials must be found in the environment where the program runs",
            )
            return
    if variable != "GOOGLE_APPLICATION_CREDENTIALS":
        edits = read_from_environment(model.document, span, variable or found.env)
        if edits is not None:
            yield Fix("Read it from an environment variable", edits, Applicability.UNSAFE, WHY_ENVIRONMENT)


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    key, secret = sample("aws-key-id"), sample("aws-secret")
    azure = "DefaultEndpointsProtocol=https;AccountName=models;" + sample("azure-account-key")
    pem = sample("private-key").replace("\n", "\\n")
    return (
        Bad(
            f"""
            import pandas as pd

            frame = pd.read_parquet(
                "s3://acme/features.parquet",
                storage_options={{
                    "key": "{key}",
                            {"^" * len(key)}
                    "secret": "{secret}",
                               {"^" * len(secret)}
                }},
            )
            """,
            confidence=Confidence.HIGH,
            fixed="""
            import pandas as pd
            import os

            frame = pd.read_parquet(
                "s3://acme/features.parquet",
                storage_options={
                    "key": os.environ["AWS_ACCESS_KEY_ID"],
                    "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
                },
            )
            """,
        ),
        Bad(
            f"""
            import s3fs

            SECRET = "{secret}"
                      {"^" * len(secret)}
            fs = s3fs.S3FileSystem(anon=False, secret=SECRET)
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="AWS secret access key in the storage options of `s3fs.S3FileSystem`: whoever reads it here, or in its "
            "history, can use it until it is revoked",
            fixed="""
            import s3fs
            import os

            SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
            fs = s3fs.S3FileSystem(anon=False, secret=SECRET)
            """,
        ),
        Bad(
            f"""
            import boto3

            s3 = boto3.client("s3", aws_secret_access_key="{secret}", region_name="eu-central-1")
                                                           {"^" * len(secret)}
            """,
            fixed="""
            import boto3

            s3 = boto3.client("s3", region_name="eu-central-1")
            """,
        ),
        Bad(
            f"""
            from azure.storage.blob import BlobServiceClient

            service = BlobServiceClient.from_connection_string("{azure}")
                                                                {"^" * len(azure)}
            """,
            severity=Severity.CRITICAL,
            fixed="""
            from azure.storage.blob import BlobServiceClient
            import os

            service = BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"])
            """,
        ),
        Bad(
            f"""
            from google.oauth2 import service_account

            SERVICE_ACCOUNT = {{
                "type": "service_account",
                "private_key": "{pem}",
            }}
            credentials = service_account.Credentials.from_service_account_info(SERVICE_ACCOUNT)
                                                                                ^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            f"""
            def configure(spark):
                spark.conf.set("fs.s3a.secret.key", "{secret}")
                                                     {"^" * len(secret)}
            """,
            fixed="""
            import os

            def configure(spark):
                spark.conf.set("fs.s3a.secret.key", os.environ["AWS_SECRET_ACCESS_KEY"])
            """,
        ),
        Bad(
            f"""
            from minio import Minio

            client = Minio("minio.acme-labs.io:9000", "trainer", "{secret}")
                                                                  {"^" * len(secret)}
            """,
            fixed="""
            from minio import Minio
            import os

            client = Minio("minio.acme-labs.io:9000", "trainer", os.environ["AWS_SECRET_ACCESS_KEY"])
            """,
        ),
        Good(
            """
            import os
            import boto3
            import pandas as pd
            import s3fs

            s3 = boto3.client("s3")
            fs = s3fs.S3FileSystem(anon=True)
            frame = pd.read_csv("s3://acme/x.csv", storage_options={"key": os.environ["AWS_ACCESS_KEY_ID"], "anon": False})
            """,
            because="the keys come from the environment",
        ),
        Good(
            """
            import boto3
            from minio import Minio

            local = boto3.client("s3", endpoint_url="http://localhost:9000", aws_access_key_id="test", aws_secret_access_key="test")
            client = Minio("localhost:9000", access_key="minioadmin", secret_key="minioadmin", secure=False)
            example = boto3.client("s3", aws_access_key_id="YOUR_ACCESS_KEY", aws_secret_access_key="<your secret>")
            """,
            because="emulators take any key, defaults are for another rule, and the last ones are placeholders",
        ),
        Good(
            """
            cache.set("fs.s3a.secret.key", value)
            table = lookup(key="user:4711:embeddings", secret="no")
            mapping.config("model.path", "s3://acme/models/resnet50-v2-2024-01-01T00-00-00Z-a81bc81bdead4e5d")
            """,
            because="there is no literal, no storage client, and no key",
        ),
        Missed(
            f"""
            import json
            import pandas as pd

            options = json.loads('{{"secret": "{secret}"}}')
            frame = pd.read_csv("s3://acme/x.csv", storage_options=options)
            """,
            because="what a text decodes to is not followed; MLW302 sees the text",
        ),
    )
