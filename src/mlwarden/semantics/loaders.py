"""Calls that turn bytes into objects: where they read from, whether their switches let code run, how bad that is.

Facts and judgements that several rules share; each rule decides for itself which of them it reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.model.levels import Confidence, Severity
from mlwarden.semantics import turning_points
from mlwarden.semantics.origins import Origin, OriginKind, graded, origin_of, trace_of
from mlwarden.semantics.values import (
    ABSENT,
    Class,
    Constant,
    Function,
    Instance,
    Reference,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import ClassDefinition
    from mlwarden.semantics.model import SemanticModel


# --- switches --------------------------------------------------------------------------------------------------------


def switched_off(value: Value) -> Confidence | None:
    """How sure it is that a switch is off (a false constant other than None); None if nothing says so."""
    return _sure(value, lambda option: option.truth() is False and not option.may_be(None) and not option.is_absent)


def switched_on(value: Value) -> Confidence | None:
    """How sure it is that a switch is on (a true constant); None if nothing says so."""
    return _sure(value, lambda option: option.truth() is True and not isinstance(option, (Function, Class)))


def left_out(value: Value) -> bool:
    """Whether a parameter may be at its default: not given, or given as None."""
    return value.may_be_absent or value.may_be(None)


def _sure(value: Value, holds: Callable[[Value], bool]) -> Confidence | None:
    options = value.alternatives()
    held = [holds(option) for option in options]
    if all(held):
        return Confidence.HIGH
    return Confidence.MEDIUM if any(held) else None


# --- what is read ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What a loader reads and how bad it is that it may run code from there.

    Attributes:
        origin: where the data comes from.
        severity, confidence: the judgement.
        what: the data, to be put into a sentence: "data from the network", "'model.pkl'".
        trace: the way the data took, then the calls that led here.
        own: whether the same function wrote the file before.
    """

    origin: Origin
    severity: Severity
    confidence: Confidence
    what: str
    trace: tuple[TraceStep, ...]
    own: bool = False


def reading(
    call: CallSite,
    model: SemanticModel,
    data: Value,
    *,
    opted_out: Confidence | None = None,
    unknown: str = "data of unknown origin",
) -> Reading | None:
    """Judge what a loader reads; None if the program reads back what it has just made itself, in memory.

    Args:
        call: the loader.
        model: the document.
        data: the path, file or bytes.
        opted_out: given where the code turned a protection off: how sure that is. It is worse by a step then, and no
            less certain because the data's origin isn't known.
        unknown: what to call data of unknown origin.
    """
    if made_here(call, model, data):
        return None
    origin = origin_of(data, call.read_back)
    severity, confidence = graded(origin)
    if opted_out is not None:
        severity = Severity(min(severity + 1, Severity.CRITICAL))
        confidence = opted_out if origin.kind is not OriginKind.REMOTE else min(opted_out, confidence)
    what = unknown if origin.kind is OriginKind.UNKNOWN else origin.phrase
    own = origin.kind is not OriginKind.REMOTE and (_is_temporary(data) or _written_before(call, model, data))
    if own:
        severity = Severity.LOW
        what = "a file that the same code wrote"
    elif call.digest_checked:
        severity = Severity.LOW if origin.kind is OriginKind.LITERAL else Severity(max(severity - 1, Severity.LOW))
    return Reading(origin, severity, confidence, what, trace_of(call, origin), own)


def leaves(value: Value, depth: int = 6) -> Iterator[Value]:
    """What a value is made from, innermost: `open(Path(x)).read()` is made from `x`."""
    for option in value.alternatives():
        if isinstance(option, Reference) and option.content is not None and depth > 0:
            yield from leaves(option.content, depth - 1)
        elif isinstance(option, Reference) and _receiver(option) is not None and depth > 0:
            yield from leaves(_receiver(option) or ABSENT, depth - 1)
        elif isinstance(option, Sequence) and option.items and depth > 0:
            for item in option.items[:4]:
                yield from leaves(item, depth - 1)
        else:
            yield option


