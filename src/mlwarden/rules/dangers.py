"""What calls of the tables in `semantics.sinks` do with data that somebody else chose, and when that is harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.levels import Severity
from mlwarden.semantics import argument_checks
from mlwarden.semantics.command_words import chooses_program
from mlwarden.semantics.values import Constant, Mapping, Reference, Sequence, Taint, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.sinks import Sink


@dataclass(frozen=True)
class Danger:
    """What a call does with the data, what follows from that, and how bad it is."""

    does: str
    harm: str
    severity: Severity


@dataclass(frozen=True)
class Flow:
    """Tainted data in an argument of a sink.

    Attributes:
        call, sink: the call and what is known of it.
        place: the argument's keyword and position; neither for the receiver.
        value, taint: what stands there, and the origin that will be told.
        kinds: the kinds of taint that count.
    """

    call: CallSite
    sink: Sink
    place: tuple[str, int | None]
    value: Value
    taint: Taint
    kinds: tuple[str, ...]
    model: SemanticModel

    @property
    def checked(self) -> bool:
        """Whether the value is compared with a fixed collection, or validated, on the way."""
        return argument_checks.is_checked(self.call, self.place, self.model)

    def tainted(self) -> tuple[Value, ...]:
        """The alternatives that hold data of the kinds that count; elements of a sequence one by one."""
        found: list[Value] = []
        for option in self.value.alternatives():
            inner = option.items if isinstance(option, Sequence) and option.items else (option,)
            found.extend(one for item in inner for one in item.alternatives() if one.tainted_by(*self.kinds))
        return tuple(found)


def of_code(flow: Flow) -> Danger | None:
    """Python that is run."""
    if flow.checked:
        return None
    return Danger("runs Python", "who can steer the model runs code here", Severity.CRITICAL)


def of_command(flow: Flow) -> Danger | None:
    """A command that is run, or an argument of a fixed one."""
    chosen = chooses_program(flow.call, flow.kinds)
    if chosen is None or flow.checked:
        return None
    if chosen:
        return Danger("runs a command", "who can steer the model runs programs here", Severity.CRITICAL)
    harm = "one that begins with `-` is taken for an option; check it, or put `--` before it"
    return Danger("passes a program an argument", harm, Severity.MEDIUM)


_BUILT = re.compile(r"(?:sqlalchemy|sqlmodel|psycopg2?\.sql|google\.cloud\.bigquery\.\w*Parameter)\b.*")


def of_query(flow: Flow) -> Danger | None:
    """A query that is run; one that another call was asked to build is reported there."""
    if all(
        isinstance(one, Mapping) or (isinstance(one, Reference) and _BUILT.match(one.name)) for one in flow.tainted()
    ):
        return None
    if argument_checks.parsed_as_query(flow.call, flow.place, flow.model) or flow.checked:
        return None
    harm = "who can steer the model reads and changes what this account can; bind values as parameters"
    return Danger("runs a query", harm, Severity.HIGH)


_JUPYTER = ("IPython.display.Markdown",)


def of_page(flow: Flow) -> Danger | None:
    """Markup that a browser shows."""
    severity = _active(flow)
    if severity is None or argument_checks.cleaned_page(flow.call, flow.place, flow.model) or flow.checked:
        return None
    harm = "who can steer the model runs scripts in the reader's browser; escape it, or clean it with `nh3`"
    if severity == Severity.LOW:
        harm = "who can steer the model shows the reader forms, links and pictures that report home; escape it"
    return Danger("shows markup", harm, severity)


def _active(flow: Flow) -> Severity | None:
    """How bad a page's markup is, by the flags of the call; None if it is shown as text."""
    call, does = flow.call, flow.sink.does
    if does == "with `unsafe_allow_html`":
        second = None if call.attribute == "write" else 1
        return Severity.HIGH if call.argument("unsafe_allow_html", second).may_be_true() else None
    if does == "with `sanitize_html=False`":
        return Severity.HIGH if call.argument("sanitize_html").may_be(False) else None
    if does == "with `raw=True`":
        return Severity.HIGH if call.argument("raw").may_be_true() else None
    if does == "sanitized":
        return Severity.HIGH if call.argument("unsafe_allow_javascript").may_be_true() else Severity.LOW
    if does in ("as `text/html`", "unless another type"):
        given = [call.argument("media_type", 3), call.argument("mimetype"), call.argument("content_type")]
        texts = [text for value in given for text in value.prefixes()]
        if any(text.startswith("text/html") for text in texts):
            return Severity.HIGH
        return Severity.HIGH if does != "as `text/html`" and all(value.is_absent for value in given) else None
    if does == "text only":
        return Severity.HIGH if any(isinstance(one, Text) for one in flow.tainted()) else None
    return Severity.LOW if call.name in _JUPYTER else Severity.HIGH


