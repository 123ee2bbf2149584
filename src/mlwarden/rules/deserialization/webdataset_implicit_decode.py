"""MLW133: WebDataset's decoder, which unpickles members of foreign archives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import is_set
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.values import ABSENT, Sequence, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_DATASETS = ("webdataset.WebDataset", "webdataset.compat.WebDataset", "webdataset.WebLoader")
_PICKLED = ("pkl", "pickle", "pyd", "pth")
_SHARDS = ("webdataset.SimpleShardList", "webdataset.ResampledShards", "webdataset.ShardList")


class WebdatasetImplicitDecode(Rule):
    """`WebDataset(...).decode()`, which unpickles members of the archive.

    ## Why is this bad?

    The default handlers of `decode` look at the end of each member's name: those called `.pkl`, `.pickle` and `.pyd` are
    unpickled, those called `.pth` are read by `torch.load` with `weights_only=False`. Whoever can put one more member
    into a shard runs code in your data loader, whatever kinds of samples you expect.

    ## How to fix

    Set the environment variable `WDS_SECURE=1` before the import. Or name the members to decode,
    `decode("pil", only=["jpg", "cls"])`, or map them by functions of your own instead of `decode`.

    ## When it is fine

    For shards that you wrote yourself and that nobody else can write to.

    ## Limits

    Pipelines made by `webdataset.DataPipeline` are reported at `webdataset.decode`, without the origin of their shards.
    """

    code = "MLW133"
    name = "webdataset-implicit-decode"
    severity = Severity.MEDIUM
    calls = ("*.decode",)
    triggers = (("webdataset", "decode"),)
    cwe = (502,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML02",)
    atlas = ("AML.T0010.002",)
    references = (
        Reference("WebDataset: decoding", "https://github.com/webdataset/webdataset#readme"),
        Reference(
            "WebDataset: the default handlers",
            "https://github.com/webdataset/webdataset/blob/main/src/webdataset/autodecode.py",
        ),
    )
    examples = (
        Bad(
            """
            import webdataset as wds

            shards = "https://example.com/train-{000..099}.tar"
            data = wds.WebDataset(shards).shuffle(1000).decode("pil").to_tuple("jpg", "cls")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`decode` unpickles members of 'https://example.com/train-{000..099}.tar' "
            "that are called .pkl, .pickle, .pyd or .pth",
        ),
        Bad(
            """
            from webdataset import WebDataset

            def loader(urls):
                return WebDataset(urls).decode()
                       ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import webdataset as wds

            def loader(urls):
                return wds.DataPipeline(wds.SimpleShardList(urls), wds.tarfile_to_samples(), wds.decode("pil"))
                                                                                             ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
        ),
        Good(
            """
            import os

            os.environ["WDS_SECURE"] = "1"

            import webdataset as wds

            data = wds.WebDataset("https://example.com/train.tar").decode("pil")
            """,
            because="pickles are refused then",
        ),
        Good(
            """
            import webdataset as wds

            data = wds.WebDataset("https://example.com/train.tar").decode("pil", only=["jpg", "cls"])
            other = wds.WebDataset("https://example.com/test.tar").map(my_decoder)
            """,
            because="only the members that are named are decoded",
        ),
        Good(
            """
            import webdataset

            text = open("names.txt", "rb").read().decode("utf-8")
            """,
            because="this is the method of bytes",
        ),
        Missed(
            """
            import webdataset as wds

            def finish(dataset):
                return dataset.decode("pil")
            """,
            because="that the parameter is a WebDataset is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a decoder with the default handlers, graded by where the shards come from."""
        pipeline = call.name in {"webdataset.decode", "webdataset.filters.decode"}
        if not (pipeline or call.name.startswith(tuple(f"{name}()" for name in _DATASETS))):
            return
        if not self._has_default_handlers(call) or is_set(model, "WDS_SECURE"):
            return
        shards = self._shards(model, call) if pipeline else _root(call)
        read = reading(call, model, shards, unknown="archives of unknown origin")
        if read is None:
            return
        yield self.finding(
            call.span,
            f"`decode` unpickles members of {read.what} that are called .pkl, .pickle, .pyd or .pth",
            severity=read.severity,
            confidence=Confidence.LOW if pipeline else Confidence.MEDIUM,
            trace=read.trace,
        )

    def _has_default_handlers(self, call: CallSite) -> bool:
        """Whether members with pickles reach the default handlers."""
        post, only = call.argument("post"), call.argument("only")
        if not (post.is_absent or post.may_be(None)):
            return False
        if only.is_absent or only.may_be(None):
            return True
        named: list[str] = [part for text in only.strings() for part in text.split()]
        for option in only.alternatives():
            if isinstance(option, Sequence):
                named.extend(item.string() or "" for item in option.items)
        return any(name in _PICKLED for name in named)

    def _shards(self, model: SemanticModel, call: CallSite) -> Value:
        """The shards of a pipeline: those of the only shard list in the same function."""
        lists = [other for name in _SHARDS for other in model.calls_of(name) if other.function is call.function]
        return lists[0].argument("urls", 0) if len(lists) == 1 else ABSENT


def _root(call: CallSite) -> Value:
    """The addresses that the data set at the start of a chain of calls was made from."""
    current: CallSite | None = call
    for _ in range(24):
        if current is None:
            break
        if current.name in _DATASETS:
            return current.argument("urls", 0)
        options = () if current.receiver is None else current.receiver.alternatives()
        current = next((option.made_by for option in options if isinstance(option, Name)), None)
    return ABSENT