def same_data(one: Value, other: Value) -> bool:
    """Whether two values name the same file or bytes, as far as the text tells."""
    first, second = [*leaves(one)], [*leaves(other)]
    return bool(first) and first == second and all(_is_identified(leaf) for leaf in first)


def suffixes(value: Value) -> tuple[str, ...]:
    """The ends of the paths that a value names; a download's file name counts."""
    found = list(value.suffixes())
    for leaf in leaves(value):
        found.extend(leaf.suffixes())
        if isinstance(leaf, Reference) and leaf.made_by is not None:
            for argument in leaf.made_by.arguments:
                found.extend(argument.value.suffixes())
    return tuple(suffix.lower() for suffix in found)


def has_suffix(value: Value, *endings: str) -> bool:
    """Whether a value may name a file with one of these endings."""
    return any(suffix.partition("?")[0].endswith(endings) for suffix in suffixes(value))


def _receiver(option: Reference) -> Value | None:
    """The object whose method gave this, where that is a buffer, a response or the like."""
    made_by = option.made_by
    if made_by is None or made_by.receiver is None or not isinstance(made_by.receiver, Reference):
        return None
    return made_by.receiver if made_by.receiver.made_by is not None else None


def _is_identified(leaf: Value) -> bool:
    if isinstance(leaf, Unknown):
        return bool(leaf.parameter)
    if isinstance(leaf, Text):
        return any(leaf.parts) or bool(leaf.tainted_by("temporary"))
    return isinstance(leaf, Constant) or (isinstance(leaf, Reference) and leaf.made_by is not None)


# --- the program's own data ------------------------------------------------------------------------------------------

_DUMPED = frozenset(
    f"{module}.{function}()"
    for module in ("pickle", "cloudpickle", "dill", "marshal", "srsly")
    for function in ("dumps", "pickle_dumps")
) | {
    "skops.io.dumps()",
    "jsonpickle.encode()",
    "jsonpickle.dumps()",
    "multiprocessing.reduction.ForkingPickler.dumps()",
}

# Calls that write what a loader may read back: (name or position of the file, its position).
_WRITERS: dict[str, tuple[str, int]] = {
    "pickle.dump": ("file", 1),
    "cloudpickle.dump": ("file", 1),
    "dill.dump": ("file", 1),
    "dill.dump_session": ("filename", 0),
    "dill.dump_module": ("filename", 0),
    "joblib.dump": ("filename", 1),
    "skops.io.dump": ("file", 1),
    "torch.save": ("f", 1),
    "numpy.save": ("file", 0),
    "numpy.savez": ("file", 0),
    "numpy.savez_compressed": ("file", 0),
    "marshal.dump": ("file", 1),
    "*.to_pickle": ("path", 0),
    "*.save_checkpoint": ("filepath", 0),
    "*.save_model": ("filepath", 1),
    "*.save": ("filepath", 0),
}


def made_here(call: CallSite, model: SemanticModel, data: Value) -> bool:
    """Whether the data is a round trip in memory: `pickle.loads(pickle.dumps(x))`, a buffer written just before."""
    options = [*leaves(data)]
    return bool(options) and all(_is_own_bytes(call, model, option) for option in options)


def _is_own_bytes(call: CallSite, model: SemanticModel, option: Value) -> bool:
    if not isinstance(option, Reference):
        return False
    if option.name in _DUMPED:
        return True
    buffer = option.name.startswith(("io.BytesIO()", "tempfile.SpooledTemporaryFile()"))
    return buffer and any(same_data(written, option) for written in _written(call, model))


def _written_before(call: CallSite, model: SemanticModel, data: Value) -> bool:
    return any(same_data(written, data) for written in _written(call, model))


