"""MLW205: whether code from a repository is run is decided by data, or by a default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.shell_lines import Command, shell_texts
from mlwarden.rules.base import Confidence, DocumentKind, Finding, Fix, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.hub import DATASET_CALLS, Pin
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call
from mlwarden.semantics.turning_points import DATASETS_NO_SCRIPTS
from mlwarden.semantics.values import Class, Constant, Unknown, Value
from mlwarden.semantics.values import Reference as Outside

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_NAME = "trust_remote_code"
_BREAKS = "a model whose code is not part of the library no longer loads"
# Who decides: taint kind -> the end of the sentence.
_STRANGERS = {
    "request": "if a web request says so",
    "llm": "if a language model says so",
    "tool": "if a language model says so",
    "retrieval": "if a retrieved document says so",
    "network": "if data from the network says so",
}
_OPERATORS = {
    "cli": "if the command line says so",
    "input": "if the person at the keyboard says so",
    "environment": "if the environment says so",
}
_FROM_REPOSITORY = re.compile(r"(?:transformers|diffusers|peft|huggingface_hub)\..*from_pretrained\(\)")
_FROM_FILE = re.compile(r"(?:json|yaml|ruamel|toml|tomllib|tomli|omegaconf|configparser|hydra|ml_collections)\b.*")
_OFF = frozenset({"false", "0", "no", "off", "f", "n"})
_COMMIT = re.compile(r"revision[\"']?(?:[ \t]*[:=][ \t]*|[ \t]+|[\"']?,[ \t]*)[\"']?[0-9a-fA-F]{40}\b")
# `--trust-remote-code`, `--trust_remote_code True`, `"--trust-remote-code", "false"`
_FLAG = re.compile(
    r"(?<![\w-])--trust[-_]remote[-_]code(?![\w-])(?:(?:=|[ \t]+|[\"'],[ \t]*[\"'])(?P<value>[A-Za-z0-9]+))?"
)
# `trust_remote_code: true`, `"trust_remote_code": true`, `TRUST_REMOTE_CODE=1`, `pretrained=x,trust_remote_code=True`
_KEY = re.compile(
    r"(?<![\w.-])(?P<key>trust[-_]remote[-_]code)[\"']?[ \t]*[:=][ \t]*[\"']?(?P<value>true|yes|on|1)(?![\w.])", re.I
)
_OPPOSITE = {"true": "false", "yes": "no", "on": "off", "1": "0"}
# Calls in the place of a default, with the default as first argument.
_DECLARES = frozenset({"field", "Field", "Option", "Query", "Form", "Body"})
# Files that explain, rather than configure.
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm", ".rmd", ".qmd")


class TrustRemoteCodeDynamic(Rule):
    """Remote code that is turned on by data, by a default, or by a setting.

    ## Why is this bad?

    With `trust_remote_code` the Python files of a model's repository are imported and run with your rights. Where a web
    request or a downloaded file sets it, a stranger decides that. Where it is on by default, or in a configuration file
    that all models share, it is on for models that nobody has looked at.

    ## How to fix

    Write `trust_remote_code=False`, or decide by an allow-list in the code: `trust_remote_code=name in REVIEWED`. Make
    `False` the default, and turn it on for one model, at a commit, where its code has been read.

    ## When it is fine

    Where the person at the command line chooses the model too, and knows what the option means (reported as low); in a
    sandbox without credentials.

    ## Limits

    A parameter without default, or with the default `False`, is the caller's affair. Documentation (Markdown,
    reStructuredText, plain text) is not searched. Whether a configuration file belongs to a pinned model is only looked
    for in the lines around.

    ## Fix safety

    The fixes turn the default off. They are unsafe: a model whose code is not part of the library no longer loads
    unless remote code is asked for.
    """

    code = "MLW205"
    name = "trust-remote-code-dynamic"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = (_NAME, "TRUST_REMOTE_CODE", ("remote", "code", "trust"))
    yields_to = ("MLW203", "MLW204", "MLW208")
    cwe = (94,)
    owasp_llm = ("LLM03", "LLM06")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (
        Reference("Transformers: custom models", "https://huggingface.co/docs/transformers/custom_models"),
        Reference("CVE-2025-66448, vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2025-66448"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report loaders that are told by data or defaults, options and fields that are on, and started programs."""
        for call in model.calls:
            if call.fragment.path is None:
                if call.attribute in {"add_argument", "option"}:
                    yield from self._option(call)
                elif call.name in SHELL_CALLS:
                    for command in commands_of_call(call):
                        yield from self._command(command)
                else:
                    yield from self._loader(call, model)
        for value in model.exports.not_imported():
            yield from self._field(value)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report shell lines of notebooks, and settings and flags in configuration, scripts and Dockerfiles."""
        from mlwarden.notebooks.notebook import Notebook
        from mlwarden.source.documents import PlainText

        if isinstance(document, Notebook):
            for shell in shell_texts(document):
                for command in shell.commands:
                    yield from self._command(command)
        elif isinstance(document, PlainText) and not document.path.lower().endswith(_PROSE):
            yield from self._text(document.text)

    # --- code ------------------------------------------------------------------------------------------------------

    def _loader(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        remote = _said(call, model)
        if remote is None or hub.turned_on(remote.value) is not None:
            return
        api = remote.api
        decided = _decided(remote.value)
        if decided is None or (api.keyword and hub.reads_local_path(call, api, model)):
            return
        severity, confidence, when = decided
        if hub.pin_of(hub.revision_of(call, api)) is Pin.COMMIT:
            severity = Severity(max(severity - 1, Severity.LOW))
        ids = hub.repo_ids(call, api, model) if api.keyword else ()
        where = f"'{ids[0]}'" if len(ids) == 1 else "the repository"
        taints = remote.value.tainted_by()
        steps = taints[0].steps if taints else ()
        fix = _default_off(call, remote.value)
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` runs code of {where} {when}",
            severity=severity,
            confidence=min(confidence, remote.confidence),
            trace=(*steps, *(step for step in call.context if step not in steps)),
            fixes=() if fix is None else (fix,),
        )

    def _option(self, call: CallSite) -> Iterator[Finding]:
        names = [text.partition("/")[0] for value in call.positional() for text in value.strings()]
        named = next((text for text in names if text.lstrip("-").replace("-", "_") == _NAME), None)
        if named is None:
            return
        if hub.turned_on(call.argument("default")) is Confidence.HIGH:
            edit = None if call.context else call.set_argument("default", "False")
            yield self.finding(
                call.span,
                f"The option `{named}` is on by default: models that nobody has looked at may run their code",
                trace=call.context,
                fixes=() if edit is None else (_off(edit),),
            )
        elif call.attribute == "add_argument" and "bool" in call.argument("type").names():
            yield self.finding(
                call.span,
                f"The option `{named}` of type `bool` is turned on by any text, 'False' included",
                trace=call.context,
            )

    def _field(self, value: Value) -> Iterator[Finding]:
        """A field of a dataclass or of a model of settings that is on by default."""
        definition = value.definition if isinstance(value, Class) else None
        if definition is None or definition.fragment.path is not None or _NAME not in definition.fields:
            return
        if not _is_on(definition.members.get(_NAME)):
            return
        for statement in definition.node.body.body:
            parts = getattr(statement, "body", ())
            for part in parts if isinstance(parts, (list, tuple)) else ():
                target = getattr(getattr(part, "target", None), "value", "")
                if target == _NAME and getattr(part, "annotation", None) is not None:
                    default = part.value
                    edit = TextEdit(definition.fragment.span(default), "False") if _is_true_name(default) else None
                    yield self.finding(
                        definition.fragment.span(part),
                        f"`{definition.name}.{_NAME}` is on by default: models that nobody has looked at may run their code",
                        confidence=Confidence.MEDIUM,
                        fixes=() if edit is None else (_off(edit),),
                    )

    # --- shell and text ----------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> Iterator[Finding]:
        words = command.arguments
        pinned = _COMMIT.search(" ".join(command.texts)) is not None
        for index, word in enumerate(words):
            head, _, value = word.text.partition("=")
            if head.replace("-", "_") == f"__{_NAME}":
                following = words[index + 1].text if index + 1 < len(words) else ""
                if (value or following).lower() in _OFF:
                    continue
            elif not re.search(rf"(?:^|,){_NAME}=(?:true|1)(?:,|$)", word.text, re.I):
                continue
            shown = head if head.startswith("-") else f"{_NAME}=True"
            yield self.finding(
                word.span,
                f"`{command.program}` is started with `{shown}`: code of the model's repository is run",
                severity=Severity.LOW if pinned else Severity.MEDIUM,
            )

    def _text(self, text: str) -> Iterator[Finding]:
        for match in (*_FLAG.finditer(text), *_KEY.finditer(text)):
            if (match["value"] or "").lower() in _OFF or _is_comment(text, match.start()):
                continue
            flag = match.re is _FLAG
            end = match.start() + len(f"--{_NAME}") if flag else match.end("value")
            fixes: tuple[Fix, ...] = ()
            if not flag:
                value = match["value"]
                opposite = _OPPOSITE[value.lower()]
                opposite = opposite.upper() if value.isupper() and value.isalpha() else opposite
                opposite = opposite.capitalize() if value.istitle() else opposite
                fixes = (_off(TextEdit(Span(match.start("value"), end), opposite)),)
            yield self.finding(
                Span(match.start(), end),
                f"`{match[0][: end - match.start()] if flag else match['key']}` is turned on here: code from the "
                "repository of a model or dataset is run",
                severity=Severity.LOW if _COMMIT.search(_paragraph(text, match)) else Severity.MEDIUM,
                fixes=fixes,
            )


def _said(call: CallSite, model: SemanticModel) -> hub.RemoteCode | None:
    """What a call says of remote code; datasets count while they can have scripts."""
    if call.name in DATASET_CALLS:
        given = call.argument(_NAME)
        if given.is_absent or DATASETS_NO_SCRIPTS.passed(model):
            return None
        return hub.RemoteCode(given, Confidence.HIGH, DATASET_CALLS[call.name])
    return hub.remote_code_of(call)


def _decided(value: Value) -> tuple[Severity, Confidence, str] | None:
    """How bad it is that this value decides, how sure, and the end of the sentence; None if nothing is known of it."""
    options = value.alternatives()
    strangers = value.tainted_by(*_STRANGERS)
    if strangers:
        sure = Confidence.HIGH if strangers[0].certain else Confidence.MEDIUM
        return Severity.HIGH, sure, _STRANGERS[strangers[0].kind]
    names = value.names()
    if any(_FROM_REPOSITORY.match(name) for name in names):
        return Severity.HIGH, Confidence.MEDIUM, "if the repository's own configuration says so"
    operators = value.tainted_by(*_OPERATORS)
    on = any((isinstance(option, Constant) and bool(option.value)) or _is_on(option) for option in options)
    # A field that is on, or an option of the command line, is reported where it is declared.
    fields = [option for option in options if isinstance(option, Unknown) and option.reason.startswith("attribute")]
    if on and value.is_unknown and not operators and not fields:
        if any(isinstance(option, Unknown) and option.parameter for option in options):
            return Severity.MEDIUM, Confidence.HIGH, "unless it is told not to"
        return Severity.MEDIUM, Confidence.MEDIUM, "in some cases, which are decided elsewhere"
    if any(_FROM_FILE.match(name) for name in names):
        return Severity.MEDIUM, Confidence.MEDIUM, "if a configuration file says so"
    if operators and not on:
        sure = Confidence.HIGH if operators[0].certain else Confidence.MEDIUM
        return Severity.LOW, sure, _OPERATORS[operators[0].kind]
    return None


def _default_off(call: CallSite, value: Value) -> Fix | None:
    """The fix that turns off the default of the parameter that decides."""
    if call.function is None or call.context:
        return None
    names = {option.parameter for option in value.alternatives() if isinstance(option, Unknown) and option.parameter}
    node = getattr(call.function.node, "params", None)
    found: Iterable[object] = () if node is None else (*node.posonly_params, *node.params, *node.kwonly_params)
    for parameter in found:
        default = getattr(parameter, "default", None)
        if getattr(getattr(parameter, "name", None), "value", "") in names and _is_true_name(default):
            return _off(TextEdit(call.function.fragment.span(default), "False"))  # type: ignore[arg-type]
    return None


def _off(edit: TextEdit) -> Fix:
    return Fix("Turn `trust_remote_code` off", (edit,), Applicability.UNSAFE, _BREAKS)


def _is_true_name(node: object) -> bool:
    return getattr(node, "value", None) == "True"


def _is_on(value: Value | None) -> bool:
    """Whether a field's or parameter's default is on: `True`, `field(default=True)`, `typer.Option(True)`."""
    if isinstance(value, Outside) and value.made_by is not None and value.made_by.attribute in _DECLARES:
        return value.made_by.argument("default", 0).must_be(True)
    return value is not None and value.must_be(True)


def _is_comment(text: str, position: int) -> bool:
    line_start = text.rfind("\n", 0, position) + 1
    before = text[line_start:position]
    return before.lstrip().startswith(("#", "//", ";", "rem ", "REM ")) or re.search(r"\s#\s", before) is not None


def _paragraph(text: str, match: re.Match[str]) -> str:
    """The lines around a match, up to empty ones, a thousand characters at most."""
    start, end = max(match.start() - 500, 0), min(match.end() + 500, len(text))
    before = re.split(r"\n[ \t\r]*\n", text[start : match.start()])[-1]
    return before + re.split(r"\n[ \t\r]*\n", text[match.start() : end])[0]


def _examples() -> Examples:
    from mlwarden.rules.downloads._trust_remote_code_dynamic_examples import EXAMPLES

    return EXAMPLES
