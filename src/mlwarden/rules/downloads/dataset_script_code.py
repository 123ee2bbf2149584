"""MLW208: the script of a dataset is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.environment import Setting, is_true, is_unset, settings_in_code, settings_in_text
from mlwarden.semantics.hub import DATASET_BUILDERS, DATASET_CALLS, Pin
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
    examples = (
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", trust_remote_code=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`datasets.load_dataset` runs the script of 'acme/birds', whatever it is by then, on datasets below 4, "
            "which this project does not rule out",
            fixed="""
            from datasets import load_dataset

            rows = load_dataset("acme/birds")
            """,
        ),
        Bad(
            """
            import datasets

            OPTIONS = {"split": "train", "trust_remote_code": True}
            rows = datasets.load_dataset("acme/birds", **OPTIONS)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "==3.6.0"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`datasets.load_dataset` runs the script of 'acme/birds', whatever it is by then, with datasets==3.6.0",
        ),
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", split="train", trust_remote_code=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": ">=4"},
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`trust_remote_code` of `datasets.load_dataset` does nothing with datasets>=4, which runs no scripts",
            fixed="""
            from datasets import load_dataset

            rows = load_dataset("acme/birds", split="train")
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset(
                   ^^^^^^^^^^^^^~
                "acme/birds", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3", trust_remote_code=True
            )
            """,
            versions={"datasets": "<4"},
            severity=Severity.MEDIUM,
            message="`datasets.load_dataset` runs the script of 'acme/birds' at commit 1b7f2c9a with datasets<4",
            fixed="""
            from datasets import load_dataset

            rows = load_dataset(
                "acme/birds", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
            )
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            def rows(name):
                return load_dataset(name, trust_remote_code=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "==2.18"},
            severity=Severity.HIGH,
            message="`datasets.load_dataset` runs the script of the dataset, whatever it is by then, with datasets==2.18",
            fixed="""
            from datasets import load_dataset

            def rows(name):
                return load_dataset(name)
            """,
        ),
        Bad(
            """
            from datasets import get_dataset_config_names

            names = get_dataset_config_names("./birds", trust_remote_code=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "==2.19.2"},
            severity=Severity.LOW,
            message="`datasets.get_dataset_config_names` runs a script from a local folder with datasets==2.19.2",
            fixed="""
            from datasets import get_dataset_config_names

            names = get_dataset_config_names("./birds")
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "==2.18.0"},
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`datasets.load_dataset` runs a script that 'acme/birds' may hold, unasked, with datasets==2.18.0",
            fixed="""
            from datasets import load_dataset

            rows = load_dataset("acme/birds", trust_remote_code=False)
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "<2.16"},
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("shared/birds.py", split="train")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"datasets": "==3.2"},
            severity=Severity.LOW,
            message="`datasets.load_dataset` runs the script 'shared/birds.py' with datasets==3.2",
        ),
        Bad(
            """
            import os

            os.environ["HF_DATASETS_TRUST_REMOTE_CODE"] = "1"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            from datasets import load_dataset
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`HF_DATASETS_TRUST_REMOTE_CODE` lets every `load_dataset` of the process run the script of its dataset, "
            "on datasets below 4",
            fixed="""
            import os

            from datasets import load_dataset
            """,
        ),
        Bad(
            """
            FROM python:3.11
            ENV HF_DATASETS_TRUST_REMOTE_CODE=1
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            fixed="""
            FROM python:3.11
            """,
        ),
        Good(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", trust_remote_code=False)
            other = load_dataset("acme/birds")
            """,
            because="no script is run, unless datasets is very old",
        ),
        Good(
            """
            import os
            from datasets import load_dataset

            os.environ["HF_DATASETS_TRUST_REMOTE_CODE"] = "0"
            rows = load_dataset("acme/birds")
            """,
            versions={"datasets": "==2.18.0"},
            because="the variable says no",
        ),
        Good(
            """
            from datasets import load_dataset

            rows = load_dataset("csv", data_files="birds.csv", trust_remote_code=True)
            """,
            versions={"datasets": "==3.6.0"},
            because="the library's own builder has no remote code",
        ),
        Good(
            """
            from datasets import load_dataset

            def rows(name, trust_remote_code):
                return load_dataset(name, trust_remote_code=trust_remote_code)
            """,
            versions={"datasets": "==3.6.0"},
            because="the caller decides",
        ),
        Good(
            """
            from datasets import load_dataset

            first = load_dataset("shared/birds.py")
            """,
            versions={"datasets": ">=4"},
            because="datasets 4 refuses scripts",
        ),
        Good(
            """
            from datasets import load_dataset

            first = load_dataset("loaders/birds.py")
            """,
            versions={"datasets": "==3.6.0"},
            files={"loaders/birds.py": "import datasets\n"},
            because="the script is the project's own",
        ),
        Good(
            """
            from torchvision.datasets import load_dataset

            rows = load_dataset("acme/birds", trust_remote_code=True)
            """,
            because="it is another library's function",
        ),
        Missed(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", **read_settings())
            """,
            versions={"datasets": "==3.6.0"},
            because="what the settings say is not known",
        ),
    )

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
