"""MLW515: a tunnel from the internet to this machine, started from code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
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
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import without_statement
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS
from mlwarden.semantics.started import Started, started_by_call, started_in_text

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# Calls that open a tunnel -> the keyword of what is behind it, "" where there is none. From the sources of pyngrok 9,
# ngrok 1.4, flask-ngrok 0.0.25, flask-cloudflared 0.0.15, pycloudflared 0.3 and Modal's reference.
_TUNNELS: dict[str, str] = {
    "pyngrok.ngrok.connect": "addr",
    "pyngrok.ngrok.connect_all": "",
    "ngrok.connect": "addr",
    "ngrok.forward": "addr",
    "ngrok.listen": "server",
    "ngrok.werkzeug_develop": "",
    **{f"{package}.run_with_ngrok": "app" for package in ("flask_ngrok", "flask_ngrok2", "flask_ngrok3")},
    "flask_cloudflared.run_with_cloudflared": "app",
    "flask_cloudflared.start_cloudflared": "port",
    "pycloudflared.try_cloudflare": "port",
    "modal.forward": "port",
    "colabcode.ColabCode": "port",
    "colab_ssh.launch_ssh": "",
    "colab_ssh.launch_ssh_cloudflared": "",
}
# Options of ngrok's calls, and of its command, by which it asks who is calling.
_GUARDS = ("auth", "basic_auth", "oauth", "oauth_provider", "oidc_issuer_url", "mutual_tls_cas", "allow_cidr")
_GUARD_OPTIONS = ("--auth", "--basic-auth", "--oauth", "--oidc", "--mutual-tls-cas", "--cidr-allow", "-auth")
_NGROK_VERBS = frozenset({"http", "tcp", "tls", "start", "tunnel"})
_RELAYS = re.compile(
    r"(?:[\w.+-]+@)?(?:(?:[\w-]+\.)*(?:serveo\.net|localhost\.run|pinggy\.io|srv\.us|tuns\.sh|remote\.moe)"
    r"|connect\.ngrok-agent\.com|tunnel\.\w+\.ngrok\.com)"
)
_WORDS = ("ngrok", "pyngrok", "cloudflared", "localtunnel", "funnel", "devtunnel", "jprq", "zrok", "serveo", "pinggy")
_SAYS = "everybody who has or finds the address is let through, past every firewall"


class DevTunnel(Rule):
    """A tunnel from the internet to this machine, started from code.

    ## Why is this bad?

    ngrok, Cloudflare's quick tunnels, localtunnel and their like give a local port an address on the internet, past
    the firewall and the company's proxy. Such addresses are searched for. What is behind them is seldom made for it: a
    demo that runs what it is asked to, a notebook server, a debugger.

    ## How to fix

    Take the tunnel out of the code before it is committed. Deploy the demo where people have to log in, or let ngrok ask
    for a password (`basic_auth=`, `oauth_provider=`).

    ## When it is fine

    For a few minutes on a machine that holds nothing else. Colab's own `serve_kernel_port_as_window` is no tunnel: its
    address works for the person who runs the notebook only, and it is not reported.

    ## Limits

    Named Cloudflare tunnels (`cloudflared tunnel run`) are not reported: who is let through is decided in the account.

    ## Fix safety

    The fix is unsafe: the server has no public address any more.
    """

    code = "MLW515"
    name = "dev-tunnel"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_TUNNELS, "pyngrok.ngrok.run", *SHELL_CALLS)
    triggers = (
        *_WORDS,
        *(("flask_ngrok", "run_with_ngrok"), "flask_ngrok2", "flask_ngrok3", "flask_cloudflared", "pycloudflared"),
        ("modal", "forward"),
        "colabcode",
        "colab_ssh",
        ("lt ", "-p"),
        ('"lt"', "-p"),
        ("bore", "local"),
        "localhost.run",
        "srv.us",
        "tuns.sh",
        "remote.moe",
        *TRIGGERS,
    )
    cwe = (668,)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0049",)
    references = (
        Reference("ngrok: secure tunnels", "https://ngrok.com/docs/universal-gateway/http/"),
        Reference(
            "Cloudflare: quick tunnels",
            "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/trycloudflare/",
        ),
        Reference("MITRE ATT&CK T1572: protocol tunneling", "https://attack.mitre.org/techniques/T1572/"),
    )
    examples = (
        Bad(
            """
            from pyngrok import ngrok

            public_url = ngrok.connect(8501)
                         ^^^^^^^^^^^^^^^^^^^
            print(public_url)
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`pyngrok.ngrok.connect` opens a tunnel from the internet to this machine: everybody who has or finds the "
            "address is let through, past every firewall; take it out before the code is committed",
        ),
        Bad(
            """
            from flask import Flask
            from flask_ngrok import run_with_ngrok

            app = Flask(__name__)
            run_with_ngrok(app)
            ^^^^^^^^^^^^^^^^^^^
            app.run()
            """,
            severity=Severity.MEDIUM,
            fixed="""
            from flask import Flask
            from flask_ngrok import run_with_ngrok

            app = Flask(__name__)
            app.run()
            """,
        ),
        Bad(
            """
            import pyngrok.ngrok as tunnel

            tunnel.connect(7860, "http", basic_auth=["team:" + password])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            fixed="""
            import pyngrok.ngrok as tunnel

            """,
        ),
        Bad(
            """
            import ngrok

            OPTIONS = {"authtoken_from_env": True}

            async def share(port):
                listener = await ngrok.forward(port, **OPTIONS)
                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return listener.url()
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from pyngrok import ngrok

            print(ngrok.connect("file:///home/jovyan"))
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from pycloudflared import try_cloudflare
            import modal

            urls = try_cloudflare(port=7860)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^
            with modal.forward(8888) as tunnel:
                 ^^^^^^^^^^^^^^^^^^^
                print(tunnel.url)
            """,
        ),
        Bad(
            """
            import os
            import subprocess

            os.system("./ngrok http 8080 &")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.Popen(["cloudflared", "tunnel", "--url", f"http://127.0.0.1:{port}"], stdout=log)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.Popen("ssh -o StrictHostKeyChecking=no -R 80:localhost:7860 nokey@localhost.run", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            as_notebook(
                "!streamlit run app.py & npx localtunnel --port 8501",
                "!nohup ./cloudflared-linux-amd64 tunnel --url http://localhost:8501 &",
                "get_ipython().system_raw('./ngrok http --basic-auth a:b 6006 &')",
            ),
            path="example.ipynb",
            texts=(
                "npx localtunnel --port 8501",
                "nohup ./cloudflared-linux-amd64 tunnel --url http://localhost:8501",
                "get_ipython().system_raw('./ngrok http --basic-auth a:b 6006 &')",
            ),
        ),
        Bad(as_notebook("!lt --port 8501 &"), path="example.ipynb", texts=("lt --port 8501",)),
        Bad(
            """
            #!/bin/sh
            python app.py &
            lt --port 8000 --subdomain demo
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            tailscale funnel 8000
            ^^^^^^^^^^^^^^^^^^^^^
            devtunnel host -p 8000 --allow-anonymous
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            bore local 8000 --to bore.pub
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            zrok share public localhost:8000
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ssh -p 443 -R0:localhost:8000 a.pinggy.io
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="demo.sh",
        ),
        Good(
            """
            from pyngrok import conf, ngrok

            ngrok.set_auth_token(token)
            ngrok.disconnect(url)
            ngrok.kill()
            for tunnel in ngrok.get_tunnels():
                print(tunnel.public_url)
            """,
            because="none of these opens a tunnel",
        ),
        Good(
            """
            #!/bin/sh
            ngrok config add-authtoken "$TOKEN"
            ngrok version
            cloudflared tunnel login
            cloudflared tunnel run models
            cloudflared access ssh --hostname example.com
            tailscale funnel status
            devtunnel host -p 8000
            ssh -R 8888:localhost:8888 gpu.example.com
            ssh -L 6006:localhost:6006 serveo.net
            pip install pyngrok localtunnel
            npm install -g localtunnel
            zrok share private localhost:8000
            """,
            because="they set something up, or let only known people through",
            path="demo.sh",
        ),
        Good(
            """
            from google.colab import output

            output.serve_kernel_port_as_window(8501)
            """,
            because="that address works for the person who runs the notebook only",
        ),
        Good(
            """
            from database import ngrok

            def try_cloudflare(port):
                return port

            ngrok.connect(8000)
            try_cloudflare(port=8000)
            """,
            because="these are other functions of the same names",
        ),
        Good(
            """
            from torch import nn

            class Net(nn.Module):
                def forward(self, x):
                    return modal.forward(x)
            """,
            because="that is a layer of a network",
        ),
        Missed(
            """
            import subprocess

            PROGRAMS = {"tunnel": fetch("ngrok")}
            subprocess.Popen([PROGRAMS["tunnel"], "http", "8000"])
            """,
            because="which program it is is known at run time only",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that opens a tunnel, or that runs a program which does."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                if found := _judge(started):
                    yield self.finding(call.span, _message(found[1]), severity=found[0], trace=call.context)
                    return
            return
        if call.name == "pyngrok.ngrok.run":
            words = [text for option in call.argument("args", 0).alternatives() for text in _texts(option)]
            if not _NGROK_VERBS.intersection(words):
                return
        severity = Severity.MEDIUM
        if any(text.startswith("file:") for text in call.argument(_TUNNELS.get(call.name) or "addr", 0).prefixes()):
            severity = Severity.HIGH
        elif "ngrok" in call.name and any(not _is_unset(call, name) for name in _GUARDS):
            severity = Severity.LOW
        fixes: tuple[Fix, ...] = ()
        if not call.result_used and not call.context and not call.indirect:
            fixes = (
                Fix(
                    "Take the tunnel away",
                    (without_statement(model.document, call.span),),
                    Applicability.UNSAFE,
                    "the server has no public address any more",
                ),
            )
        yield self.finding(
            call.span, _message(call.name.replace("()", "")), severity=severity, trace=call.context, fixes=fixes
        )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report commands in cells, scripts, Dockerfiles and YAML that open a tunnel."""
        for started in started_in_text(document):
            if found := _judge(started):
                yield self.finding(started.span, _message(found[1]), severity=found[0])


def _message(what: str) -> str:
    return (
        f"`{what}` opens a tunnel from the internet to this machine: {_SAYS}; take it out before the code is committed"
    )


def _is_unset(call: CallSite, name: str) -> bool:
    value = call.argument(name)
    return value.is_absent or value.is_unknown or value.must_be(None)


def _texts(value: object) -> tuple[str, ...]:
    items = getattr(value, "items", ())
    return tuple(item.string() or "" for item in items if hasattr(item, "string"))


def _judge(started: Started) -> tuple[Severity, str] | None:
    """How bad a command that opens a tunnel is, and what to call it; None for any other."""
    program, texts = started.program.removesuffix(".exe"), started.texts
    verb = next((text for text in texts if not text.startswith("-")), "")
    if program == "npx":
        program, texts = verb.partition("@")[0], texts[texts.index(verb) + 1 :] if verb else ()
        if program not in {"localtunnel", "lt", "cloudflared", "ngrok"}:
            return None
        verb = next((text for text in texts if not text.startswith("-")), "")
    if program == "ngrok" and verb in _NGROK_VERBS:
        if any(text.startswith("file:") for text in texts):
            return Severity.HIGH, f"ngrok {verb}"
        return Severity.LOW if started.has(*_GUARD_OPTIONS) else Severity.MEDIUM, f"ngrok {verb}"
    if re.fullmatch(r"cloudflared(?:-[\w-]+)?", program) and started.has("--url", "-url", "--hello-world"):
        return None if {"run", "access", "create", "route"} & {*texts[:3]} else (Severity.MEDIUM, "cloudflared tunnel")
    if program in {"lt", "localtunnel"} and any(re.match(r"--port|-p", text) for text in texts):
        return Severity.MEDIUM, program
    if program == "ssh" and started.has("-R") and any(_RELAYS.fullmatch(text) for text in texts):
        return Severity.MEDIUM, "ssh -R"
    known = {
        "tailscale": verb == "funnel" and not {"status", "reset", "off"} & {*texts},
        "devtunnel": verb == "host" and started.has("-a", "--allow-anonymous"),
        "zrok": texts[:2] == ("share", "public"),
        "bore": verb == "local",
        "jprq": verb in {"http", "tcp", "serve"},
    }
    return (Severity.MEDIUM, f"{program} {verb}") if known.get(program) else None
