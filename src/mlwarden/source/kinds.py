"""Which kind of document a file is: by its name, and where the name says nothing by its first bytes."""

from __future__ import annotations

import re

from mlwarden.model.rule_info import DocumentKind

# What `kind_of` wants to see of a file whose name says nothing.
HEAD_SIZE = 512

_PYTHON = DocumentKind.PYTHON
_DEPENDENCIES = DocumentKind.DEPENDENCIES
_MODEL = DocumentKind.MODEL
_TEXT = DocumentKind.TEXT

_PYTHON_SUFFIXES = "py pyi pyw"
_MODEL_SUFFIXES = (
    "pkl pickle dill joblib pt pth ckpt bin h5 hdf5 keras npy npz onnx safetensors gguf ggml pb tflite mar "
    "skops nemo msgpack mlmodel torchscript ptl pt2 llamafile orbax"
)
_TEXT_SUFFIXES = (
    "pbtxt env yaml yml toml json json5 ini cfg conf config cnf properties xml html htm js jsx mjs cjs ts tsx vue sh "
    "bash zsh fish ksh ps1 bat cmd md markdown mdx rst txt tf tfvars hcl sql dockerfile pem key r rmd qmd jl service "
    "template tmpl j2 jinja envrc pypirc npmrc netrc condarc mdc prompt prompty cursorrules windsurfrules clinerules"
)


def _each(words: str, kind: DocumentKind | None) -> dict[str, DocumentKind | None]:
    return dict.fromkeys(words.split(), kind)


_BY_SUFFIX = {
    **_each(_PYTHON_SUFFIXES, _PYTHON),
    **_each("ipynb", DocumentKind.NOTEBOOK),
    **_each(_MODEL_SUFFIXES, _MODEL),
    **_each(_TEXT_SUFFIXES, _TEXT),
}
_BY_NAME = {
    **_each("pyproject.toml setup.cfg pipfile pipfile.lock poetry.lock uv.lock pdm.lock", _DEPENDENCIES),
    **_each("pylock.toml conda-lock.yml conda-lock.yaml", _DEPENDENCIES),
    **_each("makefile gnumakefile procfile jenkinsfile credentials kubeconfig id_rsa _netrc", _TEXT),
    **_each(".bashrc .zshrc .profile .bash_profile .git-credentials .dockercfg .htpasswd .databrickscfg", _TEXT),
    **_each("id_dsa id_ecdsa id_ed25519", _TEXT),
    # Written by other ecosystems' tools: long lists of checksums, neither configuration nor our dependencies.
    **_each("package-lock.json npm-shrinkwrap.json pnpm-lock.yaml composer.lock", None),
}
# Patterns are compiled, and kept, by `re` when they are first asked for: most files are named *.py.
# requirements.txt, requirements-dev.txt, dev_requirements.in, constraints.txt
_REQUIREMENTS = r"[^/]*(?:requirements?|constraints?)[^/]*\.(?:txt|in|lock)"
_IN_REQUIREMENTS_FOLDER = r"(?:.*/)?requirements/[^/]+\.(?:txt|in)"
# environment.yml, environment-gpu.yaml, dev-environment.yml, conda.yaml, conda-linux-64.yml
_CONDA = r"(?:[^/]*[-_.])?(?:environment|conda)(?:[-_.][^/]*)?\.ya?ml"
_PYLOCK = r"pylock\.[^/.]+\.toml"
_TEXT_NAMES = r"\.env(?:[-_.].*)?|(?:.*\.)?(?:dockerfile|containerfile)(?:[-_.].*)?"
# Where tools keep what opens an account, in files without a suffix.
_CREDENTIALS = r"(?:.*/)?(?:\.?huggingface/(?:token|stored_tokens)|wandb/settings|\.kube/config)"
# model.pth.tar, vectors.pkl.gz
_PACKED_MODEL = r".*\.(?:pkl|pickle|joblib|dill|pt|pth|npy|ckpt|bin)\.(?:gz|bz2|xz|lzma|z|zst|lz4|zip|tar)"

