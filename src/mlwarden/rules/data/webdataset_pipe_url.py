"""MLW610: a WebDataset address that is a shell command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.environment import is_set
from mlwarden.semantics.values import Constant, Mapping, Sequence, Taint, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# What opens the addresses it is given: keyword of the first argument.
_OPENERS = {
    **{
        f"webdataset.{name}": "urls"
        for name in ("WebDataset", "SimpleShardList", "ResampledShards", "ResampledShardList")
    },
    **{
        f"webdataset.{name}": "urls"
        for name in ("compat.WebDataset", "shardlists.SimpleShardList", "shardlists.ResampledShards")
    },
    "webdataset.gopen": "url",
    "webdataset.gopen.gopen": "url",
    "webdataset.TarWriter": "fileobj",
    "webdataset.writer.TarWriter": "fileobj",
    "webdataset.ShardWriter": "pattern",
    "webdataset.writer.ShardWriter": "pattern",
}
_PIPE = re.compile(r"\s*pipe:")
_OUTSIDE = ("request", "llm", "tool", "retrieval")
# What gives text; other downloads give files, whose names are no addresses.
_TEXT_FROM_NETWORK = re.compile(r".*`(?:requests|httpx|urllib|urllib2|urllib3|aiohttp)\b(?!.*urlretrieve)")


class WebdatasetPipeUrl(Rule):
    """A `pipe:` address, which WebDataset hands to a shell.

    ## Why is this bad?

    An address that begins with `pipe:` is a command: WebDataset runs what follows with `shell=True`. A bucket, a file name
    or an index put into it can hold `; curl ... | sh`. An index of shards that is downloaded can hold `pipe:` addresses by itself.

    ## How to fix

    Name the shards by `https://`, or by a scheme that WebDataset opens without a shell, or pass an open file. Set the
    environment variable `WDS_SECURE=1` before the import: then `pipe:` addresses are refused.

    ## When it is fine

    When the command is a constant of the program: that is reported as low. Nobody else can change it, but it needs the
    shell that `WDS_SECURE=1` would lock.

    ## Limits

    Lists of shards that are read from a local file or given on the command line are not reported.
    """

    code = "MLW610"
    name = "webdataset-pipe-url"
    severity = Severity.HIGH
    calls = tuple(_OPENERS)
    triggers = ("webdataset",)
    cwe = (78,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML02",)
    atlas = ("AML.T0010.002", "AML.T0050")
    references = (
        Reference(
            "WebDataset: how addresses are opened",
            "https://github.com/webdataset/webdataset/blob/main/src/webdataset/gopen.py",
        ),
    )
    examples = (
        Bad(
            """
            import webdataset as wds

            def shards(bucket):
                return wds.WebDataset(f"pipe:aws s3 cp s3://{bucket}/train-{{000..099}}.tar -")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`webdataset.WebDataset` runs `pipe:aws s3 cp s3://{}/train-{000..099}.tar -` with a shell: what is put into "
            "the address can hold a command",
        ),
        Bad(
            """
            import webdataset as wds
            from flask import request, Flask

            app = Flask(__name__)

            @app.get("/preview")
            def preview():
                stream = wds.gopen("pipe:curl -sL " + request.args["url"])
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return stream.read(100)
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import webdataset as wds

            URL = "pipe:gsutil cat gs://acme-data/train-{000..511}.tar"
            dataset = wds.WebDataset(URL, shardshuffle=True).shuffle(1000)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`webdataset.WebDataset` runs `pipe:gsutil cat gs://acme-data/train-{000..511}.tar` with a shell",
        ),
        Bad(
            """
            import requests
            from webdataset import WebDataset

            urls = requests.get("https://data.example.org/index.txt", timeout=30).text.splitlines()
            dataset = WebDataset(urls)
                      ^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`webdataset.WebDataset` opens addresses from the network: one that begins with `pipe:` is run by a shell",
        ),
        Bad(
            """
            import webdataset as wds

            def open_all(names):
                urls = ["pipe:s3cmd get s3://acme/%s -" % name for name in names]
                return wds.DataPipeline(wds.SimpleShardList(urls), wds.tarfile_to_samples())
                                        ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Good(
            """
            import webdataset as wds

            dataset = wds.WebDataset("https://data.example.org/train-{000..099}.tar")
            local = wds.WebDataset("/data/pipe:/train-{000..099}.tar")
            """,
            because="no shell is needed",
        ),
        Good(
            """
            import os
            os.environ["WDS_SECURE"] = "1"
            import requests
            import webdataset as wds

            urls = requests.get("https://data.example.org/index.txt", timeout=30).text.splitlines()
            dataset = wds.WebDataset(urls)
            """,
            because="`pipe:` is refused",
        ),
        Good(
            """
            import webdataset as wds
            from huggingface_hub import hf_hub_download

            path = hf_hub_download("acme/shards", "train-000.tar", repo_type="dataset", revision="4c2e6b8")
            dataset = wds.WebDataset(path)
            """,
            because="the path of a downloaded file is no address of somebody's",
        ),
        Good(
            """
            def gopen(url):
                return open(url.removeprefix("pipe:"))

            gopen("pipe:ls")
            """,
            because="a function of the program's own",
        ),
        Missed(
            """
            import webdataset as wds

            dataset = wds.WebDataset(open("shards.txt").read().split())
            """,
            because="who wrote the local file is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a `pipe:` address by what is known of it, and addresses from outside."""
        value = call.argument(_OPENERS[call.name], 0)
        pipes = [one for one in _addresses(value) if any(_PIPE.match(text) for text in one.prefixes())]
        taint = _from_outside(value)
        if not (pipes or taint) or is_set(model, "WDS_SECURE"):
            return
        steps = (*(taint.steps if taint else ()), *call.context)
        trace = tuple(dict.fromkeys(steps))
        if not pipes:
            if taint is not None and not value.strings():
                yield self.finding(
                    call.span,
                    f"`{call.name}` opens addresses from {_WHOSE[taint.kind]}: one that begins with `pipe:` is run by a shell",
                    confidence=Confidence.MEDIUM,
                    trace=trace,
                )
            return
        open_ones = [one for one in pipes if not isinstance(one, Constant)]
        address = (open_ones or pipes)[0]
        shown = address.shown if isinstance(address, Text) else str(address.string())
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        message = f"`{call.name}` runs `{shown.strip()}` with a shell"
        if taint is not None:
            yield self.finding(
                call.span,
                f"{message}, with data from {_WHOSE[taint.kind]} in it",
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH if taint.certain else Confidence.MEDIUM,
                trace=trace,
            )
        elif open_ones:
            message += ": what is put into the address can hold a command"
            yield self.finding(call.span, message, confidence=Confidence.MEDIUM, trace=trace)
        else:
            yield self.finding(call.span, message, severity=Severity.LOW)


_WHOSE = {
    "request": "a web request",
    "llm": "a language model",
    "tool": "a language model",
    "retrieval": "a retrieved document",
    "network": "the network",
}


def _addresses(value: Value) -> Iterator[Value]:
    for option in value.alternatives():
        if isinstance(option, Sequence):
            for item in option.items:
                yield from item.alternatives()
        elif isinstance(option, Mapping):
            for _, item in option.items:
                yield from item.alternatives()
        else:
            yield option


def _from_outside(value: Value) -> Taint | None:
    for taint in value.tainted_by(*_OUTSIDE, "network"):
        if taint.kind != "network" or (taint.steps and _TEXT_FROM_NETWORK.match(taint.steps[0].note)):
            return taint
    return None
