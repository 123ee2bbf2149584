"""What names a repository of the Hugging Face Hub, a commit of one, or a local path instead."""

from __future__ import annotations

import re

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_OWNED = re.compile(rf"{_PART}/{_PART}")
# Repositories without an owner: the models and datasets of the Hub's first years. Nobody can make new ones.
_CANONICAL_MODEL = re.compile(
    r"(?:albert-\w+-v[12]|bert-(?:base|large)-[\w-]+|camembert-base|ctrl|distilbert-base-[\w-]+|distilgpt2|"
    r"distilroberta-base|gpt2(?:-medium|-large|-xl)?|openai-gpt|roberta-(?:base|large)[\w-]*|t5-(?:small|base|large|3b|11b)|"
    r"transfo-xl-wt103|xlm-(?:mlm|clm|roberta)-[\w-]+|xlnet-(?:base|large)-cased)"
)
_CANONICAL_DATASET = re.compile(r"[a-z][a-z0-9_]{1,60}")
_LOCAL_FIRST = re.compile(
    r"(?:(?:my|our|local|saved|trained|fine-?tuned|pretrained|best|final|exported|converted|tmp|temp|test|new|base)[_-]?)*"
    r"(?:models?|checkpoints?|ckpts?|outputs?|out|results?|data|datasets?|weights?|logs?|runs?|tmp|temp|cache|assets?|"
    r"artifacts?|tests?|fixtures?|experiments?|exports?|resources?|src|home|mnt|path|dir|folder|workspace|content|"
    r"downloads?|adapters?|lora|pretrained|trained|saved|save|train(?:ing)?|eval|dump|stuff|build|dist|local|examples?)"
    r"(?:[_-](?:dir|path|folder|v?\d+))*",
    re.I,
)
_FILE_SUFFIX = re.compile(
    r"\.(?:bin|pt|pth|ckpt|safetensors|gguf|ggml|onnx|h5|hdf5|keras|pkl|pickle|joblib|npy|npz|json|jsonl|csv|tsv|txt|"
    r"parquet|arrow|zip|tar|gz|tgz|ya?ml|py|model|msgpack|tflite|pb)$",
    re.I,
)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.I)
_SHORT_COMMIT = re.compile(r"(?=.*\d)[0-9a-f]{7,39}", re.I)

# `datasets.load_dataset` reads local or named files with these; they are modules of the library
# (datasets/packaged_modules/__init__.py).
DATASET_BUILDERS = frozenset(
    [
        "csv",
        "json",
        "pandas",
        "parquet",
        "arrow",
        "text",
        "xml",
        "sql",
        "spark",
        "generator",
        "hdf5",
        "conll",
        "lance",
        "iceberg",
        "vortex",
        "imagefolder",
        "audiofolder",
        "videofolder",
        "pdffolder",
        "niftifolder",
        "meshfolder",
        "webdataset",
        "eval",
        "cache",
        "tsv",
        "jsonl",
        "documentfolder",
        "fasta",
        "fastq",
        "genbank",
        "harbor",
        "mmcif",
        "pdb",
        "tsfile",
    ]
)


def is_commit(text: str) -> bool:
    """Whether a revision is a full commit hash, which always names the same bytes."""
    return _COMMIT.fullmatch(text) is not None


def is_short_commit(text: str) -> bool:
    """Whether a revision looks like the beginning of a commit hash."""
    return _SHORT_COMMIT.fullmatch(text) is not None


def is_repo_id(text: str, kind: str = "model") -> bool:
    """Whether a literal names a repository on the Hub rather than a local path.

    `owner/name`, or one of the ownerless repositories that exist. A name that looks like a folder of the project
    ("outputs/run1", "my_model") is taken to be one.
    """
    if len(text) > 193 or _FILE_SUFFIX.search(text):
        return False
    if "/" not in text:
        if kind == "dataset":
            return (
                text not in DATASET_BUILDERS and _CANONICAL_DATASET.fullmatch(text) is not None and not _is_folder(text)
            )
        return _CANONICAL_MODEL.fullmatch(text) is not None
    if _OWNED.fullmatch(text) is None or ".." in text or "--" in text:
        return False
    owner, _, name = text.partition("/")
    return not _is_folder(owner) and not re.fullmatch(r"checkpoint-\d+|epoch[_-]?\d+", name)


def _is_folder(name: str) -> bool:
    return _LOCAL_FIRST.fullmatch(name) is not None


def is_local_path(text: str) -> bool:
    """Whether a literal certainly names a local file or folder."""
    return (
        text.startswith(("/", "./", "../", "~", "\\"))
        or text in {".", ".."}
        or "\\" in text
        or re.match(r"[A-Za-z]:[/\\]", text) is not None
        or text.count("/") > 1
        or _is_folder(text.partition("/")[0])
    )
