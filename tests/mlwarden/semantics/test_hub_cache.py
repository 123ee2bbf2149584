"""The local Hugging Face cache: found as huggingface_hub finds it, read with care."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlwarden.semantics.hub_cache import cache_folder, commit_in, path_exists

COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"


def _ref(cache: Path, folder: str, reference: str, content: bytes) -> None:
    target = cache / folder / "refs" / reference
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def test_the_commit_of_a_branch(tmp_path: Path) -> None:
    _ref(tmp_path, "models--acme--sparrow", "main", COMMIT.encode())
    _ref(tmp_path, "models--gpt2", "main", COMMIT[::-1].encode() + b"\n")
    _ref(tmp_path, "datasets--acme--birds", "refs/pr/3", COMMIT.encode())
    assert commit_in(tmp_path, "acme/sparrow") == COMMIT
    assert commit_in(tmp_path, "gpt2") == COMMIT[::-1]
    assert commit_in(tmp_path, "acme/birds", "dataset", "refs/pr/3") == COMMIT
    assert commit_in(tmp_path, "acme/birds") is None
    assert commit_in(tmp_path, "acme/sparrow", "model", "dev") is None


@pytest.mark.parametrize(
    "content", [b"", b"main", COMMIT[:39].encode(), b"\xff" * 40, COMMIT.encode() + b"0", b"x" * 4096]
)
def test_what_is_no_commit_is_not_used(tmp_path: Path, content: bytes) -> None:
    _ref(tmp_path, "models--acme--sparrow", "main", content)
    assert commit_in(tmp_path, "acme/sparrow") is None


@pytest.mark.parametrize(
    ("repo_id", "kind", "reference"),
    [
        ("../sparrow", "model", "main"),
        ("acme/..", "model", "main"),
        ("acme/sparrow", "model", "../../../outside"),
        ("acme/sparrow", "model", "/etc/hostname"),
        ("acme/sparrow", "model", ""),
        ("acme/sparrow", "../model", "main"),
        ("acme/sparrow/x", "model", "main"),
        ("acme/spar\0row", "model", "main"),
    ],
)
def test_names_cannot_lead_out_of_the_cache(tmp_path: Path, repo_id: str, kind: str, reference: str) -> None:
    cache = tmp_path / "hub"
    _ref(cache, "models--acme--sparrow", "main", COMMIT.encode())
    (tmp_path / "outside").write_text(COMMIT)
    assert commit_in(cache, repo_id, kind, reference) is None


def test_links_and_folders_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(COMMIT)
    refs = tmp_path / "models--acme--sparrow" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").symlink_to(tmp_path / "secret")
    (refs / "dev").mkdir()
    assert commit_in(tmp_path, "acme/sparrow") is None
    assert commit_in(tmp_path, "acme/sparrow", "model", "dev") is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/b"}, "/c"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/d"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
    ],
)
def test_where_the_cache_is(environment: dict[str, str], expected: str) -> None:
    assert cache_folder(environment) == Path(expected)


def test_paths_beside_the_document_and_above(tmp_path: Path) -> None:
    document = tmp_path / "src" / "train.py"
    (tmp_path / "zoo" / "sparrow").mkdir(parents=True)
    (tmp_path / "src" / "acme").mkdir(parents=True)
    assert path_exists("zoo/sparrow", str(document))
    assert path_exists("acme", str(document))
    assert not path_exists("zoo/lark", str(document))
    assert not path_exists("../zoo/sparrow", str(document))
    assert not path_exists(str(tmp_path), str(document))
    assert not path_exists("zoo\0", str(document))
