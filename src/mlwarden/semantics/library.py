"""What mlwarden knows of libraries, as data: names that mean the same, what calls return, what holds data.

Facts only; no rule logic. Sources are named beside the entries that are not plain from the name.
"""

from __future__ import annotations

# A name (left) is another one's (right); applied at every step of a dotted name, so prefixes count.
CANONICAL: dict[str, str] = {
    "builtins": "",  # `builtins.eval` is `eval`
    "__builtin__": "",
    "__builtins__": "",
    "cPickle": "pickle",
    "_pickle": "pickle",
    "pickle5": "pickle",
    "six.moves.cPickle": "pickle",
    "six.moves.urllib": "urllib",
    "future.moves.pickle": "pickle",
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.compat.v2.keras": "keras",
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.compat.v2": "tensorflow",
    "tf_keras": "keras",
    "keras.api": "keras",
    "keras._tf_keras.keras": "keras",
    "keras.src.saving.saving_api": "keras.saving",
    "keras.saving.load_model": "keras.models.load_model",
    "keras.src.saving.load_model": "keras.models.load_model",
    "keras.src.models.load_model": "keras.models.load_model",
    "lightning.pytorch": "pytorch_lightning",
    "lightning.fabric": "lightning_fabric",
    "torch.serialization.load": "torch.load",
    "torch.utils.model_zoo.load_url": "torch.hub.load_state_dict_from_url",
    "numpy.lib.npyio.load": "numpy.load",
    "pandas.io.pickle.read_pickle": "pandas.read_pickle",
    "modin.pandas": "pandas",
    "sklearn.externals.joblib": "joblib",
    "joblib.numpy_pickle.load": "joblib.load",
    "dill._dill": "dill",
    "cloudpickle.cloudpickle": "cloudpickle",
    "yaml.loader": "yaml",
    "yaml.cyaml": "yaml",
    "huggingface_hub.file_download": "huggingface_hub",
    "huggingface_hub._snapshot_download": "huggingface_hub",
    "huggingface_hub.hf_api": "huggingface_hub",
    "datasets.load": "datasets",
    "requests.api": "requests",
    "requests.sessions.Session": "requests.Session",
    "requests.session": "requests.Session",
    "langchain.vectorstores": "langchain_community.vectorstores",
    "torchvision._internally_replaced_utils.load_state_dict_from_url": "torch.hub.load_state_dict_from_url",
    "torchvision.models.utils.load_state_dict_from_url": "torch.hub.load_state_dict_from_url",
    "lightning.LightningModule": "pytorch_lightning.LightningModule",
    "lightning.LightningDataModule": "pytorch_lightning.LightningDataModule",
    "lightning.Trainer": "pytorch_lightning.Trainer",
    "lightning.Fabric": "lightning_fabric.Fabric",
    "lightning_fabric.fabric.Fabric": "lightning_fabric.Fabric",
    "pytorch_lightning.core.LightningModule": "pytorch_lightning.LightningModule",
    "pytorch_lightning.trainer.Trainer": "pytorch_lightning.Trainer",
    "pytorch_lightning.trainer.trainer.Trainer": "pytorch_lightning.Trainer",
    "fastai.basics.load_learner": "fastai.learner.load_learner",
    "fastai.vision.all.load_learner": "fastai.learner.load_learner",
    "fastai.text.all.load_learner": "fastai.learner.load_learner",
    "fastai.tabular.all.load_learner": "fastai.learner.load_learner",
    "fastai.collab.load_learner": "fastai.learner.load_learner",
    "fastai.medical.imaging.load_learner": "fastai.learner.load_learner",
    "fastai.basic_train.load_learner": "fastai.learner.load_learner",  # fastai 1
    "fastai.vision.load_learner": "fastai.learner.load_learner",
    "fastai.text.load_learner": "fastai.learner.load_learner",
    "fastai.tabular.load_learner": "fastai.learner.load_learner",
    "fastcore.all.load_pickle": "fastcore.xtras.load_pickle",
    "fastai.vision.all.load_pickle": "fastcore.xtras.load_pickle",
    "fastai.text.all.load_pickle": "fastcore.xtras.load_pickle",
    "fastai.tabular.all.load_pickle": "fastcore.xtras.load_pickle",
    "fastai.basics.load_pickle": "fastcore.xtras.load_pickle",
    "statsmodels.api.load": "statsmodels.iolib.smpickle.load_pickle",
    "statsmodels.api.load_pickle": "statsmodels.iolib.smpickle.load_pickle",
    "ray.cloudpickle": "cloudpickle",
    "joblib.externals.cloudpickle": "cloudpickle",
    "pyspark.cloudpickle": "cloudpickle",
    "srsly.cloudpickle": "cloudpickle",
    "dill.session": "dill",
    "jsonpickle.unpickler.decode": "jsonpickle.decode",
    "jsonpickle.loads": "jsonpickle.decode",
    "jsonpickle.Unpickler": "jsonpickle.unpickler.Unpickler",
    "pandas.io.pytables.HDFStore": "pandas.HDFStore",
    "pandas.io.pytables.read_hdf": "pandas.read_hdf",
    "numpy.lib._npyio_impl.NpzFile": "numpy.lib.npyio.NpzFile",
    "numpy.lib._npyio_impl.load": "numpy.load",
    "keras.src.saving.serialization_lib": "keras.saving",
    "keras.saving.serialization_lib": "keras.saving",
    "keras.utils.deserialize_keras_object": "keras.saving.deserialize_keras_object",
    "keras.saving.enable_unsafe_deserialization": "keras.config.enable_unsafe_deserialization",
    "keras.__internal__.enable_unsafe_deserialization": "keras.config.enable_unsafe_deserialization",
    "keras.src.config.enable_unsafe_deserialization": "keras.config.enable_unsafe_deserialization",
    "skops.io._persist": "skops.io",
    "huggingface_hub.serialization": "huggingface_hub",
    "huggingface_hub.serialization._torch": "huggingface_hub",
    "langchain.load.load.load": "langchain_core.load.load.load",
    "langchain.load.load.loads": "langchain_core.load.load.loads",
    "langchain.load.load.Reviver": "langchain_core.load.load.Reviver",
    "langchain.load.loads": "langchain_core.load.load.loads",
    "langchain_classic.load.load.load": "langchain_core.load.load.load",
    "langchain_classic.load.load.loads": "langchain_core.load.load.loads",
    "langchain_classic.load.load.Reviver": "langchain_core.load.load.Reviver",
    "langchain_classic.load.loads": "langchain_core.load.load.loads",
    "langchain_core.load.loads": "langchain_core.load.load.loads",
}

