"""MLW209: a metric's code is downloaded and run, or a benchmark runs what the model writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text
from mlwarden.semantics.hub_ids import is_repo_id
from mlwarden.semantics.turning_points import DATASETS_NO_LOAD_METRIC
from mlwarden.semantics.values import Constant, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_VARIABLE = "HF_ALLOW_CODE_EVAL"
# Call -> (keyword of the module, its position, position of `revision`); "" where there is no revision.
_MODULES: dict[str, tuple[str, int | None, int | None]] = {
    "evaluate.load": ("path", 0, 10),
    "evaluate.loading.load": ("path", 0, 10),
    "evaluate.EvaluationSuite.load": ("path", 0, 2),
    "evaluate.evaluation_suite.EvaluationSuite.load": ("path", 0, 2),
    "datasets.load_metric": ("path", 0, 9),
}
# `evaluate.combine(["accuracy", "owner/name"])` loads by name, and takes no revision.
_COMBINERS = {"evaluate.combine": "evaluations", "evaluate.CombinedEvaluations": "evaluation_modules"}
_UNSAFE_RUNS = (
    "lm_eval.simple_evaluate",
    "lm_eval.evaluate",
    "lm_eval.evaluator.simple_evaluate",
    "lm_eval.evaluator.evaluate",
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")
_FOLDER = re.compile(r"(?:metrics?|measurements?|comparisons?|scripts?|evaluations?|utils|lib)/", re.I)
# A version of the library, which names a tag of the metric's repository.
_RELEASE = re.compile(r"v?\d+\.\d+\.\d+")
# Accounts of the Hub that hold the library's own modules.
_OWN = ("evaluate-metric/", "evaluate-comparison/", "evaluate-measurement/")


class EvaluateLoadHubCode(Rule):
    """A metric whose code comes from the Hub, or a benchmark that runs a model's code.

    ## Why is this bad?

    `evaluate.load("owner/name")` downloads a Python file from a Space of the Hub and imports it, with your rights;
    there is no `trust_remote_code` that would ask before. Without a commit, that is whatever the Space holds at that
    moment. `HF_ALLOW_CODE_EVAL=1` and lm_eval's `confirm_run_unsafe_code=True` go further: what the model under test
    writes is executed.

    ## How to fix

    Copy the metric's file into the project and load it by its path, or pass `revision` with the full commit that you
    have read. For the library's own metrics, scikit-learn and torchmetrics have most of them. Run generated code in a
    sandbox without network and credentials.

    ## When it is fine

    Where the metric is one of the library's own and you trust its publisher as you trust the library; where the whole
    evaluation runs in a sandbox.

    ## Limits

    A metric whose name is computed is reported with less confidence. Which metrics a benchmark loads by itself is not
    seen.

    ## Fix safety

    Without the variable or the flag, metrics that execute code refuse to run.
    """

    code = "MLW209"
    name = "evaluate-load-hub-code"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_MODULES, *_COMBINERS, *_UNSAFE_RUNS)
    triggers = (
        ("evaluate", "load"),
        ("evaluate", "combine"),
        ("evaluate", "CombinedEvaluations"),
        ("datasets", "load_metric"),
        "confirm_run_unsafe_code",
        _VARIABLE,
    )
    cwe = (494, 94)
    owasp_llm = ("LLM03", "LLM05")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (
        Reference(
            "Evaluate: loading modules", "https://huggingface.co/docs/evaluate/package_reference/loading_methods"
        ),
        Reference("Evaluate: code_eval", "https://huggingface.co/spaces/evaluate-metric/code_eval"),
    )
    examples = (
        Bad(
            """
            import evaluate

            metric = evaluate.load("acme/birdscore")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`evaluate.load` runs whatever code 'acme/birdscore' holds at the time, unasked",
        ),
        Bad(
            """
            from evaluate import load as load_metric

            accuracy = load_metric("accuracy")
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`evaluate.load` downloads and runs the code of 'accuracy', one of the library's own modules",
        ),
        Bad(
            """
            import evaluate

            metric = evaluate.load("acme/birdscore", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`evaluate.load` runs the code that 'acme/birdscore' holds at commit 1b7f2c9a, unasked",
        ),
        Bad(
            """
            import evaluate

            METRICS = ["accuracy", "acme/birdscore"]
            scores = [evaluate.load(name, module_type="metric", revision="main") for name in METRICS]
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import evaluate

            suite = evaluate.EvaluationSuite.load("acme/suite")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            both = evaluate.combine(["accuracy", "acme/birdscore"])
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import evaluate

            def score(name):
                return evaluate.load(name)
                       ^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            message="`evaluate.load` runs code from the Hub if what it is given names a module there, unasked",
        ),
        Bad(
            """
            from datasets import load_metric

            rouge = load_metric("rouge")
                    ^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            versions={"datasets": "==2.14"},
        ),
        Bad(
            """
            import os

            os.environ["HF_ALLOW_CODE_EVAL"] = "1"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`HF_ALLOW_CODE_EVAL` lets the code_eval metric execute what the model under test writes",
            fixed="""
            import os

            """,
        ),
        Bad(
            """
            services:
              bench:
                environment:
                  HF_ALLOW_CODE_EVAL: "1"
                  ^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="docker-compose.yml",
            fixed="""
            services:
              bench:
                environment:
            """,
        ),
        Bad(
            """
            import lm_eval

            results = lm_eval.simple_evaluate(model="hf", tasks=["humaneval"], confirm_run_unsafe_code=True)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`lm_eval.simple_evaluate` with `confirm_run_unsafe_code` executes what the model under test writes",
            fixed="""
            import lm_eval

            results = lm_eval.simple_evaluate(model="hf", tasks=["humaneval"])
            """,
        ),
        Good(
            """
            import os
            import evaluate

            own = evaluate.load("./metrics/birdscore")
            file = evaluate.load("metrics/birdscore/birdscore.py")
            folder = evaluate.load("metrics/birdscore")
            joined = evaluate.load(os.path.join("metrics", "birdscore"))
            """,
            because="these are local files",
        ),
        Good(
            """
            import evaluate

            accuracy = evaluate.load("accuracy", revision="v0.4.6")
            """,
            because="the library's own module, at the library's own release",
        ),
        Good(
            """
            import evaluate

            metric = evaluate.load("zoo/birdscore")
            """,
            files={"zoo/birdscore/birdscore.py": "import evaluate\n"},
            because="such a folder stands beside the file",
        ),
        Good(
            """
            from evaluate import evaluate
            from torchmetrics import Accuracy
            import json

            settings = json.load(open("metrics.json"))
            evaluate.load("acme/birdscore")
            """,
            files={"evaluate.py": "class evaluate:\n    @staticmethod\n    def load(name):\n        return name\n"},
            because="the project's own module is called so",
        ),
        Good(
            """
            from datasets import load_metric

            rouge = load_metric("rouge")
            """,
            versions={"datasets": ">=3"},
            because="datasets 3 has no such function",
        ),
        Good(
            """
            import os
            import lm_eval

            os.environ["HF_ALLOW_CODE_EVAL"] = "0"
            results = lm_eval.simple_evaluate(model="hf", tasks=["arc_easy"], confirm_run_unsafe_code=False)
            """,
            because="nothing that a model writes is executed",
        ),
        Missed(
            """
            import evaluate

            task = evaluate.evaluator("text-classification")
            results = task.compute(model_or_pipeline="acme/sparrow", data=rows, metric="acme/birdscore")
            """,
            because="what an evaluator loads by name is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report modules from the Hub, and runs that execute what a model writes."""
        if call.name in _UNSAFE_RUNS:
            yield from self._unsafe_run(call)
        elif call.name in _COMBINERS:
            given = call.argument(_COMBINERS[call.name], 0)
            for option in given.alternatives():
                if isinstance(option, Sequence):
                    found = [self._module(call, model, item, None) for item in option.items if item.strings()]
                    worst = max(
                        (item for item in found if item is not None), key=lambda item: item.severity, default=None
                    )
                    if worst is not None:
                        yield worst
        elif call.name != "datasets.load_metric" or not DATASETS_NO_LOAD_METRIC.passed(model):
            keyword, position, revision_position = _MODULES[call.name]
            found_here = self._module(
                call, model, call.argument(keyword, position), call.argument("revision", revision_position)
            )
            if found_here is not None:
                yield found_here

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable."""
        yield from self._settings(settings_in_code(model, _VARIABLE))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration that set the variable."""
        yield from self._settings(settings_in_text(document, _VARIABLE))

    def _module(self, call: CallSite, model: SemanticModel, named: Value, revision: Value | None) -> Finding | None:
        severity, confidence = Severity.MEDIUM, Confidence.HIGH
        shown = hub.shown(call)
        names = sorted(
            (text for text in named.strings() if _NAME.fullmatch(text) and not text.endswith(".py")),
            key=lambda text: ("/" not in text, text),
        )
        names = [text for text in names if "/" not in text or _is_hub_name(text)]
        if _is_put_together(call) or any(map(model.is_local, names)):
            return None
        pin = hub.Pin.ABSENT if revision is None else hub.pin_of(revision)
        if not names:
            if named.strings() or named.is_absent or not _may_name(named):
                return None
            confidence = Confidence.LOW
            what = "runs code from the Hub if what it is given names a module there, unasked"
        elif "/" not in names[0] or names[0].startswith(_OWN):
            texts = () if revision is None else revision.strings()
            if pin is not hub.Pin.ABSENT and (pin is not hub.Pin.MUTABLE or all(map(_RELEASE.fullmatch, texts))):
                return None
            severity = Severity.LOW
            what = f"downloads and runs the code of '{names[0]}', one of the library's own modules"
        elif pin is hub.Pin.COMMIT and revision is not None:
            what = f"runs the code that '{names[0]}' holds at commit {revision.strings()[0][:8]}, unasked"
        elif pin is hub.Pin.UNKNOWN:
            confidence = Confidence.MEDIUM
            what = f"runs the code of '{names[0]}', at a revision that is decided elsewhere, unasked"
        else:
            severity = Severity.HIGH
            what = f"runs whatever code '{names[0]}' holds at the time, unasked"
        return self.finding(
            call.span, f"`{shown}` {what}", severity=severity, confidence=confidence, trace=call.context
        )

    def _unsafe_run(self, call: CallSite) -> Iterator[Finding]:
        on = hub.turned_on(call.argument("confirm_run_unsafe_code"))
        if on is None:
            return
        edit = None if call.context else call.remove_argument("confirm_run_unsafe_code")
        yield self.finding(
            call.span,
            f"`{hub.shown(call)}` with `confirm_run_unsafe_code` executes what the model under test writes",
            severity=Severity.HIGH,
            confidence=on,
            trace=call.context,
            fixes=() if edit is None else (_fix("Remove `confirm_run_unsafe_code`", edit),),
        )

    def _settings(self, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if is_true(setting.value):
                yield self.finding(
                    setting.span,
                    f"`{_VARIABLE}` lets the code_eval metric execute what the model under test writes",
                    severity=Severity.HIGH,
                    fixes=() if setting.removal is None else (_fix("Remove the variable", setting.removal),),
                )


def _fix(title: str, edit: TextEdit) -> Fix:
    return Fix(title, (edit,), Applicability.UNSAFE, "metrics and tasks that execute code refuse to run")


def _is_hub_name(text: str) -> bool:
    """Whether `owner/name` looks like a repository rather than a folder of metrics."""
    return is_repo_id(text) and not _FOLDER.match(text)


def _is_put_together(call: CallSite) -> bool:
    """Whether what is loaded is the known result of a call such as `os.path.join`: then it is a path."""
    keyword, position, _ = _MODULES.get(call.name, ("", None, None))
    return hub.is_path_call(call, keyword, position) and not call.argument(keyword, position).is_unknown


def _may_name(named: Value) -> bool:
    """Whether a value that is not known may be the name of a module rather than a path that was put together."""
    return not any(isinstance(option, (Text, Constant)) or option.names() for option in named.alternatives())
