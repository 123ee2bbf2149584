"""The Hugging Face Hub in code: what names a repository there, which calls fetch one, and what they are pinned to.

Pure functions and data. The signatures were read from transformers 5.24, huggingface_hub 2.4, datasets 5.2,
sentence_transformers 6.2, diffusers, peft, timm 1.0, open_clip 3.3, langchain_huggingface, smolagents and kernels.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.model.fixes import Applicability, Fix
from mlwarden.model.levels import Confidence
from mlwarden.semantics import library
from mlwarden.semantics.hub_ids import is_commit, is_local_path, is_repo_id
from mlwarden.semantics.values import ABSENT, Constant, Mapping, Unknown, Value, join

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# --- calls that fetch ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HubApi:
    """A call that fetches a repository.

    Attributes:
        keyword, position: the argument that names the repository; position None: by keyword only.
        revision: the keyword of the revision, "" if there is none.
        revision_position: where it can be given by position.
        nested: the keyword of a dictionary in which `revision` and `trust_remote_code` go, or "".
        kind: "model", "dataset" or "space".
        code: whether `trust_remote_code` means anything to it.
    """

    keyword: str
    position: int | None = 0
    revision: str = "revision"
    revision_position: int | None = None
    nested: str = ""
    kind: str = "model"
    code: bool = True


# `X.from_pretrained("org/name")` of any class in these packages.
FROM_PRETRAINED_ROOTS = frozenset(
    [
        "transformers",
        "diffusers",
        "peft",
        "sentence_transformers",
        "huggingface_hub",
        "setfit",
        "optimum",
        "adapters",
        "trl",
        "span_marker",
        "unsloth",
        "auto_gptq",
        "awq",
        "ctransformers",
        "tokenizers",
        "parler_tts",
        "speechbrain",
        "open_clip_torch",
        "spacy_transformers",
        "gliner",
        "model2vec",
        "pyannote",
    ]
)
_FROM_PRETRAINED = HubApi("pretrained_model_name_or_path", 0)
# The first parameter's name differs: peft's `from_pretrained(model, model_id, ...)`, unsloth's `model_name`.
_FROM_PRETRAINED_OF: dict[str, HubApi] = {
    "unsloth": HubApi("model_name", 0),
    "tokenizers": HubApi("identifier", 0, revision_position=1, code=False),
    "pyannote": HubApi("checkpoint_path", 0),
    "optimum": HubApi("model_id", 0),
    "ctransformers": HubApi("model_path_or_repo_id", 0, code=False),
}
_PEFT_MODEL = HubApi("model_id", 1)
_SENTENCE = HubApi("model_name_or_path", 0)
_COMMUNITY = "langchain_community.embeddings"
_NESTED = HubApi("model_name", None, revision="", nested="model_kwargs")
_VLLM = HubApi("model", 0)
_FLAG = HubApi("model_name_or_path", 0, revision="")

# Loaders of models and tokenizers other than `from_pretrained`.
MODEL_CALLS: dict[str, HubApi] = {
    "transformers.pipeline": HubApi("model", 1),
    "transformers.pipelines.pipeline": HubApi("model", 1),
    "sentence_transformers.SentenceTransformer": _SENTENCE,
    "sentence_transformers.CrossEncoder": _SENTENCE,
    "sentence_transformers.cross_encoder.CrossEncoder": _SENTENCE,
    "sentence_transformers.SparseEncoder": _SENTENCE,
    "sentence_transformers.sparse_encoder.SparseEncoder": _SENTENCE,
    "sentence_transformers.MultiVectorEncoder": _SENTENCE,
    "vllm.LLM": _VLLM,
    "vllm.entrypoints.llm.LLM": _VLLM,
    "vllm.EngineArgs": _VLLM,
    "vllm.AsyncEngineArgs": _VLLM,
    "vllm.engine.arg_utils.EngineArgs": _VLLM,
    "vllm.engine.arg_utils.AsyncEngineArgs": _VLLM,
    "langchain_huggingface.HuggingFaceEmbeddings": _NESTED,
    "langchain_huggingface.embeddings.HuggingFaceEmbeddings": _NESTED,
    f"{_COMMUNITY}.HuggingFaceEmbeddings": _NESTED,
    f"{_COMMUNITY}.HuggingFaceBgeEmbeddings": _NESTED,
    f"{_COMMUNITY}.HuggingFaceInstructEmbeddings": _NESTED,
    f"{_COMMUNITY}.huggingface.HuggingFaceEmbeddings": _NESTED,
    f"{_COMMUNITY}.huggingface.HuggingFaceBgeEmbeddings": _NESTED,
    "langchain.embeddings.HuggingFaceEmbeddings": _NESTED,
    "langchain.embeddings.HuggingFaceBgeEmbeddings": _NESTED,
    "langchain_huggingface.HuggingFacePipeline.from_model_id": HubApi(
        "model_id", 0, revision="", nested="model_kwargs"
    ),
    "langchain_huggingface.llms.HuggingFacePipeline.from_model_id": HubApi(
        "model_id", 0, revision="", nested="model_kwargs"
    ),
    "langchain_community.llms.HuggingFacePipeline.from_model_id": HubApi(
        "model_id", 0, revision="", nested="model_kwargs"
    ),
    "FlagEmbedding.FlagModel": _FLAG,
    "FlagEmbedding.BGEM3FlagModel": _FLAG,
    "FlagEmbedding.FlagReranker": _FLAG,
    "FlagEmbedding.FlagLLMReranker": _FLAG,
    "FlagEmbedding.FlagAutoModel.from_finetuned": _FLAG,
    "FlagEmbedding.FlagAutoReranker.from_finetuned": _FLAG,
}
# Models named by a prefix in the string: `hf-hub:org/name`; the pin, where there is one, is `@<commit>` in it.
PREFIXED_CALLS: dict[str, HubApi] = {
    "timm.create_model": HubApi("model_name", 0, revision="", code=False),
    "timm.models.create_model": HubApi("model_name", 0, revision="", code=False),
    "open_clip.create_model": HubApi("model_name", 0, revision="", code=False),
    "open_clip.create_model_and_transforms": HubApi("model_name", 0, revision="", code=False),
    "open_clip.create_model_from_pretrained": HubApi("model_name", 0, revision="", code=False),
    "open_clip.get_tokenizer": HubApi("model_name", 0, revision="", code=False),
}
HUB_PREFIX = re.compile(r"hf[-_]hub:(?P<id>[^@\s]+)(?:@(?P<revision>\S+))?")

_REPOSITORY = HubApi("repo_id", 0, code=False)
# Downloads of files and snapshots.
FILE_CALLS: dict[str, HubApi] = {
    "huggingface_hub.hf_hub_download": _REPOSITORY,
    "huggingface_hub.snapshot_download": _REPOSITORY,
    "huggingface_hub.HfApi().hf_hub_download": _REPOSITORY,
    "huggingface_hub.HfApi().snapshot_download": _REPOSITORY,
    "huggingface_hub.cached_download": HubApi("url", 0, code=False),
    "huggingface_hub.from_pretrained_fastai": HubApi("repo_id", 0, revision_position=1, code=False),
    "transformers.utils.cached_file": HubApi("path_or_repo_id", 0, code=False),
    "transformers.utils.hub.cached_file": HubApi("path_or_repo_id", 0, code=False),
    "transformers.utils.cached_files": HubApi("path_or_repo_id", 0, code=False),
    "transformers.utils.hub.cached_files": HubApi("path_or_repo_id", 0, code=False),
    "timm.models.load_state_dict_from_hf": HubApi("model_id", 0, revision="", code=False),
    "timm.models.hub.load_state_dict_from_hf": HubApi("model_id", 0, revision="", code=False),
}


def _dataset(position: int | None) -> HubApi:
    return HubApi("path", 0, revision_position=position, kind="dataset")


DATASET_CALLS: dict[str, HubApi] = {
    "datasets.load_dataset": _dataset(12),
    "datasets.load_dataset_builder": _dataset(8),
    "datasets.get_dataset_config_names": _dataset(1),
    "datasets.get_dataset_split_names": _dataset(5),
    "datasets.get_dataset_infos": _dataset(4),
    "datasets.get_dataset_config_info": _dataset(5),
    "datasets.get_dataset_default_config_name": _dataset(1),
}
# Agents' tools and kernels are code in themselves.
CODE_CALLS: dict[str, HubApi] = {
    "smolagents.Tool.from_hub": HubApi("repo_id", 0, kind="space"),
    "smolagents.load_tool": HubApi("repo_id", 0, kind="space"),
    "smolagents.ToolCollection.from_hub": HubApi("collection_slug", 0, revision="", kind="space"),
    "smolagents.ToolCollection.from_mcp": HubApi("server_parameters", 0, revision="", kind="space"),
    "smolagents.MultiStepAgent.from_hub": HubApi("repo_id", 0, kind="space"),
    "smolagents.CodeAgent.from_hub": HubApi("repo_id", 0, kind="space"),
    "smolagents.ToolCallingAgent.from_hub": HubApi("repo_id", 0, kind="space"),
}
ALL_CALLS: dict[str, HubApi] = {**MODEL_CALLS, **PREFIXED_CALLS, **FILE_CALLS, **DATASET_CALLS, **CODE_CALLS}


def api_of(call: CallSite) -> tuple[HubApi, Confidence] | None:
    """What is known of a call that fetches a repository, and how sure it is that it does; None if it does not.

    The name `from_pretrained` alone is enough only where the receiver is unknown, never for a class of the project.
    """
    known = ALL_CALLS.get(call.name)
    if known is not None:
        return known, Confidence.HIGH
    if call.attribute not in {"from_pretrained", "from_config"}:
        return None
    root = call.name.partition(".")[0].partition("(")[0]
    if call.name and root in FROM_PRETRAINED_ROOTS:
        if root == "peft" and "Config" not in call.name and ".Auto" not in call.name:
            return _PEFT_MODEL, Confidence.HIGH  # `PeftModel.from_pretrained(model, model_id)`
        return _FROM_PRETRAINED_OF.get(root, _FROM_PRETRAINED), Confidence.HIGH
    if call.name:
        # An imported class of a package that is not known; a dotted name that begins with a dot is the project's.
        if call.name.startswith(".") or library.is_known_library(call.name):
            return None
        return _FROM_PRETRAINED, Confidence.MEDIUM
    if call.receiver is None or call.receiver_defines(call.attribute) or not _is_open(call.receiver):
        return None
    return _FROM_PRETRAINED, Confidence.MEDIUM


def _is_open(receiver: Value) -> bool:
    """Whether nothing is known of what is called, so that it may well be a library's class."""
    return any(isinstance(option, Unknown) for option in receiver.alternatives())


