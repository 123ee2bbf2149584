"""MLW704: data of others that a notebook puts into a shell command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.interpolation import MARK
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.values import Reference as Named
from mlwarden.semantics.values import Taint, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_SHELLS = ("bash", "sh", "script", "!", "!!", "sx", "system")
# Call -> position of the command.
_CALLS = {
    f"{shell}.{name}": position
    for shell in ("get_ipython()", "IPython.get_ipython()", "IPython.core.getipython.get_ipython()")
    for name, position in {
        "system": 0,
        "getoutput": 0,
        "system_raw": 0,
        "system_piped": 0,
        "run_line_magic": 1,
        "run_cell_magic": 2,
    }.items()
}
_WRITERS = {
    "llm": "what a language model wrote",
    "tool": "an argument that a language model chose",
    "retrieval": "text of a retrieved document",
    "network": "data from the network",
    "request": "data from a web request",
    "input": "what a person typed",
}
_BY_HAND = ("input",)
# Downloads that return the path of a file: the network holds no sway over the path.
_PATHS = re.compile(
    r"\b(?:urlretrieve|download|cached_download|retrieve|download_url_to_file|hf_hub_download|snapshot_download"
    r"|model_download|dataset_download|get_file|download_file|download_fileobj|download_to_filename)`"
)
# Attributes that hold numbers and the like.
_NUMBERS = frozenset({"status_code", "status", "ok", "elapsed", "pid", "returncode", "shape", "size", "dtype", "ndim"})
# Widgets that hold free text.
_WIDGET = re.compile(r"ipywidgets\.(?:[\w.]+\.)?(?:Text|Textarea|Combobox|Password|TagsInput)\(\)\.value\b.*")


class ShellInterpolation(Rule):
    """Data of others that a notebook puts into a shell command.

    ## Why is this bad?

    IPython puts the value of `{expression}` and `$name` into the text of the command, and a shell reads that text. A
    value with `;`, `|` or `$(...)` in it runs commands of its own, with your files and credentials. Quotes around it
    do not help: the value can close them.

    ## How to fix

    Pass the value as an argument that no shell reads: `subprocess.run(["git", "clone", "--", url], check=True)`. Where
    it has to be a shell line, quote the value with `shlex.quote`.

    ## When it is fine

    When the only person who can set the value is the one who runs the notebook: what is typed into `input()` or a
    widget is therefore reported with medium severity. It is not fine where the notebook is served to others, as by
    Voilà, or runs unattended.

    ## Limits

    Values are followed through variables, functions and cells in the order of the document. Constants, and values of
    which nothing is known, are not reported. A line that is a variable alone, such as `!$command`, is too short to be
    analysed. Commands in `os.system` and `subprocess` are left to the rules on these.
    """

    code = "MLW704"
    name = "shell-interpolation"
    severity = Severity.HIGH
    calls = tuple(_CALLS)
    triggers = (MARK, "get_ipython")
    yields_to = ("MLW402",)
    cwe = (78,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050",)
    references = (
        Reference(
            "IPython: passing variables to the shell",
            "https://ipython.readthedocs.io/en/stable/interactive/reference.html#manual-capture-of-command-output-and-magic-output",
        ),
        Reference("Python: shlex.quote", "https://docs.python.org/3/library/shlex.html#shlex.quote"),
        Reference("CWE-78: OS Command Injection", "https://cwe.mitre.org/data/definitions/78.html"),
    )
    examples = (
        Bad(
            as_notebook(
                "import requests\nurl = requests.get('https://example.org/latest').json()['url']",
                "!git clone {url} repo",
            ),
            path="example.ipynb",
            texts=("!git clone {url} repo",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="data from the network goes into this command as `{url}`: a `;` in it runs any other command",
        ),
        Bad(
            as_notebook(
                "from openai import OpenAI\nreply = OpenAI().responses.create(model='gpt-5', input='a package')",
                "def name():\n    return reply.output_text.strip()",
                "package = name()\n%pip install {package}",
            ),
            path="example.ipynb",
            texts=("%pip install {package}",),
            message="what a language model wrote goes into this command as `{package}`: a `;` in it runs any other command",
        ),
        Bad(
            as_notebook("name = input('Data set: ')\n!wget https://example.org/$name -O data.zip"),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="what a person typed goes into this command as `$name`: a `;` in it runs any other command",
        ),
        Bad(
            as_notebook(
                "import ipywidgets as widgets\nbox = widgets.Text()\ndisplay(box)",
                "files = !ls {box.value}\nprint(files)",
            ),
            path="example.ipynb",
            texts=("!ls {box.value}",),
            severity=Severity.MEDIUM,
        ),
        Bad(
            as_notebook(
                "import urllib.request\ndef fetch(tag):\n    if tag:\n        !docker pull registry/{tag}\n",
                "fetch(urllib.request.urlopen('https://example.org/tag').read().decode())",
            ),
            path="example.ipynb",
            texts=("!docker pull registry/{tag}",),
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook(
                "import httpx\narguments = httpx.get('https://example.org/a').text", "%%bash -s {arguments}\necho $1"
            ),
            path="example.ipynb",
            texts=("%%bash -s {arguments}",),
        ),
        Bad(
            as_notebook(
                "import requests\nfor item in requests.get('https://example.org/l').json():\n"
                "    get_ipython().system(f'unzip {item}')"
            ),
            path="example.ipynb",
            texts=("get_ipython().system(f'unzip {item}')",),
            message="data from the network goes into this command: a `;` in it runs any other command",
        ),
        Bad(
            as_notebook(
                "import requests\nfrom IPython import get_ipython\nurl = requests.get('https://example.org/u').text\n"
                "get_ipython().run_line_magic('sx', 'curl -O ' + url)"
            ),
            path="example.ipynb",
            severity=Severity.HIGH,
        ),
        Good(
            as_notebook(
                "url = 'https://github.com/owner/name'\nversion = 3\n!git clone {url}\n!python$version --version",
                "def clone(url):\n    !git clone {url}\n",
                "for split in ['train', 'test']:\n    !wget https://example.org/{split}.zip",
            ),
            path="example.ipynb",
            because="constants, and a parameter of which nothing is known",
        ),
        Good(
            as_notebook(
                "import shlex\nimport requests\nreply = requests.get('https://example.org/l')",
                "count = int(reply.text)\nname = shlex.quote(reply.text)\n!head -n {count} log\n!ls {name}\n!echo {reply.status_code}",
            ),
            path="example.ipynb",
            because="a number, a quoted value and a status",
        ),
        Good(
            as_notebook(
                "from huggingface_hub import hf_hub_download\npath = hf_hub_download('owner/name', 'a.bin')\n!ls -l {path}"
            ),
            path="example.ipynb",
            because="the path of the file is made here, only what is in it comes from the network",
        ),
        Good(
            as_notebook("name = input()\nname = 'fixed'\n!ls {name}", "name = input()"),
            path="example.ipynb",
            because="when the line runs, the value is a constant",
        ),
        Good(
            as_notebook("name = input()\n!awk '{print $1}' {name}\n!echo $$name\n!echo {{name}}\n!echo '$name'"),
            path="example.ipynb",
            because="IPython leaves a command alone if a brace in it is no Python, and what is escaped",
        ),
        Good(
            as_notebook("name = input()", "%%bash\necho {name} $name\n"),
            path="example.ipynb",
            because="the body of a script cell is not expanded; `$name` is a variable of the shell",
        ),
        Good(
            as_notebook(
                "# name = input()\n# !ls {name}\nprint('!ls {name}')",
                "import subprocess\nsubprocess.run(['ls', input()])",
            ),
            path="example.ipynb",
            because="nothing runs here, and an argument that no shell reads is only an argument",
        ),
        Missed(
            as_notebook("command = input()\n!$command"),
            path="example.ipynb",
            because="the line has no room for the analysis",
        ),
        Missed(
            as_notebook("name = dbutils.widgets.get('name')\n!ls {name}"),
            path="example.ipynb",
            because="widgets of Databricks are not known as a source",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report each line once, for the worst that it interpolates."""
        from mlwarden.semantics.interpolations import interpolations

        worst: dict[tuple[int | None, int], Finding] = {}
        for found in interpolations(model):
            danger = _danger(found.value)
            if danger is None:
                continue
            kind, taint = danger
            written = _as_written(found.line.magic.text, found.expression)
            finding = self._report(found.call, kind, taint, f" as `{written}`")
            finding = self.finding(
                found.span,
                finding.message,
                severity=finding.severity,
                confidence=finding.confidence,
                trace=finding.trace,
            )
            key = (found.span.cell, found.span.start)
            old = worst.get(key)
            if old is None or (finding.severity, finding.confidence) > (old.severity, old.confidence):
                worst[key] = finding
        yield from worst.values()

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report commands that Python hands to IPython's shell."""
        name = call.name.rpartition(".")[2]
        if name in ("run_line_magic", "run_cell_magic"):
            magic = call.argument("magic_name", 0).string()
            if magic not in (_SHELLS if name == "run_cell_magic" else ("sx", "system", "sc", "pip", "conda")):
                return
        keyword = {"run_line_magic": "line", "run_cell_magic": "cell"}.get(name, "cmd")
        danger = _danger(call.argument(keyword, _CALLS[call.name]))
        if danger is not None:
            yield self._report(call, *danger, "")

    def _report(self, call: CallSite, kind: str, taint: Taint | None, place: str) -> Finding:
        steps = taint.steps if taint is not None else ()
        return self.finding(
            call.span,
            f"{_WRITERS[kind]} goes into this command{place}: a `;` in it runs any other command",
            severity=Severity.MEDIUM if kind in _BY_HAND else Severity.HIGH,
            confidence=Confidence.HIGH if taint is None or taint.certain else Confidence.MEDIUM,
            trace=(*steps, *(step for step in call.context if step not in steps)),
        )


def _danger(value: Value) -> tuple[str, Taint | None] | None:
    """Who writes the value, and how it got here; None if nobody that is known to be a stranger."""
    if all(isinstance(option, Named) and _is_harmless(option.name) for option in value.alternatives()):
        return None
    taints = [
        taint
        for taint in value.tainted_by(*_WRITERS)
        if not (taint.kind == "network" and taint.steps and _PATHS.search(taint.steps[0].note))
    ]
    if taints:
        taints.sort(key=lambda taint: (taint.kind in _BY_HAND, not taint.certain))
        return taints[0].kind, taints[0]
    if any(isinstance(option, Named) and _WIDGET.fullmatch(option.name) for option in value.alternatives()):
        return "input", None
    return None


def _is_harmless(name: str) -> bool:
    """Whether a qualified name is that of a number or the like: `requests.get().status_code`."""
    last = name.rpartition(".")[2].removesuffix("()")
    return last in _NUMBERS


def _as_written(command: str, expression: str) -> str:
    shown = expression if len(expression) <= 40 else f"{expression[:37]}..."
    return f"${shown}" if f"${expression}" in command else f"{{{shown}}}"
