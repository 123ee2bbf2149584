"""The releases in which libraries changed a default or gained a switch that decides how dangerous a call is.

Facts only, each with its source; rules ask `passed(model)`. Nothing is imported or downloaded to find out what is
installed: the answer comes from the project's dependency files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlwarden.semantics.model import SemanticModel


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A release from which on a library behaves differently.

    Attributes:
        package: the distribution's name.
        api: the qualified name of what changed.
        parameter: the parameter or environment variable it is about, or "".
        version: the first release with the new behaviour.
        change: what is new from there on.
        source: where that is written down.
    """

    package: str
    api: str
    parameter: str
    version: str
    change: str
    source: str

    def passed(self, model: SemanticModel) -> bool | None:
        """Whether the project's requirement is at or after this release; None if that can't be told."""
        return model.version(self.package).at_least(self.version)

    def ahead(self, model: SemanticModel) -> bool | None:
        """Whether the project's requirement is before this release; None if that can't be told."""
        return model.version(self.package).below(self.version)


_TORCH_RELEASES = "https://github.com/pytorch/pytorch/releases/tag/"
_TORCH_LOAD = "https://docs.pytorch.org/docs/stable/generated/torch.load.html"
_TORCH_SERIALIZATION = "https://docs.pytorch.org/docs/stable/notes/serialization.html"
_ADVISORIES = "https://nvd.nist.gov/vuln/detail/"