# --- what is fetched, and at which revision --------------------------------------------------------------------------


class Pin(enum.Enum):
    """What a call's revision is."""

    ABSENT = "absent"
    COMMIT = "commit"
    MUTABLE = "mutable"
    UNKNOWN = "unknown"


def nested_values(call: CallSite, name: str) -> tuple[Value, ...]:
    """Values of `name` in dictionaries given as `model_kwargs=`, `config_kwargs=`, `tokenizer_kwargs=` and the like."""
    found: list[Value] = []
    for argument in call.arguments:
        if argument.keyword.endswith(("_kwargs", "_args", "kwargs")) and argument.keyword:
            for option in argument.value.alternatives():
                if isinstance(option, Mapping) and not option.get(name).is_absent:
                    found.append(option.get(name))
    return tuple(found)


def revision_of(call: CallSite, api: HubApi) -> Value:
    """The revision that a call asks for; ABSENT if certainly none."""
    if api.revision:
        value = call.argument(api.revision, api.revision_position)
        if not value.is_absent:
            return value
    nested = nested_values(call, "revision")
    if nested:
        return nested[0]
    if api.nested and not call.argument(api.nested).is_absent and not isinstance(call.argument(api.nested), Mapping):
        return Unknown(f"'revision' may be in '{api.nested}'")
    return ABSENT