def _written(call: CallSite, model: SemanticModel) -> Iterator[Value]:
    """The files that the same function wrote before this call."""
    for name, (keyword, position) in _WRITERS.items():
        for writer in model.calls_of(name):
            if writer.function is call.function and writer.order < call.order:
                yield writer.argument(keyword, position)


def _is_temporary(data: Value) -> bool:
    options = [*leaves(data)]
    return bool(options) and all(
        (isinstance(leaf, Reference) and leaf.name.startswith("tempfile.")) or leaf.tainted_by("temporary")
        for leaf in options
    )


# --- restricted unpicklers -------------------------------------------------------------------------------------------

_RAISES = re.compile(r"\braise\b|\bassert\b")
_PARENT = re.compile(r"\bfind_class\s*\(")


def restricts(definition: ClassDefinition | None) -> bool:
    """Whether a class of the project overrides `find_class` so that not every name gets through.

    An override that refuses nothing, and hands every other name to the original, does not count: the usual one maps
    storages to the CPU or renames modules.
    """
    member = None if definition is None else definition.find("find_class")
    if not isinstance(member, Function) or member.definition is None:
        return member is not None
    function = member.definition
    span = function.fragment.span(function.node)
    start = function.fragment.start
    text = function.fragment.text[span.start - start : span.end - start]
    return bool(_RAISES.search(text)) or len(_PARENT.findall(text)) < 2


def restricted_receiver(call: CallSite) -> bool:
    """Whether a call's receiver is an unpickler of the project that lets only some names through."""
    options = () if call.receiver is None else call.receiver.alternatives()
    return any(
        isinstance(option, (Instance, Class)) and option.definition is not None and restricts(option.definition)
        for option in options
    )


# --- loaders and their switches --------------------------------------------------------------------------------------