_NOT_A_PATH = re.compile(
    r"(?:io\.\w+|open|tempfile\.\w+|gzip\.open|base64\.\w+|requests\..*|httpx\..*|zipfile\..*)\(\).*"
)
_READING = frozenset({"reads", "lists", "serves"})
_PATH_HARM = "who can steer the model reaches files anywhere; resolve the path and compare it with its folder"


def of_path(flow: Flow) -> Danger | None:
    """A file that is opened, written or deleted."""
    if all(_is_no_path(one) for one in flow.tainted()):
        return None
    if argument_checks.confined(flow.call, flow.place, flow.model) or flow.checked:
        return None
    does = flow.sink.does
    if does == "opens":
        does = "writes" if _is_writing(flow.call) else "reads"
    thing = "a folder" if does in ("makes", "lists") else "a file"
    severity = Severity.MEDIUM if does in _READING else Severity.HIGH
    return Danger(f"{does} {thing} at a path", _PATH_HARM, severity)


def _is_no_path(value: Value) -> bool:
    """Whether a value is a buffer, an open file or plain data."""
    if isinstance(value, Reference):
        return _NOT_A_PATH.fullmatch(value.name) is not None or _is_metadata(value)
    return isinstance(value, (Mapping, Sequence)) or (isinstance(value, Constant) and not isinstance(value.value, str))


def _is_metadata(value: Value) -> bool:
    """Whether a value is what the program's own loader noted of a document: `document.metadata["source"]`."""
    return isinstance(value, Reference) and ".metadata" in value.name


def _is_writing(call: CallSite) -> bool:
    position = 0 if call.receiver is not None and call.name.startswith("pathlib.") else 1
    mode = call.argument("mode", position)
    if mode.is_absent:
        mode = call.argument("flags", 1)
        return not mode.is_absent
    texts = mode.strings()
    return not texts or any(set(text) & set("wax+") for text in texts)


# The services whose answers name the files that they made.
_GIVES_ADDRESSES = re.compile(r"`(?:replicate|fal_client)\.|TavilyClient|DDGS|googlesearch|serpapi|wikipedia")
_ONE_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#{}]+[/?#].*", re.I | re.S)


def of_address(flow: Flow) -> Danger | None:
    """An address that is fetched."""
    if all(_has_fixed_host(one, flow.kinds) for one in flow.tainted()):
        return None
    if flow.taint.steps and _GIVES_ADDRESSES.search(flow.taint.steps[0].note):
        return None
    if argument_checks.host_checked(flow.call, flow.place, flow.model) or flow.checked:
        return None
    harm = (
        "who can steer the model reaches services inside the network and sends data out; compare the host with a list"
    )
    return Danger("fetches an address", harm, Severity.HIGH)


def _has_fixed_host(value: Value, kinds: tuple[str, ...]) -> bool:
    if isinstance(value, (Mapping, Constant)) or _is_metadata(value):
        return True
    if not isinstance(value, Text):
        return False
    if any(taint.kind in kinds for taint in value.begins_with):
        return False
    head = value.parts[0] if value.parts else None
    if head is None:  # an address of the program's own, then a path
        return True
    return _ONE_HOST.match(head) is not None or (head.startswith("/") and not head.startswith("//"))


def of_decoder(flow: Flow) -> Danger | None:
    """Data whose decoding can run code."""
    call, does = flow.call, flow.sink.does
    if does == "unless a safe loader":
        loader = call.argument("Loader", 1)
        if not loader.is_absent and all("Safe" in name or "Base" in name for name in loader.names()):
            return None
    if does == "unless `weights_only`" and not call.argument("weights_only").may_be_false():
        return None
    if does == "with `allow_pickle`" and not call.argument("allow_pickle", 2).may_be_true():
        return None
    if flow.checked or argument_checks.confined(call, flow.place, flow.model):
        return None
    return Danger("decodes data", "decoding can run code; take JSON or safetensors", Severity.CRITICAL)