# What a call gives, where it isn't simply "an instance of what was called".
RESULTS: dict[str, str] = {
    "tarfile.open()": "tarfile.TarFile()",
    "tarfile.TarFile.open()": "tarfile.TarFile()",
    "gradio.Blocks().queue()": "gradio.Blocks()",
    "gradio.Interface().queue()": "gradio.Interface()",
    "gradio.ChatInterface().queue()": "gradio.ChatInterface()",
    "gradio.TabbedInterface().queue()": "gradio.TabbedInterface()",
    "gradio.Interface.load()": "gradio.Interface()",
    "gradio.load()": "gradio.Blocks()",
    "aiohttp.ClientSession().get()": "aiohttp.ClientResponse()",
    "pathlib.PosixPath()": "pathlib.Path()",
    "pathlib.PurePath()": "pathlib.Path()",
    "openai.OpenAI().with_options()": "openai.OpenAI()",
    "langchain.chat_models.ChatOpenAI()": "langchain_openai.ChatOpenAI()",
    "langchain_community.chat_models.ChatOpenAI()": "langchain_openai.ChatOpenAI()",
}

# Callables whose result stands for one of their arguments: (position, keyword).
CONTENT: dict[str, tuple[int, str]] = {
    "open": (0, "file"),
    "io.open": (0, "file"),
    "codecs.open": (0, "filename"),
    "gzip.open": (0, "filename"),
    "gzip.GzipFile": (0, "filename"),
    "bz2.open": (0, "filename"),
    "bz2.BZ2File": (0, "filename"),
    "lzma.open": (0, "filename"),
    "lzma.LZMAFile": (0, "filename"),
    "smart_open.open": (0, "uri"),
    "fsspec.open": (0, "urlpath"),
    "tarfile.open": (0, "name"),
    "zipfile.ZipFile": (0, "file"),
    "pathlib.Path": (0, ""),
    "os.fspath": (0, "path"),
    "os.path.expanduser": (0, "path"),
    "os.path.expandvars": (0, "path"),
    "os.path.abspath": (0, "path"),
    "os.path.realpath": (0, "path"),
    "os.path.normpath": (0, "path"),
    "io.BytesIO": (0, "initial_bytes"),
    "io.StringIO": (0, "initial_value"),
    "io.BufferedReader": (0, "raw"),
    "io.TextIOWrapper": (0, "buffer"),
    "gzip.decompress": (0, "data"),
    "bz2.decompress": (0, "data"),
    "lzma.decompress": (0, "data"),
    "zlib.decompress": (0, "data"),
    "base64.b64decode": (0, "s"),
    "base64.urlsafe_b64decode": (0, "s"),
    "codecs.decode": (0, "obj"),
    "bytes": (0, ""),
    "bytearray": (0, ""),
    "memoryview": (0, ""),
    "pickle.Unpickler": (0, "file"),
    "dill.Unpickler": (0, "file"),
    "requests.get": (0, "url"),
    "requests.post": (0, "url"),
    "urllib.request.urlopen": (0, "url"),
    "urllib.request.urlretrieve": (0, "url"),
    "httpx.get": (0, "url"),
}

