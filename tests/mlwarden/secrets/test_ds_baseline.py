from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from mlwarden.secrets.ds_baseline import baseline_for
from mlwarden.secrets.literals import judge
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import Context, find_secrets
from mlwarden.secrets.urls import accepted_credentials

HF, GITHUB, OPENAI = sample("huggingface"), sample("github"), sample("openai-legacy")


def sha1(value: str) -> str:
    return hashlib.sha1(value.encode()).hexdigest()


def entry(value: str, kind: str = "Secret Keyword", **more: object) -> dict[str, object]:
    return {"type": kind, "filename": "x", "hashed_secret": sha1(value), "is_verified": False, "line_number": 1, **more}


def write(folder: Path, results: object) -> None:
    (folder / ".secrets.baseline").write_text(json.dumps({"version": "1.5.0", "results": results}))


def formats(text: str, path: Path) -> list[str]:
    return [found.format for found in find_secrets(text, context=Context(path=str(path)))]


def test_known_secrets_are_silent_in_their_file_only(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/config.py": [entry(HF)]})
    text = f'A = "{HF}"\nB = "{GITHUB}"\n'
    assert formats(text, tmp_path / "pkg" / "config.py") == ["github"]
    assert formats(text, tmp_path / "pkg" / "other.py") == ["huggingface", "github"]
    assert formats(text, tmp_path / "config.py") == ["huggingface", "github"]
    assert [each.format for each in find_secrets(text)] == ["huggingface", "github"]


def test_windows_paths_in_a_baseline(tmp_path: Path) -> None:
    write(tmp_path, {"pkg\\config.py": [entry(HF)]})
    assert formats(f'A = "{HF}"', tmp_path / "pkg" / "config.py") == []


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.py": [entry(HF)]})
    monkeypatch.chdir(tmp_path)
    assert formats(f'A = "{HF}"', Path("a.py")) == []


def test_what_a_person_confirmed_is_a_finding_still(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": [entry(HF, is_secret=True), entry(GITHUB, is_secret=False)]})
    assert formats(f'A = "{HF}"\nB = "{GITHUB}"\n', tmp_path / "a.py") == ["huggingface"]


def test_the_baseline_that_detect_secrets_itself_writes(tmp_path: Path) -> None:
    """Its plugins hash other parts of the line than the whole secret: `ghp`, a header, a password."""
    password = "tR7-vq" + "Lw92xE"
    lines = [
        f'GITHUB = "{GITHUB}"',
        f'OPENAI = "{OPENAI}"',
        f'JWT = "{sample("jwt")}"',
        f'AWS = "{sample("aws-key-id")}"',
        f'URL = "https://ci:{password}@mlflow.acme-labs.io"',
        f'HF_TOKEN = "{HF}"',
        f'wandb_api_key = "{sample("wandb-legacy")}"',
        sample("private-key"),
    ]
    file = tmp_path / "config.py"
    file.write_text("\n".join(lines) + "\n")
    before = [found.format for found in find_secrets(file.read_text())]
    expected = "github openai-legacy jwt aws-key-id url-password huggingface wandb-legacy private-key"
    assert " ".join(before) == expected
    secrets = SecretsCollection(root=str(tmp_path))
    with default_settings() as settings:
        settings.disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
        secrets.scan_file("config.py")
    write(tmp_path, secrets.json())
    assert formats(file.read_text(), file) == []
    assert list(accepted_credentials(file.read_text(), str(file))) == []
    other = file.read_text().replace(HF, sample("huggingface", 1)).replace(OPENAI, sample("openai-legacy", 1))
    assert formats(other, file) == ["openai-legacy", "huggingface"]


def test_the_hash_is_detect_secrets_own() -> None:
    assert PotentialSecret.hash_secret(HF) == sha1(HF)


def test_a_generic_literal(tmp_path: Path) -> None:
    value = sample("qdrant")
    path = tmp_path / "a.py"
    assert judge(value, name="api_key", path=str(path)) is not None
    write(tmp_path, {"a.py": [entry(value)]})
    assert judge(value, name="api_key", path=str(path)) is None


def test_a_changed_baseline_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, {})
    assert formats(f'A = "{HF}"', tmp_path / "a.py") == ["huggingface"]
    write(tmp_path, {"a.py": [entry(HF)]})
    assert formats(f'A = "{HF}"', tmp_path / "a.py") == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"results": []}',
        '{"results": {"a.py": {}}}',
        '{"results": {"a.py": [1, null, {}, {"hashed_secret": 3}]}}',
        "[" * 100_000,
        "\x00\xff",
    ],
)
def test_a_baseline_that_cannot_be_read_accepts_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / ".secrets.baseline").write_bytes(content.encode("latin-1"))
    assert formats(f'A = "{HF}"', tmp_path / "a.py") == ["huggingface"]


def test_the_nearest_one_counts_and_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"repo/pkg/a.py": [entry(HF)]})
    path = tmp_path / "repo" / "pkg" / "a.py"
    path.parent.mkdir(parents=True)
    assert formats(f'A = "{HF}"', path) == []
    (tmp_path / "repo" / ".git").mkdir()
    assert formats(f'A = "{HF}"', path) == ["huggingface"]
    assert baseline_for(str(path)) is None
    write(tmp_path / "repo" / "pkg", {"a.py": [entry(GITHUB)]})
    assert formats(f'A = "{HF}"\nB = "{GITHUB}"', path) == ["huggingface"]
