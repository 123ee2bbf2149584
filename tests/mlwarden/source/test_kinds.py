"""Which kind of document a file is."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import pytest

from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.kinds import kind_by_name, kind_of, needs_head

NAMES = {
    DocumentKind.PYTHON: "a.py a.pyi A.PYW setup.py requirements.py dir.v2/x.py requirements/x.py",
    DocumentKind.NOTEBOOK: "a.ipynb x/conda.ipynb",
    DocumentKind.DEPENDENCIES: (
        "requirements.txt requirements-dev.txt dev-requirements.txt requirements_gpu.in constraints.txt "
        "requirements.lock "
        "x/requirements/base.txt requirements/test.in pyproject.toml setup.cfg Pipfile Pipfile.lock poetry.lock "
        "uv.lock pdm.lock pylock.toml pylock.dev.toml environment.yml environment-gpu.yaml environment.dev.yml "
        "conda.yaml dev-environment.yml conda-lock.yml conda-linux-64.yml Requirements.TXT"
    ),
    DocumentKind.MODEL: (
        "a.pkl a.pickle a.pt a.pth a.ckpt a.bin a.joblib a.dill a.h5 a.hdf5 a.keras a.npy a.npz a.onnx a.safetensors "
        "a.gguf a.pb a.pth.tar a.pkl.gz a.joblib.z MODEL.PKL saved_model.pb"
    ),
    DocumentKind.TEXT: (
        ".env .env.local .env-prod prod.env a.yaml a.yml a.toml a.json a.ini a.cfg a.conf a.sh a.bash a.zsh README.md "
        "a.rst notes.txt main.tf a.properties a.xml a.html a.js a.ts Dockerfile Dockerfile.gpu gpu.dockerfile "
        "docker-compose.yml Makefile requirements.yaml my_environment_notes.txt .pypirc .netrc credentials "
        ".cache/huggingface/token .huggingface/token huggingface/stored_tokens wandb/settings .kube/config id_ed25519 "
        ".databrickscfg"
    ),
    None: "token x/token settings config a.png a.c a.jsonl package-lock.json yarn.lock Cargo.lock a.min.js README a a. py ipynb .py~ a.tar.gz",
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names.split()])
def test_by_name(kind: DocumentKind | None, name: str) -> None:
    assert kind_by_name(name) is kind
    assert kind_by_name("some\\folder\\" + name.replace("/", "\\")) is kind


def _zip(member: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, b"x")
    return buffer.getvalue()


HEADER = b'{"w":{"dtype":"F32"}}'


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"#!/usr/bin/env python3\n", DocumentKind.PYTHON),
        (b"#! /usr/bin/python -u\r\n", DocumentKind.PYTHON),
        (b"#!/opt/venv/bin/python3.12", DocumentKind.PYTHON),
        (b"#!/usr/bin/env -S uv run --script\n", DocumentKind.PYTHON),
        (b"\xef\xbb\xbf#!/usr/bin/pypy3\n", DocumentKind.PYTHON),
        (b"#!/bin/sh\n", DocumentKind.TEXT),
        (b"#!/usr/bin/env bash\n", DocumentKind.TEXT),
        (b"#!/usr/bin/perl\n# python\n", None),
        (b"#!/usr/bin/pythonic\n", None),
        (pickle.dumps({"a": 1}, 2), DocumentKind.MODEL),
        (pickle.dumps([1], 3), DocumentKind.MODEL),
        (pickle.dumps(print, 4), DocumentKind.MODEL),
        (pickle.dumps("x" * 400, 5), DocumentKind.MODEL),
        (b"\x89HDF\r\n\x1a\n\0", DocumentKind.MODEL),
        (b"\x93NUMPY\x01\0", DocumentKind.MODEL),
        (b"GGUF\x03\0\0\0", DocumentKind.MODEL),
        (_zip("archive/data.pkl"), DocumentKind.MODEL),
        (_zip("arr_0.npy"), DocumentKind.MODEL),
        (_zip("word/document.xml"), None),
        (struct.pack("<Q", len(HEADER)) + HEADER, DocumentKind.MODEL),
        (b"\x7fELF", None),
        (b"just text", None),
        (b"", None),
    ],
)
def test_by_content(head: bytes, kind: DocumentKind | None) -> None:
    assert kind_of("bin/thing", head) is kind
    assert kind_of("data.dat", head) is kind
    assert kind_of("notes.txt", head) is DocumentKind.TEXT


def test_files_of_other_trades_are_not_opened() -> None:
    opened = [
        name for name in ("a.png", "x/a.so", "yarn.lock", "a.min.js", "run", "a.dat", ".hidden") if needs_head(name)
    ]
    assert opened == ["run", "a.dat", ".hidden"]