TORCH_LOAD_HAS_WEIGHTS_ONLY = TurningPoint(
    "torch", "torch.load", "weights_only", "1.13", "the parameter exists", _TORCH_RELEASES + "v1.13.0"
)
TORCH_LOAD_RESTRICTED = TurningPoint(
    "torch", "torch.load", "weights_only", "2.6", "True by default", _TORCH_RELEASES + "v2.6.0"
)
TORCH_UNPICKLER_2025 = TurningPoint(
    "torch", "torch.load", "weights_only", "2.6.0", "CVE-2025-32434 is fixed", _ADVISORIES + "CVE-2025-32434"
)
TORCH_UNPICKLER_2026 = TurningPoint(
    "torch", "torch.load", "weights_only", "2.10.0", "CVE-2026-24747 is fixed", _ADVISORIES + "CVE-2026-24747"
)
TORCH_NO_WEIGHTS_ONLY_VARIABLE = TurningPoint(
    "torch",
    "torch.load",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "2.6",
    "the environment variable turns the restricted default off",
    _TORCH_SERIALIZATION,
)
TORCH_SAFE_GLOBALS = TurningPoint(
    "torch", "torch.serialization.add_safe_globals", "", "2.4", "the function exists", _TORCH_SERIALIZATION
)
TORCH_HUB_HAS_WEIGHTS_ONLY = TurningPoint(
    "torch",
    "torch.hub.load_state_dict_from_url",
    "weights_only",
    "2.1",
    "the parameter exists; False by default",
    "https://docs.pytorch.org/docs/stable/hub.html#torch.hub.load_state_dict_from_url",
)
NUMPY_NO_PICKLE = TurningPoint(
    "numpy",
    "numpy.load",
    "allow_pickle",
    "1.16.3",
    "False by default",
    "https://numpy.org/doc/stable/reference/generated/numpy.load.html",
)
JSONPICKLE_SAFE = TurningPoint(
    "jsonpickle",
    "jsonpickle.decode",
    "safe",
    "4.0.0",
    "True by default",
    "https://jsonpickle.readthedocs.io/en/latest/history.html",
)
_PYYAML_CHANGES = "https://github.com/yaml/pyyaml/blob/main/CHANGES"
YAML_FULL_LOADER_DEFAULT = TurningPoint(
    "PyYAML", "yaml.load", "Loader", "5.1", "FullLoader, with a warning, when left out", _PYYAML_CHANGES
)
YAML_FULL_LOADER_RESTRICTED = TurningPoint(
    "PyYAML", "yaml.FullLoader", "", "5.4", "builds no objects any more (CVE-2020-14343)", _PYYAML_CHANGES
)
YAML_LOADER_REQUIRED = TurningPoint(
    "PyYAML", "yaml.load", "Loader", "6.0", "required; leaving it out is a TypeError", _PYYAML_CHANGES
)
KERAS_H5_SAFE_MODE = TurningPoint(
    "keras",
    "keras.saving.load_model",
    "safe_mode",
    "3.11.3",
    "heeded for HDF5 files (CVE-2025-9905)",
    _ADVISORIES + "CVE-2025-9905",
)
SKOPS_NO_TRUSTED_BOOL = TurningPoint(
    "skops",
    "skops.io.load",
    "trusted",
    "0.10",
    "trusted=True is a TypeError",
    "https://skops.readthedocs.io/en/stable/changes.html",
)
SKOPS_CARD_ALLOW_PICKLE = TurningPoint(
    "skops",
    "skops.card.Card",
    "allow_pickle",
    "0.13",
    "other files than .skops are unpickled on request only (CVE-2025-54886)",
    _ADVISORIES + "CVE-2025-54886",
)
_LIGHTNING_CHANGES = "https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/CHANGELOG.md"
LIGHTNING_PASSES_FALSE = TurningPoint(
    "lightning",
    "lightning.fabric.utilities.cloud_io._load",
    "weights_only",
    "2.4",
    "checkpoints are read with weights_only=False whatever torch's default is",
    _LIGHTNING_CHANGES,
)
LIGHTNING_HAS_WEIGHTS_ONLY = TurningPoint(
    "lightning",
    "lightning.pytorch.LightningModule.load_from_checkpoint",
    "weights_only",
    "2.6",
    "the parameter exists; left out, local files follow torch and http(s) ones are read with False",
    _LIGHTNING_CHANGES,
)
HUB_HELPERS_RESTRICTED = TurningPoint(
    "huggingface_hub",
    "huggingface_hub.load_torch_model",
    "weights_only",
    "2.0",
    "True by default; load_state_dict_from_file takes `safe`, True by default",
    "https://huggingface.co/docs/huggingface_hub/package_reference/serialization",
)
_LANGCHAIN = "https://github.com/langchain-ai/langchain-community/blob/main/libs/community/langchain_community/"
LANGCHAIN_DANGER_FLAG = TurningPoint(
    "langchain-community",
    "langchain_community.vectorstores.FAISS.load_local",
    "allow_dangerous_deserialization",
    "0.0.27",
    "the parameter exists, False by default; before, every index is unpickled",
    _LANGCHAIN + "vectorstores/faiss.py",
)
LANGCHAIN_DANGER_FLAG_BYTES = TurningPoint(
    "langchain-community",
    "langchain_community.vectorstores.FAISS.deserialize_from_bytes",
    "allow_dangerous_deserialization",
    "0.2.5",
    "the parameter exists, False by default (CVE-2024-5998)",
    _ADVISORIES + "CVE-2024-5998",
)
LANGCHAIN_LOAD_ALLOW_LIST = TurningPoint(
    "langchain-core",
    "langchain_core.load.loads",
    "allowed_objects",
    "1.2.5",
    "the parameter exists and secrets are no longer read from the environment by default (CVE-2025-68664)",
    _ADVISORIES + "CVE-2025-68664",
)
LANGCHAIN_LOAD_ALLOW_LIST_0 = TurningPoint(
    "langchain-core",
    "langchain_core.load.loads",
    "allowed_objects",
    "0.3.81",
    "the parameter exists on the 0.3 line too, where secrets still come from the environment by default",
    _ADVISORIES + "CVE-2025-68664",
)
LANGGRAPH_JSON_RESTRICTED = TurningPoint(
    "langgraph-checkpoint",
    "langgraph.checkpoint.serde.jsonplus.JsonPlusSerializer",
    "allowed_json_modules",
    "3.0.0",
    "JSON from the store no longer builds arbitrary objects (CVE-2025-64439)",
    _ADVISORIES + "CVE-2025-64439",
)
TRANSFORMERS_SAFETENSORS_ONLY = TurningPoint(
    "transformers",
    "transformers.PreTrainedModel.save_pretrained",
    "safe_serialization",
    "5.0",
    "the parameter is gone: weights are always written as safetensors",
    "https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md",
)
TRANSFORMERS_RESTRICTED_PICKLES = TurningPoint(
    "transformers",
    "transformers.PreTrainedModel.from_pretrained",
    "weights_only",
    "4.37",
    "pickled weights are read with weights_only=True; before, they are unpickled in full",
    "https://github.com/huggingface/transformers/blob/v4.37.0/src/transformers/modeling_utils.py",
)
VLLM_RESTRICTED_PICKLES = TurningPoint(
    "vllm",
    "vllm.LLM",
    "load_format",
    "0.7.0",
    "pickled weights are read with weights_only=True (CVE-2025-24357)",
    _ADVISORIES + "CVE-2025-24357",
)
DIFFUSERS_CUSTOM_CODE_FLAG = TurningPoint(
    "diffusers",
    "diffusers.DiffusionPipeline.from_pretrained",
    "custom_pipeline",
    "0.38.0",
    "code from another repository of the Hub runs only with trust_remote_code=True (CVE-2026-44513)",
    _ADVISORIES + "CVE-2026-44513",
)
KERNELS_TRUST_GATE = TurningPoint(
    "kernels",
    "kernels.get_kernel",
    "trust_remote_code",
    "0.14.0",
    "the parameter exists; without it only kernels of publishers that the Hub trusts are loaded",
    "https://github.com/huggingface/kernels/releases/tag/v0.14.0",
)
TRANSFORMERS_KERNEL_GATE = TurningPoint(
    "transformers",
    "transformers.PreTrainedModel.from_pretrained",
    "allow_all_kernels",
    "5.3.0",
    "kernels of other publishers than kernels-community need the flag (CVE-2026-4372)",
    _ADVISORIES + "CVE-2026-4372",
)
_DATASETS_RELEASES = "https://github.com/huggingface/datasets/releases/tag/"
DATASETS_SCRIPT_GATE = TurningPoint(
    "datasets",
    "datasets.load_dataset",
    "trust_remote_code",
    "2.16.0",
    "the parameter exists, and is taken to be true when it is left out; before, every dataset's script is run",
    _DATASETS_RELEASES + "2.16.0",
)
DATASETS_SCRIPTS_ASK = TurningPoint(
    "datasets",
    "datasets.load_dataset",
    "trust_remote_code",
    "2.20.0",
    "a dataset's script is run only when the parameter says so, or the person at the keyboard",
    _DATASETS_RELEASES + "2.20.0",
)
DATASETS_NO_SCRIPTS = TurningPoint(
    "datasets",
    "datasets.load_dataset",
    "trust_remote_code",
    "4.0.0",
    "scripts are not supported any more; the parameter has no effect",
    _DATASETS_RELEASES + "4.0.0",
)
DATASETS_NO_LOAD_METRIC = TurningPoint(
    "datasets", "datasets.load_metric", "", "3.0.0", "the function is gone", _DATASETS_RELEASES + "3.0.0"
)
ONNX_WITHOUT_HUB = TurningPoint(
    "onnx",
    "onnx.hub.load",
    "silent",
    "1.21.0",
    "the module onnx.hub is gone (CVE-2026-28500)",
    _ADVISORIES + "CVE-2026-28500",
)
_PYTHON_TARFILE = "https://docs.python.org/3/library/tarfile.html#extraction-filters"
TARFILE_DATA_FILTER_DEFAULT = TurningPoint(
    "python", "tarfile.TarFile.extractall", "filter", "3.14", "'data' by default", _PYTHON_TARFILE
)
FLASK_NO_ENV = TurningPoint(
    "flask",
    "flask.Flask.run",
    "FLASK_ENV",
    "2.3",
    "the variable is no longer heeded",
    "https://flask.palletsprojects.com/en/stable/changes/#version-2-3-0",
)
LANGCHAIN_DANGEROUS_CODE = TurningPoint(
    "langchain-experimental",
    "langchain_experimental.agents.create_pandas_dataframe_agent",
    "allow_dangerous_code",
    "0.0.61",
    "the parameter exists; False, which refuses to start, by default",
    "https://pypi.org/project/langchain-experimental/0.0.61/",
)
LANGCHAIN_GRAPH_FLAG = TurningPoint(
    "langchain-community",
    "langchain_community.chains.graph_qa.cypher.GraphCypherQAChain",
    "allow_dangerous_requests",
    "0.2.19",
    "the parameter exists; False, which refuses to start, by default (CVE-2024-8309)",
    _ADVISORIES + "CVE-2024-8309",
)
NUMEXPR_SANITIZES = TurningPoint(
    "numexpr",
    "numexpr.evaluate",
    "sanitize",
    "2.8.5",
    "expressions with underscores, semicolons and attributes are refused by default",
    "https://github.com/pydata/numexpr/blob/master/RELEASE_NOTES.rst",
)
GRADIO_BLOCKED_PATHS_CASE = TurningPoint(
    "gradio",
    "gradio.Blocks.launch",
    "blocked_paths",
    "5.11.0",
    "CVE-2025-23042 is fixed: letters of another case no longer get around it",
    _ADVISORIES + "CVE-2025-23042",
)
MCP_CHECKS_HOST_ON_LOOPBACK = TurningPoint(
    "mcp",
    "mcp.server.fastmcp.FastMCP",
    "transport_security",
    "1.23.0",
    "a server on 127.0.0.1 checks the Host header unless told otherwise (CVE-2025-66416)",
    _ADVISORIES + "CVE-2025-66416",
)
_LXML_CHANGES = "https://github.com/lxml/lxml/blob/master/CHANGES.txt"
LXML_NO_EXTERNAL_ENTITIES = TurningPoint(
    "lxml", "lxml.etree.XMLParser", "resolve_entities", "5.0", "'internal' by default", _LXML_CHANGES
)
LXML_NO_EXTERNAL_ENTITIES_ANYWHERE = TurningPoint(
    "lxml",
    "lxml.etree.iterparse",
    "resolve_entities",
    "6.1",
    "'internal' by default, for ETCompatXMLParser too",
    "https://github.com/lxml/lxml/security/advisories/GHSA-vfmq-68hx-4jfw",
)
LANGCHAIN_EVERNOTE_FIXED = TurningPoint(
    "langchain-community",
    "langchain_community.document_loaders.EverNoteLoader",
    "",
    "0.3.27",
    "external entities are no longer resolved (CVE-2025-6984)",
    _ADVISORIES + "CVE-2025-6984",
)
LANGCHAIN_XML_OUTPUT_FIXED = TurningPoint(
    "langchain-core",
    "langchain_core.output_parsers.XMLOutputParser",
    "parser",
    "0.1.35",
    "defusedxml reads the model's answer by default (CVE-2024-1455)",
    _ADVISORIES + "CVE-2024-1455",
)
PYARROW_EXTENSIONS_FIXED = TurningPoint(
    "pyarrow",
    "pyarrow.PyExtensionType",
    "",
    "14.0.1",
    "extension types are not unpickled from files any more (CVE-2023-47248)",
    _ADVISORIES + "CVE-2023-47248",
)
RAY_TENSOR_TYPES_PICKLED = TurningPoint(
    "ray",
    "ray.data.read_parquet",
    "",
    "2.49.0",
    "metadata of tensor columns is unpickled (CVE-2026-41486)",
    "https://github.com/ray-project/ray/pull/62056",
)
RAY_TENSOR_TYPES_FIXED = TurningPoint(
    "ray",
    "ray.data.read_parquet",
    "",
    "2.55.0",
    "metadata of tensor columns is JSON (CVE-2026-41486)",
    "https://github.com/ray-project/ray/pull/62056",
)
LANGCHAIN_TEMPLATE_ATTRIBUTES = TurningPoint(
    "langchain-core",
    "langchain_core.prompts.ChatPromptTemplate",
    "template_format",
    "1.0.7",
    "templates no longer reach attributes and items of their variables (CVE-2025-65106)",
    _ADVISORIES + "CVE-2025-65106",
)
LANGCHAIN_TEMPLATE_ATTRIBUTES_0 = TurningPoint(
    "langchain-core",
    "langchain_core.prompts.ChatPromptTemplate",
    "template_format",
    "0.3.80",
    "the same on the 0.3 line (CVE-2025-65106)",
    _ADVISORIES + "CVE-2025-65106",
)
LANGCHAIN_SYMBOLIC_FLAG = TurningPoint(
    "langchain-experimental",
    "langchain_experimental.llm_symbolic_math.base.LLMSymbolicMathChain",
    "allow_dangerous_requests",
    "0.3.1",
    "required; False refuses to evaluate (CVE-2024-46946)",
    _ADVISORIES + "CVE-2024-46946",
)
LANGCHAIN_NUMEXPR_SAFE = TurningPoint(
    "langchain",
    "langchain.chains.LLMMathChain",
    "",
    "0.0.308",
    "asks for a NumExpr that refuses code, and gives it no names (CVE-2023-39631)",
    _ADVISORIES + "CVE-2023-39631",
)
AUTOGEN_DOCKER = TurningPoint(
    "pyautogen",
    "autogen.UserProxyAgent",
    "code_execution_config",
    "0.2.8",
    "use_docker is True by default, and the agent refuses to start where Docker is missing",
    "https://microsoft.github.io/autogen/0.2/blog/2024/01/23/Code-execution-in-docker/",
)
CREWAI_NO_CODE = TurningPoint(
    "crewai",
    "crewai.Agent",
    "allow_code_execution",
    "1.14.0",
    "the parameter does nothing any more",
    "https://docs.crewai.com/en/changelog",
)
LLAMA_INDEX_NO_PANDAS = TurningPoint(
    "llama-index-core",
    "llama_index.core.query_engine.PandasQueryEngine",
    "",
    "0.12.0",
    "moved to llama-index-experimental; what is left only raises an error",
    "https://pypi.org/project/llama-index-core/0.12.0/",
)
LANGSMITH_REFUSES_PUBLIC_PROMPTS = TurningPoint(
    "langsmith",
    "langsmith.Client.pull_prompt",
    "dangerously_pull_public_prompt",
    "0.8.0",
    "the parameter exists; prompts of other owners are refused by default",
    "https://github.com/langchain-ai/langsmith-sdk/releases/tag/v0.8.0",
)
