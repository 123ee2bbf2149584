"""MLW208: the script of a dataset is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Confidence, DocumentKind, Finding, Fix, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.environment import Setting, is_true, is_unset, settings_in_code, settings_in_text
from mlwarden.semantics.hub import DATASET_CALLS, Pin
from mlwarden.semantics.hub_ids import DATASET_BUILDERS
from mlwarden.semantics.turning_points import DATASETS_NO_SCRIPTS, DATASETS_SCRIPT_GATE, DATASETS_SCRIPTS_ASK
from mlwarden.semantics.values import Constant, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_VARIABLE = "HF_DATASETS_TRUST_REMOTE_CODE"


class DatasetScriptCode(Rule):
    """A dataset whose own Python script may be run.

    ## Why is this bad?

    Before datasets 4, a repository of the Hub could hold a Python script that produces the rows. With
    `trust_remote_code=True` it is imported and runs with your rights: whoever can change the dataset runs code on your
    machine. Before datasets 2.20 that even happens when the argument is left out.

    ## How to fix

    Require datasets 4 or later, which runs no scripts, and leave the argument out. Where that is not possible, pass
    `trust_remote_code=False`, or read the script and pin `revision` to its commit.

    ## When it is fine

    When the script at the pinned commit has been reviewed, or is your own.

    ## Limits

    The version of datasets comes from the project's dependency files. Where it is not known, the message does not
    rule out an older one. Which datasets have a script cannot be told from the code.

    ## Fix safety

    From datasets 4 on, removing the argument is safe: it does nothing. Before, the fixes are unsafe: a dataset that
    needs its script no longer loads.
    """

    code = "MLW208"
    name = "dataset-script-code"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = tuple(DATASET_CALLS)
    triggers = (*(("datasets", name.rpartition(".")[2]) for name in DATASET_CALLS), _VARIABLE)
    cwe = (94,)
    owasp_llm = ("LLM03", "LLM04")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.002",)
    references = (
        Reference("Datasets 4.0: scripts are gone", "https://github.com/huggingface/datasets/releases/tag/4.0.0"),
        Reference("Datasets 2.20: no trust by default", "https://github.com/huggingface/datasets/releases/tag/2.20.0"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that lets the script of a dataset run, and an argument that does nothing any more."""
        api = DATASET_CALLS[call.name]
        named = call.argument(api.keyword, api.position)
        names = named.strings()
        if names and all(name in DATASET_BUILDERS for name in names) and not named.is_unknown:
            return
        given = call.argument("trust_remote_code")
        on = hub.turned_on(given)
        if on is not None and DATASETS_NO_SCRIPTS.passed(model):
            yield self._dead(call, model, on)
        elif on is not None:
            yield self._trusted(call, model, on)
        elif _left_out(given) and not DATASETS_NO_SCRIPTS.passed(model):
            yield from self._omitted(call, model)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable, unless datasets is new enough to ignore it."""
        if not DATASETS_NO_SCRIPTS.passed(model):
            sure = Confidence.HIGH if DATASETS_NO_SCRIPTS.ahead(model) else Confidence.MEDIUM
            yield from self._settings(settings_in_code(model, _VARIABLE), sure)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration that set the variable."""
        yield from self._settings(settings_in_text(document, _VARIABLE), Confidence.MEDIUM)

    def _dead(self, call: CallSite, model: SemanticModel, on: Confidence) -> Finding:
        edit = None if call.context else call.remove_argument("trust_remote_code")
        fix = None if edit is None else Fix("Remove `trust_remote_code`", (edit,), Applicability.SAFE)
        return self.finding(
            call.span,
            f"`trust_remote_code` of `{hub.shown(call)}` does nothing with {model.version('datasets').describe()}, "
            "which runs no scripts",
            severity=Severity.LOW,
            confidence=on,
            trace=call.context,
            fixes=() if fix is None else (fix,),
        )

    def _trusted(self, call: CallSite, model: SemanticModel, on: Confidence) -> Finding:
        severity, what, sure = _reach(call, model)
        edit = None if call.context else call.remove_argument("trust_remote_code")
        fix = (
            None
            if edit is None
            else Fix(
                "Remove `trust_remote_code`",
                (edit,),
                Applicability.UNSAFE,
                "a dataset that needs its script no longer loads",
            )
        )
        return self.finding(
            call.span,
            f"`{hub.shown(call)}` runs {what}{_with(model, what)}",
            severity=severity,
            confidence=min(on, sure),
            trace=call.context,
            fixes=() if fix is None else (fix,),
        )

    def _omitted(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        api = DATASET_CALLS[call.name]
        script = next((text for text in call.argument("path", 0).strings() if text.endswith(".py")), None)
        if script is not None:
            if not model.is_local(script):
                yield self.finding(
                    call.span,
                    f"`{hub.shown(call)}` runs the script '{script}'{_with(model)}",
                    severity=Severity.LOW,
                    confidence=Confidence.HIGH if DATASETS_NO_SCRIPTS.ahead(model) else Confidence.MEDIUM,
                    trace=call.context,
                )
            return
        gated = DATASETS_SCRIPT_GATE.passed(model)
        if not DATASETS_SCRIPTS_ASK.ahead(model) or (gated and is_unset(model, _VARIABLE)):
            return
        ids = hub.repo_ids(call, api, model)
        if not ids:
            return
        pinned = hub.pin_of(hub.revision_of(call, api)) in {Pin.COMMIT, Pin.UNKNOWN}
        edit = call.set_argument("trust_remote_code", "False") if gated and not call.context else None
        fix = (
            None
            if edit is None
            else Fix(
                "Add `trust_remote_code=False`",
                (edit,),
                Applicability.UNSAFE,
                "a dataset that needs its script no longer loads",
            )
        )
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` runs a script that '{ids[0]}' may hold, unasked,{_with(model)}",
            severity=Severity.MEDIUM if pinned else Severity.HIGH,
            confidence=Confidence.MEDIUM,
            trace=call.context,
            fixes=() if fix is None else (fix,),
        )

    def _settings(self, settings: Iterator[Setting], confidence: Confidence) -> Iterator[Finding]:
        for setting in settings:
            if is_true(setting.value):
                fix = (
                    None
                    if setting.removal is None
                    else Fix(
                        "Remove the variable",
                        (setting.removal,),
                        Applicability.UNSAFE,
                        "datasets that need their scripts no longer load",
                    )
                )
                yield self.finding(
                    setting.span,
                    f"`{_VARIABLE}` lets every `load_dataset` of the process run the script of its dataset, "
                    "on datasets below 4",
                    confidence=confidence,
                    fixes=() if fix is None else (fix,),
                )


def _reach(call: CallSite, model: SemanticModel) -> tuple[Severity, str, Confidence]:
    """How bad the script of this call is, what it is, and how sure that it can run."""
    api = DATASET_CALLS[call.name]
    sure = Confidence.HIGH if DATASETS_NO_SCRIPTS.ahead(model) else Confidence.MEDIUM
    named = call.argument(api.keyword, api.position)
    local = bool(named.strings()) and all(text.endswith(".py") for text in named.strings()) and not named.is_unknown
    if local or hub.reads_local_path(call, api, model):
        return Severity.LOW, "a script from a local folder", sure
    ids = hub.repo_ids(call, api, model)
    where = f"'{ids[0]}'" if len(ids) == 1 else "the dataset"
    revision = hub.revision_of(call, api)
    pin = hub.pin_of(revision)
    if pin is Pin.COMMIT:
        return Severity.MEDIUM, f"the script of {where} at commit {revision.strings()[0][:8]}", sure
    if pin is Pin.UNKNOWN:
        return Severity.MEDIUM, f"the script of {where}, at a revision that is decided elsewhere", sure
    return Severity.HIGH, f"the script of {where}, whatever it is by then", sure


def _with(model: SemanticModel, before: str = "") -> str:
    """Which version of datasets that is true for, to go on a sentence with."""
    comma = "," if "," in before else ""
    if DATASETS_NO_SCRIPTS.ahead(model):
        return f"{comma} with {model.version('datasets').describe()}"
    return f"{comma} on datasets below 4, which this project does not rule out"


def _left_out(given: Value) -> bool:
    return all(
        option.is_absent or (isinstance(option, Constant) and option.value is None) for option in given.alternatives()
    )


def _examples() -> Examples:
    from mlwarden.rules.downloads._dataset_script_code_examples import EXAMPLES

    return EXAMPLES