# Callables that call what they are given: position of the callable (or keyword), position of its first argument.
HIGHER_ORDER: dict[str, tuple[int, str, int]] = {
    "map": (0, "", -1),
    "filter": (0, "", -1),
    "asyncio.to_thread": (0, "func", 1),
    "anyio.to_thread.run_sync": (0, "func", 1),
    "starlette.concurrency.run_in_threadpool": (0, "func", 1),
    "fastapi.concurrency.run_in_threadpool": (0, "func", 1),
    "functools.reduce": (0, "", -1),
    "joblib.delayed": (0, "function", -1),
}
# The same for methods of anything, by name: `pool.map(f, xs)`, `executor.submit(f, x)`.
HIGHER_ORDER_METHODS: dict[str, tuple[int, str, int]] = {
    "submit": (0, "fn", 1),
    "map": (0, "fn", -1),
    "imap": (0, "func", -1),
    "imap_unordered": (0, "func", -1),
    "starmap": (0, "func", -1),
    "apply": (0, "func", -1),
    "applymap": (0, "func", -1),
    "apply_async": (0, "func", -1),
    "map_async": (0, "func", -1),
    "run_in_executor": (1, "func", 2),
    "run_sync": (0, "func", 1),
    "then": (0, "", -1),
}

BUILTINS = frozenset(
    """
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex
    delattr dict dir divmod enumerate eval exec execfile exit filter float format frozenset getattr globals hasattr
    hash help hex id input int isinstance issubclass iter len list locals map max memoryview min next object oct open
    ord pow print property quit range raw_input repr reversed round set setattr slice sorted staticmethod str sum super
    tuple type unicode vars zip __import__ __build_class__ display get_ipython reload
    """.split()
)


def canonical(name: str) -> str:
    """The canonical form of a qualified name whose parent is canonical already."""
    return CANONICAL.get(name, name)


def attribute_of(base: str, attribute: str) -> str:
    """The canonical name of an attribute of a canonical name."""
    return canonical(f"{base}.{attribute}" if base else attribute)


def qualified(dotted: str) -> str:
    """The canonical form of a dotted name, step by step; a leading dot marks a module of the project."""
    if dotted.startswith("."):
        return dotted
    name = ""
    for index, part in enumerate(dotted.split(".")):
        name = canonical(part) if index == 0 else attribute_of(name, part)
    return name


def result_of(name: str) -> str:
    """The canonical name of what calling a canonical name gives."""
    called = f"{name}()"
    return RESULTS.get(called, called)


# Packages that are never looked for among a project's own files, even where a file is named so.
_LIBRARIES = frozenset(
    """
    torch torchvision torchaudio transformers diffusers datasets evaluate huggingface_hub accelerate peft trl
    sentence_transformers timm keras tensorflow tf_keras tensorflow_hub numpy pandas scipy sklearn joblib pickle cPickle
    _pickle dill cloudpickle yaml ruamel jsonpickle shelve marshal skops onnx onnxruntime mlflow wandb gradio streamlit
    fastapi flask uvicorn openai anthropic google litellm mistralai cohere ollama vllm langchain langchain_core
    langchain_community langchain_openai langchain_experimental langgraph llama_index dspy haystack crewai autogen
    smolagents requests httpx aiohttp urllib urllib3 os sys subprocess json tarfile zipfile builtins functools
    importlib pathlib io gzip hashlib ssl typing collections argparse click typer logging re asyncio tempfile random
    lightning pytorch_lightning lightning_fabric fastai monai ultralytics spacy nltk gensim boto3 ray dask bentoml
    """.split()
)


def is_known_library(name: str) -> bool:
    """Whether an absolute dotted name belongs to a well-known library."""
    return not name.startswith(".") and name.partition(".")[0] in _LIBRARIES
