"""MLW703: a second package index beside the first, in a cell or a command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_facts import Installation, installation_of, packages
from mlwarden.notebooks.shell_lines import Command, Word, shell_texts
from mlwarden.rules.base import (
    Bad,
    Confidence,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
    TraceStep,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import settings_in_code
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_EXTRA = "--extra-index-url"
_MAIN = ("-i", "--index-url", "--pypi-url")
_VARIABLE = "PIP_EXTRA_INDEX_URL"
# `pip config set global.extra-index-url URL`; the section may be any command's name.
_SETTING = re.compile(r"[\w-]+\.extra-index-url")
_UNSAFE_STRATEGY = ("unsafe-best-match", "unsafe-first-match")
_ADDRESS = re.compile(r"[a-z+]+://(?:[^/@\s]*@)?(?P<host>[^/:\s\"'{}$]+)", re.IGNORECASE)
_PYPI = ("pypi.org", "pypi.python.org")
# Indexes that vendors run for the public, with names that they hold on PyPI as well, as far as they took care to.
_VENDORS = (
    "download.pytorch.org",
    "data.pyg.org",
    "pypi.nvidia.com",
    "pypi.ngc.nvidia.com",
    "developer.download.nvidia.com",
    "pip.repos.neuron.amazonaws.com",
    "storage.googleapis.com",
    "wheels.vllm.ai",
    "flashinfer.ai",
    "pytorch-extension.intel.com",
    "abetlen.github.io",
    "pypi.anaconda.org",
)
_PYTORCH = frozenset({"torch", "torchvision", "torchaudio"})
# `1.13.1+cu113`: PyPI takes no release with a local version.
_LOCAL_VERSION = re.compile(r"[\w.\[\],-]+={2,3}[\w.!]+\+[\w.]+")


@dataclass(frozen=True, slots=True)
class _Extra:
    """An extra index: its URL as written, and where option and URL stand."""

    url: str
    span: Span
    option: Word | None = None


class MagicExtraIndex(Rule):
    """A package index that pip asks beside the first one.

    ## Why is this bad?

    pip gives no index precedence: it takes the newest version that any of them has. A name that only the extra index
    knows can be registered on PyPI by anybody, with a higher version, and the next run of the cell installs that one
    instead. This is how the nightly builds of PyTorch came to install a stranger's `torchtriton` in December 2022.

    ## How to fix

    Use one index that has everything: `--index-url`, with a proxy of PyPI if need be. Or install what comes from the
    second index by a command of its own with `--index-url` and `--no-deps`. uv asks one index after the other and stays
    with the first that knows the name; hashes in a requirements file (`--require-hashes`) help with any tool.

    ## When it is fine

    Where every name on the extra index is registered on PyPI by the same people, with its dependencies. For the
    indexes of large vendors this is usual, and the severity is low.

    ## Limits

    Pages named by `--find-links` and requirements files are not read. An index reached without encryption is reported
    by MLW708.

    ## Fix safety

    The fix, for PyTorch's own packages, replaces `--extra-index-url` by `--index-url`, as PyTorch's instructions have
    it. It is unsafe: a dependency that the index does not hold can no longer be found.
    """

    code = "MLW703"
    name = "magic-extra-index"
    severity = Severity.HIGH
    calls = tuple(SHELL_CALLS)
    triggers = (
        *(("extra-index-url", word) for word in ("pip", "uv")),
        _VARIABLE,
        ("unsafe-best-match", "uv"),
        ("unsafe-first-match", "uv"),
        "subprocess",
        ("os", "system"),
        ("os", "popen"),
        "environ",
        "putenv",
        "setenv",
        "create_subprocess_shell",
        "get_ipython",
    )
    cwe = (427, 1357)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (
        Reference("MITRE ATLAS AML.CS0015, PyTorch dependency chain", "https://atlas.mitre.org/studies/AML.CS0015"),
        Reference(
            "pip install: --extra-index-url and dependency confusion",
            "https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url",
        ),
        Reference(
            "uv: searching across multiple indexes",
            "https://docs.astral.sh/uv/concepts/indexes/#searching-across-multiple-indexes",
        ),
    )
    examples = (
        Bad(
            as_notebook("%pip install --extra-index-url https://pypi.acme.io/simple acme-features"),
            path="example.ipynb",
            texts=("--extra-index-url https://pypi.acme.io/simple",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`pip install` takes the newest version that PyPI or pypi.acme.io has: who registers a name on one "
            "that only the other knows runs code here",
        ),
        Bad(
            as_notebook(
                "!pip install torch==2.0.0 torchvision --extra-index-url https://download.pytorch.org/whl/cu116"
            ),
            path="example.ipynb",
            severity=Severity.LOW,
            fixed=as_notebook(
                "!pip install torch==2.0.0 torchvision --index-url https://download.pytorch.org/whl/cu116"
            ),
        ),
        Bad(
            as_notebook("import sys\n!{sys.executable} -m pip install acme --extra-index-url=$INDEX"),
            path="example.ipynb",
            texts=("--extra-index-url=$INDEX",),
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            as_notebook(
                "%%bash\npip install -i https://pypi.acme.io/simple --extra-index-url https://pypi.org/simple x"
            ),
            path="example.ipynb",
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook(
                "!pip3 install -i https://test.pypi.org/simple/ --extra-index-url https://pypi.org/simple x==1.2"
            ),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="`pip install` takes the newest version that test.pypi.org or pypi.org has: who registers a name on "
            "one that only the other knows runs code here",
        ),
        Bad(
            as_notebook("!pip config set global.extra-index-url https://user:pass@pypi.acme.io/simple"),
            path="example.ipynb",
            texts=("global.extra-index-url https://user:pass@pypi.acme.io/simple",),
            message="pip takes the newest version that PyPI or pypi.acme.io has: who registers a name on one that only "
            "the other knows runs code here",
        ),
        Bad(
            as_notebook("%env PIP_EXTRA_INDEX_URL=https://pypi.acme.io/simple\n%pip install acme"),
            path="example.ipynb",
            texts=("PIP_EXTRA_INDEX_URL=https://pypi.acme.io/simple",),
        ),
        Bad(
            as_notebook("!PIP_EXTRA_INDEX_URL=https://pypi.acme.io/simple pip install acme"),
            path="example.ipynb",
            texts=("PIP_EXTRA_INDEX_URL=https://pypi.acme.io/simple",),
        ),
        Bad(
            as_notebook(
                "!uv pip install acme --extra-index-url https://pypi.acme.io/simple --index-strategy unsafe-best-match"
            ),
            path="example.ipynb",
            texts=("--extra-index-url https://pypi.acme.io/simple",),
        ),
        Bad(
            """
            import os

            os.environ["PIP_EXTRA_INDEX_URL"] = "https://pypi.acme.io/simple"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import os

            def configure(url):
                os.environ.update({"PIP_EXTRA_INDEX_URL": url})
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            as_notebook(
                "!UV_INDEX_STRATEGY=unsafe-first-match uv pip install a --extra-index-url https://pypi.acme.io/simple"
            ),
            path="example.ipynb",
            texts=("--extra-index-url https://pypi.acme.io/simple",),
        ),
        Bad(
            """
            import subprocess
            import sys

            def install(package):
                subprocess.check_call([sys.executable, "-m", "pip", "install", package, "--extra-index-url", "https://p.io/a"])
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            as_notebook(
                "%pip install torch --index-url https://download.pytorch.org/whl/cu121\n"
                "!pip install -f https://data.pyg.org/whl/torch-2.3.0.html torch_scatter"
            ),
            path="example.ipynb",
            because="there is one index; a page of links is another matter",
        ),
        Good(
            as_notebook(
                "!uv pip install acme --extra-index-url https://pypi.acme.io/simple\n"
                "!pip install --require-hashes -r r.txt --extra-index-url https://pypi.acme.io/simple\n"
                "!pip install --no-index -f ./wheels acme --extra-index-url https://pypi.acme.io/simple"
            ),
            path="example.ipynb",
            because="uv stays with the first index that knows a name, hashes name the files, `--no-index` asks none",
        ),
        Good(
            as_notebook(
                "!pip install --no-deps torch==1.12.1+cu113 --extra-index-url https://download.pytorch.org/whl/cu113\n"
                "!pip install a -i https://pypi.acme.io/a/simple --extra-index-url https://pypi.acme.io/b/simple"
            ),
            path="example.ipynb",
            because="PyPI takes no local versions; the other two indexes are under the same roof",
        ),
        Good(
            as_notebook(
                "# !pip install --extra-index-url https://pypi.acme.io/simple acme\n"
                'print("pip install --extra-index-url https://pypi.acme.io/simple acme")\n!pip install --help | grep extra-index-url'
            ),
            path="example.ipynb",
            because="none of these installs anything",
        ),
        Good(
            """
            import os

            os.environ["PIP_INDEX_URL"] = "https://pypi.acme.io/simple"
            os.environ["PIP_EXTRA_INDEX_URL"] = ""
            """,
            because="one index",
        ),
        Missed(
            as_notebook("%pip install -r requirements.txt"),
            path="example.ipynb",
            files={"requirements.txt": "--extra-index-url https://pypi.acme.io/simple\nacme\n"},
            because="requirements files are not read here",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each command of a notebook that adds an index, and each variable that does."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                yield from self._in(command, ())
        for cell in document.cells:
            for magic in cell.magics:
                if magic.kind == "line" and magic.name in ("env", "set_env") and magic.text.startswith(_VARIABLE):
                    url = magic.text[len(_VARIABLE) :].lstrip("= ")
                    span = Span(magic.text_span.start, magic.text_span.end, cell.index)
                    yield from self._report("pip", "", [_Extra(url, span)] if url else [])

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report commands that Python runs."""
        for command in commands_of_call(call):
            for finding in self._in(command, call.context):
                yield replace(finding, span=call.span, fixes=())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report Python code that sets the environment variable."""
        for setting in settings_in_code(model, _VARIABLE):
            url = next(iter(setting.value.prefixes()), "{}")
            yield from self._report("pip", "", [_Extra(url, setting.span)] if url else [])

    def _in(self, command: Command, trace: tuple[TraceStep, ...]) -> Iterator[Finding]:
        extras = [
            _Extra(word.text.partition("=")[2], word.span)
            for word in (command.words if command.program == "export" else command.words[: command.start])
            if word.text.startswith(f"{_VARIABLE}=") and not word.text.endswith("=")
        ]
        if extras:
            yield from self._report("pip", "", extras, trace)
            return
        words = command.arguments
        texts = command.texts
        if "config" in texts and "set" in texts:
            for word, following in pairwise(words):
                if _SETTING.fullmatch(word.text):
                    yield from self._report("pip", "", [_Extra(following.text, _from(word, following))], trace)
            return
        installation = installation_of(command)
        strategy = next((word.text for word in command.words if word.text.startswith("UV_INDEX_STRATEGY=")), "")
        if installation is not None and not _is_protected(installation, strategy.partition("=")[2]):
            main = next((url for option in _MAIN for url in _values(installation.arguments, option)), "")
            fix = _fix(installation)
            yield from self._report(installation.tool, main, _extras(installation), trace, fix)

    def _report(
        self,
        tool: str,
        main: str,
        extras: Sequence[_Extra],
        trace: tuple[TraceStep, ...] = (),
        fix: Fix | None = None,
    ) -> Iterator[Finding]:
        if not extras:
            return
        hosts = [_host(extra.url) for extra in extras]
        first = _host(main) if main else "PyPI"
        others = list(dict.fromkeys(host for host in hosts if host and host != first))
        known = bool(all(hosts) and first)
        if known and not others:
            return  # two folders of one host
        if not main and all(host in _PYPI for host in hosts):
            return  # PyPI twice
        public = (*_VENDORS, *_PYPI, "PyPI")
        vendors = known and all(host in public or host.endswith(".download.pytorch.org") for host in (first, *others))
        named = (
            " or ".join(dict.fromkeys((first or "one index", *others)))
            if known
            else f"{first or 'one'} or another index"
        )
        yield self.finding(
            extras[0].span,
            f"{tool if tool == 'pip' else f'`{tool}`'} takes the newest version that {named} has: who registers a name on "
            "one that only the other knows runs code here",
            severity=Severity.LOW if vendors else Severity.HIGH,
            confidence=Confidence.HIGH if known else Confidence.MEDIUM,
            trace=trace,
            fixes=() if fix is None else (fix,),
        )


def _extras(installation: Installation) -> list[_Extra]:
    found: list[_Extra] = []
    words = installation.arguments
    for index, word in enumerate(words):
        option, equals, value = word.text.partition("=")
        if option != _EXTRA:
            continue
        if equals:
            found.append(_Extra(value, word.span, word))
        elif index + 1 < len(words):
            found.append(_Extra(words[index + 1].text, _from(word, words[index + 1]), word))
    return found


def _values(words: Sequence[Word], *options: str) -> Iterator[str]:
    for index, word in enumerate(words):
        option, equals, value = word.text.partition("=")
        if option in options:
            if equals:
                yield value
            elif index + 1 < len(words):
                yield words[index + 1].text


def _is_protected(installation: Installation, strategy: str) -> bool:
    """Whether more indexes do no harm to this installation."""
    options = {word.text.partition("=")[0] for word in installation.arguments}
    if options & {"--no-index", "--require-hashes"}:
        return True
    if installation.tool.startswith("uv"):
        strategies = [strategy, *_values(installation.arguments, "--index-strategy")]
        return not set(strategies) & set(_UNSAFE_STRATEGY)
    if "--no-deps" in options:
        wanted = [word.text for word in packages(installation)]
        return bool(wanted) and all(map(_LOCAL_VERSION.fullmatch, wanted))
    return False


def _fix(installation: Installation) -> Fix | None:
    """Make PyTorch's index the only one, where nothing but PyTorch is installed."""
    extras = _extras(installation)
    words = installation.arguments
    if len(extras) != 1 or any(word.text.partition("=")[0] in _MAIN for word in words):
        return None
    names = {re.split(r"[=<>~!\[ ]", word.text, maxsplit=1)[0].lower() for word in packages(installation)}
    option = extras[0].option
    if option is None or not names or not names <= _PYTORCH or _host(extras[0].url) != "download.pytorch.org":
        return None
    start = option.span.start
    if option.span.end - start not in (len(_EXTRA), len(option.text)):  # written in quotes
        return None
    return Fix(
        "Use PyTorch's index alone",
        (TextEdit(Span(start, start + len(_EXTRA), option.span.cell), "--index-url"),),
        Applicability.UNSAFE,
        "a dependency that this index does not hold can no longer be found",
    )


def _host(url: str) -> str:
    """The host of a URL, without user, password and port; "" where it is not written out."""
    match = _ADDRESS.match(url)
    return match["host"].lower() if match else ""


def _from(first: Word, last: Word) -> Span:
    return Span(first.span.start, last.span.end, first.span.cell)