def pin_of(revision: Value) -> Pin:
    """Judge a revision. What cannot be followed is not held against anybody."""
    options = revision.alternatives()
    if all(option.is_absent or (isinstance(option, Constant) and option.value is None) for option in options):
        return Pin.ABSENT
    texts = revision.strings()
    if len(texts) != len(options):
        return Pin.UNKNOWN
    return Pin.COMMIT if all(is_commit(text) for text in texts) else Pin.MUTABLE


def is_offline(call: CallSite) -> bool:
    """Whether a call reads local files only."""
    return call.argument("local_files_only").truth() is True


# Parameters that are named as folders of this machine; `model_path` and `name_or_path` may hold a repository's name.
_LOCAL_PARAMETER = re.compile(r"local_\w+|(?:\w+_)?(?:dir|directory|folder|dirname)", re.IGNORECASE)

# What makes a path: `os.path.join(...)`, `Path(...)`, `path.resolve()`.
_PATH_MAKERS = frozenset(
    "join joinpath Path PurePath resolve absolute abspath realpath expanduser as_posix fspath str format".split()  # noqa: SIM905
)


def is_path_call(call: CallSite, keyword: str, position: int | None) -> bool:
    """Whether an argument is written as a call that makes a path."""
    node = call.argument_node(keyword, position)
    if node is None or not isinstance(node.value, cst.Call):
        return False
    function = node.value.func
    name = function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", "")
    return name in _PATH_MAKERS