_DEPENDENCY_SUFFIXES = frozenset({"txt", "in", "lock", "yml", "yaml", "toml"})
# Suffixes that say for certain that the file is no business of ours, so that it need not be opened.
_FOREIGN = frozenset(
    _each(
        "png jpg jpeg gif bmp ico webp svg tif tiff psd pdf ps eps mp3 mp4 wav flac ogg avi mov mkv webm ttf otf woff "
        "woff2 eot gz bz2 xz zst lz4 7z rar tgz whl egg jar class o a so dylib dll exe lib obj pyc pyo pyd c cc cpp "
        "cxx h hh hpp hxx cu cuh m mm f f90 go rs rb java kt scala php pl pm lua swift cs fs hs css scss sass less map "
        "csv tsv jsonl parquet arrow feather lock log diff patch po mo pot pyx pxd pxi typed s asm proto tex bib cmake",
        None,
    )
)

# `#!/usr/bin/env python3`, `#!/usr/bin/env -S uv run --script`, `#! /usr/bin/pypy3 -u`
_PYTHON_SHEBANG = rb"#![^\r\n]*?(?:[/ \t](?:python|pypy|ipython)[\d.]*w?(?=[\s]|$)|[/ \t]uv[ \t]+run\b)"
_SHELL_SHEBANG = rb"#![^\r\n]*?[/ \t](?:ba|z|da|k|fi)?sh(?=[\s]|$)"
# A pickle of protocol 2 to 5: PROTO, then an opcode that may follow it (FRAME, a mark, a container, a global, text).
_PICKLE = rb"\x80[\x02-\x05][\x95\x8c(\x85-\x89\]\[})XUcCKBMJGN]"
_MAGIC = (
    rb"(?s)\x89HDF\r\n\x1a\n|\x93NUMPY|GGUF|gg(?:ml|mf|jt|la|sn)|.{4}TFL3"
    # The first member of a zip file tells a PyTorch checkpoint, a Keras model or NumPy arrays from any other archive.
    rb"|PK\x03\x04.{26}[^\x00]*?(?:data\.pkl|/version|\.format_version|byteorder|metadata\.json|\.npy|schema\.json)"
    # safetensors: the length of a JSON header (less than 2**40), and the header.
    rb'|.{5}\x00{3}\{"'
)


def kind_by_name(path: str) -> DocumentKind | None:
    """The kind that a path announces, None where it announces none. Upper and lower case are the same."""
    path = path.lower().replace("\\", "/")
    name = path[path.rfind("/") + 1 :]
    if name in _BY_NAME:
        return _BY_NAME[name]
    dot = name.rfind(".")
    suffix = name[dot + 1 :] if dot >= 0 else ""
    kind = _BY_SUFFIX.get(suffix)
    if kind is _PYTHON or kind is DocumentKind.NOTEBOOK:
        return kind
    if suffix in _DEPENDENCY_SUFFIXES and (
        re.fullmatch(_REQUIREMENTS, name)
        or re.fullmatch(_CONDA, name)
        or re.fullmatch(_PYLOCK, name)
        or re.fullmatch(_IN_REQUIREMENTS_FOLDER, path)
    ):
        return _DEPENDENCIES
    if kind is None:
        if re.fullmatch(_TEXT_NAMES, name) or re.fullmatch(_CREDENTIALS, path):
            return _TEXT
        return _MODEL if re.fullmatch(_PACKED_MODEL, name) else None
    return None if name.endswith(".min.js") else kind


def needs_head(path: str) -> bool:
    """Whether the first bytes of a file whose name announces no kind are worth reading."""
    name = path[max(path.rfind("/"), path.rfind("\\")) + 1 :].lower()
    if name in _BY_NAME or name.endswith(".min.js"):
        return False
    dot = name.rfind(".")
    return dot <= 0 or name[dot + 1 :] not in _FOREIGN


def kind_of(path: str, head: bytes) -> DocumentKind | None:
    """The kind of a file, None for one that is no business of mlwarden's.

    Args:
        path: any path that ends with the file's name; folders count only for `requirements/*.txt`.
        head: the first bytes of the file (`HEAD_SIZE` of them suffice), looked at where the name announces nothing:
            scripts by their `#!` line, model files by their magic bytes.
    """
    kind = kind_by_name(path)
    if kind is not None or not head or not needs_head(path):
        return kind
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if head.startswith(b"#!"):
        if re.match(_PYTHON_SHEBANG, head):
            return _PYTHON
        return _TEXT if re.match(_SHELL_SHEBANG, head) else None
    return _MODEL if re.match(_PICKLE, head) or re.match(_MAGIC, head) else None
