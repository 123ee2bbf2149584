"""MLW508: a Ray cluster that runs what anybody on the network sends it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import ANY_VALUE, is_set, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_open
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.semantics.values import Mapping
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Call -> the keyword of a mapping that holds `dashboard_host`, or "" where it is a keyword itself. Ray 2.5x.
_STARTS = {
    "ray.init": "",
    "ray.cluster_utils.Cluster().add_node": "",
    "ray.cluster_utils.Cluster": "head_node_args",
    "ray.util.spark.setup_ray_cluster": "head_node_options",
    "ray.util.spark.setup_global_ray_cluster": "head_node_options",
}
_CLIENTS = {"ray.init": 0, "ray.client": 0, "ray.util.connect": 0}
_MODE = "RAY_AUTH_MODE"
_ADDRESS = re.compile(r"ray://\[?(?P<host>[^/\]:?#]+)")
_INSIDE = re.compile(
    r"(?:.*\.)?(?:localhost|local|internal|lan|intranet|home|corp|svc|svc\.[\w.-]+|test|example|invalid)\.?",
    re.IGNORECASE,
)
_SERVICE = re.compile(r"^[ ]*kind:[ ]*[\"']?Service[\"']?[ ]*(?:#.*)?$", re.MULTILINE)
_RAY_KIND = re.compile(r"^[ ]*kind:[ ]*[\"']?Ray(?:Cluster|Service|Job)[\"']?", re.MULTILINE)
_OUTSIDE = re.compile(r"^[ ]*(?P<setting>type:[ ]*[\"']?(?:LoadBalancer|NodePort)[\"']?)", re.MULTILINE)
_RAY_OUTSIDE = re.compile(r"^[ ]*(?P<setting>serviceType:[ ]*[\"']?(?:LoadBalancer|NodePort)[\"']?)", re.MULTILINE)
_RAY_PORT = re.compile(r"^[ -]*(?:port|targetPort):[ ]*[\"']?(?:8265|10001)[\"']?[ ]*(?:#.*)?$", re.MULTILINE)
_MESSAGE = (
    "Ray's dashboard listens on all interfaces: whoever reaches it submits jobs, which is running any code on the cluster, and "
    "Ray asks for no login (ShadowRay, CVE-2023-48022)"
)


class RayOpenCluster(Rule):
    """A Ray cluster that runs what anybody on the network sends it.

    ## Why is this bad?

    Ray's dashboard has an interface for submitting jobs, and a job is any shell command. Its makers say that a cluster
    has to be kept in a network of its own and ask for no login by default. Clusters with an open dashboard were taken
    over by the thousand, for mining and for the keys and models on them (ShadowRay).

    ## How to fix

    Leave `dashboard_host` out, so that the dashboard is on 127.0.0.1, and reach it through a tunnel:
    `ssh -L 8265:localhost:8265 head`. Where it has to be open, turn on tokens (Ray 2.52): `RAY_AUTH_MODE=token`.

    ## When it is fine

    In a network that only the cluster's own users reach. What containers run is reported with medium confidence.

    ## Limits

    Firewalls and network policies are not seen. `dashboard-host` in the `rayStartParams` of KubeRay is not reported: there
    the kind of service decides who reaches it.

    ## Fix safety

    The fix is unsafe because other machines, and a container's host, can no longer reach the dashboard.
    """

    code = "MLW508"
    name = "ray-open-cluster"
    severity = Severity.CRITICAL
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = tuple(dict.fromkeys((*_STARTS, *_CLIENTS, *SHELL_CALLS)))
    triggers = (
        "dashboard_host",
        "dashboard-host",
        ("ray", "dashboard"),
        ("ray", "init"),
        ("ray", "client"),
        ("ray", "connect"),
        "8265",
        "10001",
        "RayCluster",
        "RayService",
    )
    cwe = (306,)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Ray: security", "https://docs.ray.io/en/latest/ray-security/index.html"),
        Reference("CVE-2023-48022: jobs without a login", "https://nvd.nist.gov/vuln/detail/CVE-2023-48022"),
        Reference("MITRE ATLAS: ShadowRay", "https://atlas.mitre.org/studies/AML.CS0023"),
    )
    examples = (
        Bad(
            """
            import ray

            ray.init(dashboard_host="0.0.0.0", dashboard_port=8265)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="Ray's dashboard listens on all interfaces: whoever reaches it submits jobs, which is running any code on the "
            "cluster, and Ray asks for no login (ShadowRay, CVE-2023-48022)",
            fixed="""
            import ray

            ray.init(dashboard_host="127.0.0.1", dashboard_port=8265)
            """,
        ),
        Bad(
            """
            import os
            from ray import init as start

            HOST = os.environ.get("DASHBOARD", "0.0.0.0")
            OPTIONS = {"num_cpus": 4, "dashboard_host": HOST}

            def main():
                start(**OPTIONS)
                ^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from ray.cluster_utils import Cluster
            from ray.util.spark import setup_ray_cluster

            Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "dashboard_host": "::"})
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            setup_ray_cluster(max_worker_nodes=2, head_node_options={"dashboard_host": "0.0.0.0"})
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import subprocess

            subprocess.run("ray start --head --port=6379 --dashboard-host=0.0.0.0", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["ray", "start", "--head", "--dashboard-host", "0.0.0.0"], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            as_notebook("!ray start --head --dashboard-host 0.0.0.0", "import ray"),
            path="example.ipynb",
            texts=("ray start --head --dashboard-host 0.0.0.0",),
            fixed=as_notebook("!ray start --head --dashboard-host 127.0.0.1", "import ray"),
        ),
        Bad(
            """
            FROM rayproject/ray:2.50.0
            CMD ray start --head --dashboard-host=0.0.0.0 --block
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            confidence=Confidence.MEDIUM,
            fixed="""
            FROM rayproject/ray:2.50.0
            CMD ray start --head --dashboard-host=127.0.0.1 --block
            """,
        ),
        Bad(
            """
            cluster_name: train
            head_start_ray_commands:
              - ray stop
              - ulimit -n 65536; ray start --head --dashboard-host=0.0.0.0
                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="cluster.yaml",
            fixed="""
            cluster_name: train
            head_start_ray_commands:
              - ray stop
              - ulimit -n 65536; ray start --head --dashboard-host=127.0.0.1
            """,
        ),
        Bad(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: ray-head
            spec:
              type: LoadBalancer
              ^^^^^^^^^^^^^^^^^^
              ports:
                - name: dashboard
                  port: 8265
            """,
            path="service.yaml",
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            kind: RayCluster
            spec:
              headGroupSpec:
                serviceType: LoadBalancer
                ^^^^^^^^^^^^^^^^^^^^^^^^^
                rayStartParams:
                  dashboard-host: "0.0.0.0"
            """,
            path="raycluster.yaml",
        ),
        Bad(
            """
            import ray

            ray.init("ray://ray.mlops.example.com:10001")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ray.init(address="ray://34.117.59.81:10001", namespace="train")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            import ray

            ray.init()
            ray.init(dashboard_host="127.0.0.1")
            ray.init(dashboard_host="0.0.0.0", include_dashboard=False)
            ray.init(dashboard_host=settings.host)
            ray.init("ray://localhost:10001")
            ray.init("ray://raycluster-head-svc.ray.svc.cluster.local:10001")
            ray.init("ray://10.1.2.3:10001")
            """,
            because="the dashboard is on this machine only, off, or left to who starts it; the servers are in the own network",
        ),
        Good(
            """
            import os
            import ray

            os.environ["RAY_AUTH_MODE"] = "token"
            ray.init(dashboard_host="0.0.0.0")
            """,
            because="whoever has no token is turned away",
        ),
        Good(
            """
            import os
            import ray

            os.environ["RAY_USE_TLS"] = "1"
            ray.init("ray://ray.mlops.example.com:10001")
            """,
            because="both sides show certificates",
        ),
        Good(
            """
            #!/bin/sh
            export RAY_AUTH_MODE=token
            ray start --head --dashboard-host=0.0.0.0
            """,
            path="start.sh",
            because="whoever has no token is turned away",
        ),
        Good(
            """
            kind: RayCluster
            spec:
              headGroupSpec:
                serviceType: ClusterIP
                rayStartParams:
                  dashboard-host: "0.0.0.0"
            ---
            kind: Service
            spec:
              type: LoadBalancer
              ports:
                - port: 443
            """,
            path="raycluster.yaml",
            because="the dashboard can be reached in the cluster only; the other service is not Ray's",
        ),
        Good(
            """
            from plankton import ray

            ray.init(dashboard_host="0.0.0.0")
            """,
            because="it is another library",
        ),
        Missed(
            """
            import ray

            host = ".".join(["0"] * 4)
            ray.init(dashboard_host=host)
            """,
            because="texts that are computed from numbers of repetitions are not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a dashboard on all interfaces, and a client without TLS."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                if not _has_tokens(model):
                    yield from self._command(started, call.span, call.context)
            return
        if call.name in _STARTS:
            yield from self._dashboard(call, model)
        if call.name in _CLIENTS:
            yield from self._client(call, model)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report commands in cells, scripts and configuration, and services of Kubernetes."""
        tokens = any(setting.value.may_be("token") for setting in settings_in_text(document, _MODE, value=ANY_VALUE))
        if not tokens:
            for started in started_in_text(document):
                yield from self._command(started, started.span)
        if isinstance(document, PlainText) and document.path.lower().endswith((".yml", ".yaml")):
            yield from self._services(document.text)

    def _dashboard(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        holder = _STARTS[call.name]
        hosts = list(_hosts(call, holder))
        if not any(is_open(text) for host in hosts for text in host.strings()) or _has_tokens(model):
            return
        if any(not constant and constant is not None for constant in call.argument("include_dashboard").constants()):
            return
        edit = None if holder else call.set_argument("dashboard_host", '"127.0.0.1"')
        if edit is not None and call.argument_span("dashboard_host") is None:
            edit = None
        sure = len(hosts) == 1 and hosts[0].string() is not None
        yield self.finding(
            call.span,
            _MESSAGE,
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            trace=call.context,
            fixes=_fixes(edit),
        )

    def _client(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        keyword = "conn_str" if call.name == "ray.util.connect" else "address"
        for text in call.argument(keyword, _CLIENTS[call.name]).strings():
            match = _ADDRESS.match(text)
            if match is not None and _is_outside(match["host"]) and not is_set(model, "RAY_USE_TLS"):
                yield self.finding(
                    call.span,
                    f"`{match['host']}` is asked to run pickled code, and neither side shows a certificate: set `RAY_USE_TLS=1`"
                    " and keep the port in a network of its own",
                    severity=Severity.MEDIUM,
                    confidence=Confidence.MEDIUM,
                    trace=call.context,
                )
                return

    def _command(self, started: Started, span: Span, context: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        if started.program not in ("ray", "ray.scripts.scripts") or "start" not in started.texts[:1]:
            return
        host = started.value("--dashboard-host")
        if host is None or not is_open(host) or (_MODE, "token") in started.settings:
            return
        if (started.value("--include-dashboard") or "").lower() == "false":
            return
        yield self.finding(
            span,
            _MESSAGE,
            confidence=Confidence.MEDIUM if started.in_container else Confidence.HIGH,
            trace=context,
            fixes=_fixes(started.with_value("127.0.0.1", "--dashboard-host")),
        )

    def _services(self, text: str) -> Iterator[Finding]:
        start = 0
        for part in re.split(r"(?m)^(---[ \t]*\r?\n)", text):
            pattern = None
            if _SERVICE.search(part) and _RAY_PORT.search(part):
                pattern = _OUTSIDE
            elif _RAY_KIND.search(part):
                pattern = _RAY_OUTSIDE
            match = pattern.search(part) if pattern is not None else None
            if match is not None:
                yield self.finding(
                    Span(start + match.start("setting"), start + match.end("setting")),
                    "this service opens Ray's ports to the outside: whoever reaches them runs any code on the cluster, and Ray asks"
                    " for no login (ShadowRay, CVE-2023-48022)",
                    confidence=Confidence.MEDIUM,
                )
            start += len(part)


def _hosts(call: CallSite, holder: str) -> Iterator[Value]:
    if not holder:
        yield call.argument("dashboard_host")
        return
    for option in call.argument(holder).alternatives():
        if isinstance(option, Mapping):
            yield option.get("dashboard_host")


def _has_tokens(model: SemanticModel) -> bool:
    """Whether the document turns Ray's tokens on."""
    found = [*settings_in_code(model, _MODE, siblings=True), *settings_in_text(model.document, _MODE, value=ANY_VALUE)]
    return any(setting.value.may_be("token") for setting in found)


def _is_outside(host: str) -> bool:
    """Whether a host is, by its name or address, not of the own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not _INSIDE.fullmatch(host)
    return address.is_global


def _fixes(edit: TextEdit | None) -> tuple[Fix, ...]:
    reason = "other machines, and a container's host, can no longer reach the dashboard"
    return (
        () if edit is None else (Fix("Open the dashboard to this machine only", (edit,), Applicability.UNSAFE, reason),)
    )