def repo_ids(call: CallSite, api: HubApi, model: SemanticModel) -> tuple[str, ...]:
    """The repositories that a call names literally; none if it may name a local path."""
    if is_offline(call):
        return ()
    if is_path_call(call, api.keyword, api.position):
        return ()  # `os.path.join("a", "b")`: put together, it is a path
    value = call.argument(api.keyword, api.position)
    kind = "dataset" if call.argument("repo_type").string() == "dataset" else api.kind
    return tuple(text for text in value.strings() if is_repo_id(text, kind) and not model.is_local(text))


def _written_name(call: CallSite, api: HubApi) -> str:
    """The variable that is passed as the repository, also as `str(variable)`; "" for anything else."""
    node = call.argument_node(api.keyword, api.position)
    value = None if node is None else node.value
    if isinstance(value, cst.Call) and len(value.args) == 1 and getattr(value.func, "value", "") in {"str", "Path"}:
        value = value.args[0].value
    return value.value if isinstance(value, cst.Name) else ""


def reads_local_path(call: CallSite, api: HubApi, model: SemanticModel) -> bool:
    """Whether a call reads local files: a literal path, a joined path, a parameter `local_path`, `local_files_only=True`."""
    value = call.argument(api.keyword, api.position)
    options = [option for option in value.alternatives() if option != Constant(None)] or [value]
    written = _written_name(call, api)
    return is_offline(call) or all(
        any(is_local_path(text) or model.is_local(text) for text in option.prefixes())
        or any(name.startswith(("pathlib.", "tempfile.")) for name in option.names())
        or (isinstance(option, Unknown) and _LOCAL_PARAMETER.fullmatch(option.parameter) is not None)
        # `None` in a variable that is named so stands on a way that the program does not go.
        or (
            (isinstance(option, Unknown) or option == Constant(None))
            and _LOCAL_PARAMETER.fullmatch(written) is not None
        )
        for option in options
    )


def pin_fix(call: CallSite, api: HubApi, ids: tuple[str, ...], model: SemanticModel) -> Fix | None:
    """The fix that pins a call to the commit in the local cache; None where that is not known for certain."""
    if not api.revision or len(ids) != 1 or call.context:
        return None
    kind = "dataset" if call.argument("repo_type").string() == "dataset" else api.kind
    reference = call.argument(api.revision, api.revision_position).string() or "main"
    commit = model.hub_commit(ids[0], kind, reference)
    edit = None if commit is None else call.set_argument(api.revision, f'"{commit}"', api.revision_position)
    if commit is None or edit is None:
        return None
    return Fix(
        f"Pin `{api.revision}` to the commit in the local cache, {commit[:8]}",
        (edit,),
        Applicability.UNSAFE,
        "later changes of the repository, and those since it was cached, are not fetched any more",
    )


# --- trust_remote_code -----------------------------------------------------------------------------------------------

