"""MLW131: Python objects exchanged between workers as pickles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.origins import trace_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_COLLECTIVES = (
    "broadcast_object_list",
    "all_gather_object",
    "gather_object",
    "scatter_object_list",
    "recv_object_list",
)
_CALLS: dict[str, str] = {
    **{f"torch.distributed.{name}": "unpickles what other ranks send" for name in _COLLECTIVES},
    "torch.distributed.rpc.init_rpc": "runs functions that other workers send as pickles",
    "ray.init": "runs functions that the cluster's members send as pickles",
    "ray.util.connect": "runs functions that the cluster's members send as pickles",
    "distributed.Client": "exchanges pickles with the cluster without encryption",
    "dask.distributed.Client": "exchanges pickles with the cluster without encryption",
}


class DistributedObjectCollectives(Rule):
    """Python objects exchanged between ranks or workers as pickles.

    ## Why is this bad?

    Object collectives and RPC send pickles, and unpickle what they get. Whoever can connect to the port of one worker,
    or takes over one of them, runs code on all others.

    ## How to fix

    Use collectives of tensors, or `weights_only=True` where torch offers it. Keep workers in a network of their own, with
    TLS where the framework has it.

    ## When it is fine

    On a cluster whose network nobody else can reach, which is how these frameworks are meant to be used.

    ## Limits

    Off by default: how the network is protected is not to be seen in the code.
    """

    code = "MLW131"
    name = "distributed-object-collectives"
    severity = Severity.LOW
    default = False
    calls = tuple(_CALLS)
    cwe = (502, 306)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0049",)
    references = (
        Reference("PyTorch: distributed, the warnings", "https://docs.pytorch.org/docs/stable/distributed.html"),
        Reference("CVE-2024-48063: RPC", "https://nvd.nist.gov/vuln/detail/CVE-2024-48063"),
        Reference("CVE-2025-32444: the same in vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2025-32444"),
    )
    examples = (
        Bad(
            """
            import torch.distributed as dist

            def share(settings):
                dist.broadcast_object_list([settings], src=0)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`torch.distributed.broadcast_object_list` unpickles what other ranks send",
        ),
        Bad(
            """
            from torch.distributed.rpc import init_rpc

            init_rpc("worker0", rank=0, world_size=2)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from dask.distributed import Client

            client = Client("tcp://scheduler:8786")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import torch.distributed as dist

            dist.broadcast_object_list(settings, src=0, weights_only=True)
            dist.all_reduce(tensor)
            """,
            because="only tensors are let through",
        ),
        Good(
            """
            from dask.distributed import Client

            local = Client()
            secured = Client("tls://scheduler:8786")
            """,
            because="the workers are processes of this machine, or the connection is encrypted",
        ),
        Good(
            """
            import ray

            ray.init()
            """,
            because="a cluster on this machine is started",
        ),
        Missed(
            """
            import multiprocessing.connection

            with multiprocessing.connection.Client(("10.0.0.5", 6000), authkey=b"x") as connection:
                connection.recv()
            """,
            because="connections of the standard library are protected by a key",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report collectives that unpickle, and clients of clusters elsewhere without encryption."""
        if switched_on(call.argument("weights_only")) is not None:
            return
        if "torch" not in call.name:
            prefixes = call.argument("address", 0).prefixes()
            if not any(prefix.startswith(("ray://", "tcp://", "ws://")) for prefix in prefixes):
                return
        yield self.finding(
            call.span,
            f"`{call.name}` {_CALLS[call.name]}",
            confidence=Confidence.MEDIUM,
            trace=trace_of(call),
        )
