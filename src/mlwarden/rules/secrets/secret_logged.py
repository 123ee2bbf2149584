"""MLW308: a secret that is printed or logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import Examples, as_notebook, later
from mlwarden.semantics.secret_sources import NAMED_SECRET

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.calls import Argument, CallSite
    from mlwarden.semantics.model import SemanticModel

_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log", "success", "trace", "fatal")
_LOGGERS = (
    "logging",
    "logging.getLogger()",
    "loguru.logger",
    "structlog.get_logger()",
    "transformers.logging.get_logger()",
)
# Calls that show every positional argument.
_SHOWN = frozenset(
    {
        "print",
        "pprint.pprint",
        "pprint.pp",
        "rich.print",
        "rich.inspect",
        "rich.console.Console().print",
        "rich.console.Console().log",
        "display",
        "IPython.display.display",
        "warnings.warn",
        "sys.stdout.write",
        "sys.stderr.write",
        "sys.exit",
        "click.echo",
        "click.secho",
        "typer.echo",
        "typer.secho",
        "tqdm.write",
        "tqdm.tqdm.write",
        "tqdm.auto.tqdm.write",
        "streamlit.write",
        "streamlit.text",
        "streamlit.code",
        "streamlit.markdown",
        "streamlit.info",
        "streamlit.success",
        "streamlit.error",
        "streamlit.warning",
        *(f"{logger}.{level}" for logger in _LOGGERS for level in _LEVELS),
    }
)
_LOGGER_NAME = re.compile(r"(?:^|\.)_{0,2}(?:[a-z]+_)?(?:log|logger|logging)$", re.IGNORECASE)
_GET_ITEM = re.compile(r"""(?:\[|\.get\(|\.getenv\()\s*["'](?P<name>\w+)["']\s*[\])]\Z""")


class SecretLogged(Rule):
    """A key, token or password that is printed or logged.

    ## Why is this bad?

    Logs and cell outputs are kept longer and read by more people than the environment the secret came from: they are
    shipped to log services, saved in notebooks and pasted into bug reports. Whoever reads them has the key.

    ## How to fix

    Log whether the secret is there: `bool(key)`, its length, or the first few characters. If a real secret was logged,
    revoke it.

    ## When it is fine

    In a tool whose purpose is to show the secret, such as `auth print-token`, to the person who asked for it.

    ## Limits

    Followed are secrets from the environment (`os.environ`, `dotenv_values`), `getpass`, Colab, Kaggle, keyrings and
    vaults, through variables, functions, attributes and cells. Besides, a value whose own name says that it is a
    secret (`api_key`, `self.password`) is reported with medium confidence. What another function made of the secret is
    not reported, since it may have masked it.

    ## Fix safety

    The fix is unsafe: it removes the statement that shows the secret, and with it the rest of its message.
    """

    code = "MLW308"
    name = "secret-logged"
    severity = Severity.HIGH
    # What shows a secret is everywhere (`print`); the secret is not.
    triggers = (
        "@secret",
        "environ",
        "getpass",
        "userdata",
        "dotenv_values",
        "secrets",
        "get_secret",
        "access_secret_version",
        "fetch_id_token",
    )
    cwe = (532,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055", "AML.T0057")
    references = (
        Reference("CVE-2024-9606, LiteLLM logged keys", "https://nvd.nist.gov/vuln/detail/CVE-2024-9606"),
        Reference("CVE-2025-1979, Ray logged the Redis password", "https://nvd.nist.gov/vuln/detail/CVE-2025-1979"),
        Reference(
            "OWASP: data to exclude from logs",
            "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
        ),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at every call that shows what it is given, and at the last expression of every cell."""
        for call in model.calls:
            if call.fragment.path is None and (place := _shows(call)):
                yield from self._in_call(model, call, place)
        if isinstance(model.document, Notebook):
            yield from self._last_expressions(model, model.document)

    def _in_call(self, model: SemanticModel, call: CallSite, place: str) -> Iterator[Finding]:
        for argument in call.arguments:
            if argument.keyword and argument.keyword not in {"extra", "msg", "message", "values"}:
                continue
            taints = [taint for taint in argument.value.tainted_by("secret") if taint.certain]
            if taints:
                steps = (*taints[0].steps, *(step for step in call.context if step not in taints[0].steps))
                what, confidence = _what(taints[0].steps), Confidence.HIGH
            elif "os.environ" in argument.value.names():
                steps, what, confidence = (), "the whole environment with its keys", Confidence.MEDIUM
            elif name := _named_secret(call, argument):
                steps, what, confidence = (), f"`{name}`", Confidence.MEDIUM
            else:
                continue
            span = call.span if argument.node is None else call.fragment.span(argument.node.value)
            yield self.finding(
                span,
                f"{what} {place}: whoever reads that can use it until it is revoked",
                confidence=confidence,
                trace=steps,
                fixes=_fixes(model, call, span),
            )
            return

    def _last_expressions(self, model: SemanticModel, notebook: Notebook) -> Iterator[Finding]:
        import libcst as cst

        last = {fragment.cell: fragment for fragment in model.fragments}
        for fragment in last.values():
            cell = notebook.cells[fragment.cell or 0]
            if cell.python[fragment.start + len(fragment.text) :].strip() or cell.python.rstrip().endswith(";"):
                continue
            body = fragment.tree.body
            line = body[-1] if body else None
            statement = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None
            if not isinstance(statement, cst.Expr):
                continue
            span = fragment.span(statement.value)
            taints = _shown_at_end(model, statement.value, span)
            if taints is not None:
                yield self.finding(
                    span,
                    f"{_what(taints)} is the last expression of a cell, so that the notebook shows and keeps it: whoever gets "
                    "the notebook can use it until it is revoked",
                    trace=taints,
                )


def _shows(call: CallSite) -> str:
    """Where a call shows its arguments, or "" if it does not."""
    if call.name in _SHOWN:
        if call.name == "print" and not call.argument("file").is_absent:
            return "is written" if set(call.argument("file").names()) & {"sys.stderr", "sys.stdout"} else ""
        if call.name.rpartition(".")[2] in _LEVELS and not call.name.startswith("streamlit"):
            return "is logged"
        return "is raised in a warning" if call.name == "warnings.warn" else "is printed"
    if not call.name and call.attribute in _LEVELS:
        written = call.written.rpartition(".")[0]
        return "is logged" if _LOGGER_NAME.search(written) else ""
    if re.fullmatch(r"(?:[A-Z]\w*)?(?:Error|Exception)|Warning", call.name or call.attribute) and call.result_used:
        return "is put into the message of an exception, which ends up in logs and tracebacks"
    return ""


def _what(steps: tuple[TraceStep, ...]) -> str:
    return steps[0].note if steps else "a secret"


def _named_secret(call: CallSite, argument: Argument) -> str:
    """The name by which an argument says that it is a secret: `api_key`, `f"{self.api_key}"`, `config["password"]`."""
    if argument.node is None or argument.value.constants() or argument.value.names():
        return ""
    for expression in _parts(argument.node.value):
        text = call.text(call.fragment.span(expression))
        item = _GET_ITEM.search(text)
        name = item["name"] if item else text.rpartition(".")[2]
        if NAMED_SECRET.fullmatch(name):
            return text if len(text) <= 60 else name
    return ""


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The names, attributes and items whose value is shown by an expression as it is."""
    import libcst as cst

    stack: list[cst.CSTNode] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, (cst.Name, cst.Attribute)):
            yield part
        elif isinstance(part, cst.Subscript):
            if len(part.slice) == 1 and isinstance(part.slice[0].slice, cst.Index):
                yield part
        elif isinstance(part, cst.FormattedString):
            stack.extend(
                each.expression
                for each in part.parts
                if isinstance(each, cst.FormattedStringExpression) and not each.format_spec
            )
        elif isinstance(part, cst.BinaryOperation):
            stack.extend((part.right, part.left) if isinstance(part.operator, (cst.Add, cst.Modulo)) else ())
        elif isinstance(part, cst.Tuple):
            stack.extend(element.value for element in part.elements)
        elif isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute):
            if part.func.attr.value == "format":
                stack.extend(argument.value for argument in part.args)
            elif part.func.attr.value == "get":
                yield part
        elif isinstance(part, cst.Call) and isinstance(part.func, cst.Name) and part.func.value in {"str", "repr"}:
            stack.extend(argument.value for argument in part.args)


def _shown_at_end(model: SemanticModel, node: cst.CSTNode, span: Span) -> tuple[TraceStep, ...] | None:
    """How a secret came into the last expression of a cell, or None if none is shown."""
    import libcst as cst

    if isinstance(node, cst.Name):
        value = model.exports.get(node.value)
        taints = () if value is None else value.tainted_by("secret")
        return taints[0].steps if taints and taints[0].certain else None
    from mlwarden.semantics.secret_sources import GETTERS, SECRET_CALLS, STORES, is_secret_variable

    if isinstance(node, cst.Call):
        for call in model.calls:
            if call.node is node and (
                call.name in SECRET_CALLS
                or (call.name in GETTERS and any(map(is_secret_variable, call.argument("key", 0).strings())))
            ):
                return (TraceStep(span, SECRET_CALLS.get(call.name, "a secret from the environment")),)
    elif isinstance(node, cst.Subscript):
        import ast

        text = model.document.cells[span.cell].source[span.start : span.end] if span.cell is not None else ""  # type: ignore[union-attr]
        found = re.fullmatch(r"""(?P<store>[\w.]+)\[\s*(?P<key>"\w+"|'\w+')\s*\]""", text)
        if found and found["store"] in STORES and is_secret_variable(ast.literal_eval(found["key"])):
            return (TraceStep(span, f"the secret in the environment variable `{ast.literal_eval(found['key'])}`"),)
    return None


def _fixes(model: SemanticModel, call: CallSite, span: Span) -> Iterator[Fix]:
    from mlwarden.semantics.environment import without_statement

    if call.indirect:
        return
    if not call.result_used:
        yield Fix(
            "Remove the statement",
            (without_statement(model.document, call.span),),
            Applicability.UNSAFE,
            "the rest of the message is lost too",
        )
    text = call.text(span)
    if re.fullmatch(r"[A-Za-z_][\w.]*", text):
        yield Fix(
            "Show only whether it is set",
            (TextEdit(span, f"bool({text})"),),
            Applicability.SUGGESTION,
            "the message may have to say what the value now means",
        )


def _examples() -> Examples:
    return (
        Bad(
            """
            import os
            from openai import OpenAI

            api_key = os.environ["OPENAI_API_KEY"]
            print(api_key)
                  ^^^^^^^
            client = OpenAI(api_key=api_key)
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="the secret in the environment variable `OPENAI_API_KEY` is printed: whoever reads that can use it until it "
            "is revoked",
            fixed="""
            import os
            from openai import OpenAI

            api_key = os.environ["OPENAI_API_KEY"]
            client = OpenAI(api_key=api_key)
            """,
        ),
        Bad(
            """
            import logging
            from getpass import getpass

            log = logging.getLogger(__name__)
            token = getpass("token: ")
            log.info("calling with %s", token)
                                        ^^^^^
            """,
            confidence=Confidence.HIGH,
            fixed="""
            import logging
            from getpass import getpass

            log = logging.getLogger(__name__)
            token = getpass("token: ")
            """,
        ),
        Bad(
            """
            import os
            import requests

            class Gateway:
                def __init__(self):
                    self.key = os.getenv("GATEWAY_API_KEY", "")

                def call(self):
                    headers = {"Authorization": f"Bearer {self.key}"}
                    print("headers:", headers)
                                      ^^^^^^^
                    return requests.get("https://models.acme-labs.io", headers=headers, timeout=5)
            """,
            confidence=Confidence.HIGH,
            fixed="""
            import os
            import requests

            class Gateway:
                def __init__(self):
                    self.key = os.getenv("GATEWAY_API_KEY", "")

                def call(self):
                    headers = {"Authorization": f"Bearer {self.key}"}
                    pass
                    return requests.get("https://models.acme-labs.io", headers=headers, timeout=5)
            """,
        ),
        Bad(
            """
            def connect(host, api_key):
                if not host:
                    raise ValueError(f"no host for {api_key}")
                                     ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`api_key` is put into the message of an exception, which ends up in logs and tracebacks: whoever reads "
            "that can use it until it is revoked",
        ),
        Bad(
            """
            def start(self, config):
                self.logger.debug("db %s / %s", config["user"], config["db_password"])
                                                                ^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            def start(self, config):
                pass
            """,
        ),
        Bad(
            """
            import os

            print(dict(os.environ), os.environ)
                                    ^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="the whole environment with its keys is printed: whoever reads that can use it until it is revoked",
            fixed="""
            import os

            """,
        ),
        Bad(
            as_notebook("from google.colab import userdata\nkey = userdata.get('HF_TOKEN')", "key"),
            path="example.ipynb",
            texts=("key",),
            confidence=Confidence.HIGH,
            message="a Colab secret is the last expression of a cell, so that the notebook shows and keeps it: whoever gets the "
            "notebook can use it until it is revoked",
        ),
        Bad(
            as_notebook("import os", 'os.environ["HF_TOKEN"]'),
            path="example.ipynb",
            texts=('os.environ["HF_TOKEN"]',),
        ),
        Good(
            """
            import os

            key = os.environ.get("OPENAI_API_KEY")
            print(bool(key), len(key), key[:4], f"...{key[-4:]}", f"{key:.3}", key is None)
            print("key is set" if key else "no key")
            """,
            because="these show whether there is a key, not the key",
        ),
        Good(
            """
            import os

            print(os.environ["TOKENIZERS_PARALLELISM"], os.getenv("MAX_TOKENS"), os.environ["HF_HOME"])
            for token in tokenizer("some text"):
                print(token, tokenizer.pad_token, key)
            """,
            because="these are no secrets, whatever words their names are made of",
        ),
        Good(
            """
            import os
            from openai import OpenAI

            client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
            print(client.models.list())
            """,
            because="what a client answers does not hold the key that it was made with",
        ),
        Good(
            """
            import os

            def masked(text):
                return text[:3] + "..."

            print(masked(os.environ["HF_TOKEN"]))
            print(redact(os.environ["HF_TOKEN"]))
            with open(".env", "w") as target:
                print("HF_TOKEN=" + os.environ["HF_TOKEN"], file=target)
            """,
            because="a masked key is no key, what an unknown function makes of it can't be told, and a file is no log",
        ),
        Good(
            """
            api_key = "EMPTY"
            print(f"using {api_key}")
            print("api_key", parser.get("api_key_header"))
            """,
            because="the value is known, and opens nothing",
        ),
        Good(
            as_notebook("import os\nkey = os.environ['HF_TOKEN']", "key;", "key = load(key)\nlen(key)"),
            path="example.ipynb",
            because="a semicolon keeps IPython from showing the value, and a length opens nothing",
        ),
        Missed(
            """
            import os
            import subprocess

            subprocess.run(["echo", os.environ["HF_TOKEN"]])
            """,
            because="what a started program writes is not followed",
        ),
    )