# Packages whose calls hand `trust_remote_code` to the Hub's loaders.
_CODE_ROOTS = FROM_PRETRAINED_ROOTS | frozenset(
    [
        "vllm",
        "sglang",
        "lmdeploy",
        "smolagents",
        "langchain",
        "langchain_huggingface",
        "langchain_community",
        "llama_index",
        "lm_eval",
        "FlagEmbedding",
        "swift",
        "modelscope",
        "mteb",
        "outlines",
        "ragatouille",
        "InstructorEmbedding",
        "deepspeed",
        "auto_gptq",
        "gptqmodel",
        "llmcompressor",
        "optimum_intel",
        "intel_extension_for_transformers",
        "haystack",
        "txtai",
        "evaluate",
        "tei",
        "ctranslate2",
        "timm",
    ]
)
# Callables that only carry the keyword somewhere, or compare it.
_CARRIERS = re.compile(
    r"assert_\w+|add_argument|parametrize|patch|setattr|update|setdefault|Namespace|SimpleNamespace|replace|field"
)
_CARRIER_ROOTS = frozenset(
    {"argparse", "click", "typer", "functools", "dataclasses", "types", "unittest", "mock", "pytest"}
)


@dataclass(frozen=True, slots=True)
class RemoteCode:
    """A call that is told whether to run code from a repository, or something else that loaders of the Hub take.

    Attributes:
        value: what `trust_remote_code`, or the other keyword, is.
        confidence: how sure it is that the call fetches a repository.
        api: its table entry, or a plain one.
        nested: whether the value stands in a dictionary such as `model_kwargs`.
    """

    value: Value
    confidence: Confidence
    api: HubApi
    nested: bool = False


def remote_code_of(call: CallSite) -> RemoteCode | None:
    """What a call says of remote code; None if it says nothing, or isn't a loader of the Hub.

    Datasets and kernels have rules of their own.
    """
    found = switch_of(call, "trust_remote_code")
    root = call.name.partition(".")[0].partition("(")[0]
    return None if found is None or not found.api.code or root in {"datasets", "kernels"} else found


def switch_of(call: CallSite, keyword: str) -> RemoteCode | None:
    """What a call that hands its keywords to the Hub's loaders says of one of them; None if it says nothing of it."""
    value = call.argument(keyword)
    nested = value.is_absent
    if nested:
        values = nested_values(call, keyword)
        if not values:
            return None
        value = join(*values)
    root = call.name.partition(".")[0].partition("(")[0]
    if root in _CARRIER_ROOTS or _CARRIERS.fullmatch(call.attribute):
        return None
    known = api_of(call)
    if known is not None:
        return RemoteCode(value, known[1], known[0], nested)
    plain = HubApi("", None)
    if root in _CODE_ROOTS:
        return RemoteCode(value, Confidence.HIGH, plain, nested)
    if "." not in call.name or call.name.startswith(".") or library.is_known_library(call.name):
        return None
    return RemoteCode(value, Confidence.MEDIUM, plain, nested)


def turned_on(value: Value) -> Confidence | None:
    """How sure it is that `trust_remote_code` is on; None if nothing says so, or it is for the caller to say."""
    on = [isinstance(option, Constant) and bool(option.value) for option in value.alternatives()]
    if all(on):
        return Confidence.HIGH
    if any(on) and not value.is_unknown and not value.tainted_by():
        return Confidence.MEDIUM
    return None


def shown(call: CallSite) -> str:
    """A call's name as a message shows it: `AutoModel.from_pretrained`, `pipeline`."""
    name = call.name.replace("()", "")
    if not name:
        return call.attribute
    parts = name.split(".")
    if parts[0] in library.BUILTINS:  # of an object that a builtin gave: `getattr(transformers, x).from_pretrained`
        return parts[-1]
    if (
        parts[-1] in {"from_pretrained", "from_config", "from_hub", "from_model_id", "from_finetuned"}
        and len(parts) > 2
    ):
        return ".".join(parts[-2:])
    return parts[-1] if len(parts) > 2 or parts[0] in {"transformers", "sentence_transformers"} else name
