from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.levels import Confidence
from mlwarden.secrets.samples import sample
from mlwarden.secrets.urls import accepted_credentials, find_credentials

PASSWORD = "tR7-vq" + "Lw92xE"
GITHUB = sample("github")


@pytest.mark.parametrize(
    ("before", "value", "after", "scheme", "is_token", "confidence"),
    [
        ("postgresql+psycopg2://trainer:", PASSWORD, "@db.acme-labs.io:5432/x", "postgresql+psycopg2", False, "high"),
        ("HTTPS://ci:", PASSWORD, "@mlflow.acme-labs.io/", "https", False, "high"),
        ("redis://:", PASSWORD, "@cache.acme-labs.io/0", "redis", False, "high"),
        ("mongodb+srv://u%40x:", PASSWORD, "@c0.abcde.mongodb.net/?w=1", "mongodb+srv", False, "high"),
        ("amqp://worker:", PASSWORD, "@rabbit:5672//", "amqp", False, "low"),
        ("http://admin:", PASSWORD, "@127.0.0.1:5000", "http", False, "low"),
        ("https://ci:", "open" + "sesame", "@mlflow.acme-labs.io", "https", False, "high"),
        ("https://", GITHUB, "@github.com/acme/x.git", "https", True, "medium"),
        ("https://", GITHUB, ":x-oauth-basic@github.com/acme/x.git", "https", True, "medium"),
        ("https://x-access-token:", GITHUB, "@github.com/acme/x.git", "https", False, "high"),
    ],
)
def test_found(before: str, value: str, after: str, scheme: str, is_token: bool, confidence: str) -> None:
    text = f"see {before}{value}{after} and more"
    (found,) = find_credentials(text)
    assert text[found.start : found.end] == value
    assert (found.scheme, found.is_token, str(found.confidence)) == (scheme, is_token, confidence)
    assert text[found.url_start :].startswith(before)
    assert list(accepted_credentials(text, "")) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/acme/models@v1",
        "https://user@github.com/acme/models.git",
        "git@github.com:acme/models.git",
        "ssh://687f6a4c1e2d3b5a98765432@ssh.hf.jobs",
        "postgresql://user:password@localhost:5432/db",
        "postgresql://postgres:postgres@db:5432/db",
        "postgresql://airflow:airflow@warehouse.acme-labs.io/airflow",
        "mysql://root:changeme@mysql.acme-labs.io/db",
        f"https://user:{PASSWORD}@example.com/",
        f"https://user:{PASSWORD}@proxy.example.org:8080",
        f"https://user:{PASSWORD}@your-host/x",
        "https://user:<password>@acme-labs.io",
        "https://user:${PASS}@acme-labs.io",
        "https://user:{password}@acme-labs.io",
        "https://user:$PASSWORD@acme-labs.io",
        "https://user:%(password)s@acme-labs.io",
        "https://USER:DB_PASSWORD@acme-labs.io",
        "https://user:****@acme-labs.io",
        "https://user:...@acme-labs.io",
        "https://user:my_password123@acme-labs.io",
        "https://host:8080/path?mail=a@b.io",
        "https://medium.com/@author/title:part@2",
        "models://scope:prefix@databricks/name",
        "github://org:repo@sha/file.yml",
        "HTTPS://jo%40email.com:pa%20ssword@müller.de:1234",
    ],
)
def test_not_found(text: str) -> None:
    assert list(find_credentials(text)) == []


@given(st.text(alphabet='htps:/@.u7$ \n"{}[]', max_size=120))
def test_any_text(text: str) -> None:
    for found in find_credentials(text):
        assert 0 <= found.url_start < found.start < found.end <= found.url_end <= len(text)
        assert found.confidence in Confidence