def torch_load(call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that `torch.load` unpickles everything."""
    given = call.argument("weights_only")
    off = switched_off(given)
    if off is not None:
        return off
    if not left_out(given):
        return None
    if not left_out(call.argument("pickle_module", 2)):
        return Confidence.MEDIUM
    passed = turning_points.TORCH_LOAD_RESTRICTED.passed(model)
    if passed is None:
        return Confidence.MEDIUM
    return None if passed else Confidence.HIGH


def numpy_load(call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that a NumPy reader unpickles object arrays."""
    position = NUMPY_READERS[call.name]
    given = call.argument("allow_pickle", position)
    on = switched_on(given)
    if on is None and given.is_absent and turning_points.NUMPY_NO_PICKLE.ahead(model):
        return Confidence.HIGH
    return on


# NumPy's readers, and the position of `allow_pickle`.
NUMPY_READERS: dict[str, int | None] = {
    "numpy.load": 2,
    "jax.numpy.load": 2,
    "cupy.load": 2,
    "numpy.lib.format.read_array": 1,
    "numpy.lib.npyio.NpzFile": 2,
    "monai.data.NumpyReader": None,
}

YAML_UNSAFE = frozenset({"yaml.Loader", "yaml.UnsafeLoader", "yaml.CLoader", "yaml.CUnsafeLoader"})
YAML_FULL = frozenset({"yaml.FullLoader", "yaml.CFullLoader"})
YAML_SAFE = frozenset({"yaml.SafeLoader", "yaml.CSafeLoader", "yaml.BaseLoader", "yaml.CBaseLoader"})


def yaml_loaders(value: Value) -> tuple[str, ...]:
    """The qualified names of PyYAML's loaders that a `Loader` argument may be or be derived from."""
    found: list[str] = []
    for option in value.alternatives():
        names = option.names()
        if isinstance(option, (Class, Instance)) and option.definition is not None:
            names = option.definition.base_names()
        found.extend(names)
    return tuple(found)


def yaml_load(call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that PyYAML builds any object the text names."""
    if call.name in {"yaml.unsafe_load", "yaml.unsafe_load_all"}:
        return Confidence.HIGH
    full = call.name in {"yaml.full_load", "yaml.full_load_all"}
    given = call.argument("Loader", 1)
    names = yaml_loaders(given)
    if any(name in YAML_UNSAFE for name in names):
        return Confidence.HIGH
    if full or any(name in YAML_FULL for name in names):
        return Confidence.HIGH if turning_points.YAML_FULL_LOADER_RESTRICTED.ahead(model) else None
    if not given.is_absent:
        return None
    if turning_points.YAML_FULL_LOADER_RESTRICTED.ahead(model):
        return Confidence.HIGH
    return None if turning_points.YAML_FULL_LOADER_DEFAULT.passed(model) else Confidence.MEDIUM


def keras_load(call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that Keras runs the code in a model file."""
    return switched_off(call.argument("safe_mode", 3))


def _always(call: CallSite, model: SemanticModel) -> Confidence | None:
    return None if restricted_receiver(call) else Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Loader:
    """A call that may run code from what it reads.

    Attributes:
        keyword, position: the argument that names the data; position None and keyword "" for the call's receiver.
        unrestricted: how sure it is that it can run code, None if it can't.
    """

    keyword: str
    position: int | None
    unrestricted: Callable[[CallSite, SemanticModel], Confidence | None] = _always


PICKLE_LOADERS: dict[str, Loader] = {
    "pickle.load": Loader("file", 0),
    "pickle.loads": Loader("data", 0),
    "pickle.Unpickler().load": Loader("", None),
    "multiprocessing.reduction.ForkingPickler.loads": Loader("data", 0),
    "fastcore.xtras.load_pickle": Loader("fn", 0),
    "gensim.utils.unpickle": Loader("fname", 0),
    "srsly.pickle_loads": Loader("data", 0),
    "statsmodels.iolib.smpickle.load_pickle": Loader("fname", 0),
    "networkx.read_gpickle": Loader("path", 0),
}
DILL_LOADERS: dict[str, Loader] = {
    "cloudpickle.load": Loader("file", 0),
    "cloudpickle.loads": Loader("data", 0),
    "dill.load": Loader("file", 0),
    "dill.loads": Loader("str", 0),
    "dill.load_session": Loader("filename", 0),
    "dill.load_module": Loader("filename", 0),
    "dill.load_module_asdict": Loader("filename", 0),
    "dill.Unpickler().load": Loader("", None),
}
LOADERS: dict[str, Loader] = {
    **PICKLE_LOADERS,
    **DILL_LOADERS,
    "joblib.load": Loader("filename", 0),
    "pandas.read_pickle": Loader("filepath_or_buffer", 0),
    "torch.load": Loader("f", 0, torch_load),
    "marshal.load": Loader("file", 0),
    "marshal.loads": Loader("bytes", 0),
    "shelve.open": Loader("filename", 0),
    "jsonpickle.decode": Loader("string", 0),
    "jsonpickle.unpickler.Unpickler().restore": Loader("obj", 0),
    "numpy.load": Loader("file", 0, numpy_load),
    "numpy.lib.format.read_array": Loader("fp", 0, numpy_load),
    "numpy.lib.npyio.NpzFile": Loader("fid", 0, numpy_load),
    "yaml.load": Loader("stream", 0, yaml_load),
    "yaml.load_all": Loader("stream", 0, yaml_load),
    "yaml.unsafe_load": Loader("stream", 0, yaml_load),
    "yaml.unsafe_load_all": Loader("stream", 0, yaml_load),
    "yaml.full_load": Loader("stream", 0, yaml_load),
    "yaml.full_load_all": Loader("stream", 0, yaml_load),
    "keras.models.load_model": Loader("filepath", 0, keras_load),
}


def data_of(call: CallSite) -> Value:
    """The path, file or bytes that a call in `LOADERS` reads."""
    loader = LOADERS[call.name]
    if loader.position is None and not loader.keyword:
        return call.receiver if call.receiver is not None else ABSENT
    return call.argument(loader.keyword, loader.position)
