"""MLW118: YAML loaders that build any object the text names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import YAML_FULL, YAML_UNSAFE, reading, yaml_loaders
from mlwarden.semantics.origins import OriginKind
from mlwarden.semantics.turning_points import YAML_FULL_LOADER_RESTRICTED, YAML_LOADER_REQUIRED
from mlwarden.semantics.values import Class, Constant

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_LOAD = ("yaml.load", "yaml.load_all")
_FIXED = {
    "yaml.unsafe_load": "safe_load",
    "yaml.unsafe_load_all": "safe_load_all",
    "yaml.full_load": "safe_load",
    "yaml.full_load_all": "safe_load_all",
    "yaml.load": "safe_load",
    "yaml.load_all": "safe_load_all",
}
_RUAMEL = "ruamel.yaml.YAML"
_RUAMEL_LOAD = ("ruamel.yaml.load", "ruamel.yaml.load_all")


def _is_own(stream: Value) -> bool:
    """Whether the text stands in the code, or was dumped just before: `yaml.load(yaml.dump(x), Loader=...)`."""
    return all(
        (isinstance(option, Constant) and isinstance(option.value, (str, bytes)))
        or any(name.startswith("yaml.") and "dump" in name for name in option.names())
        for option in stream.alternatives()
    )


class YamlUnsafeLoad(Rule):
    """YAML read by a loader that builds any Python object the text names.

    ## Why is this bad?

    With `Loader`, `UnsafeLoader` or `unsafe_load`, tags such as `!!python/object/apply:os.system` in the text call any
    function that Python can import. A configuration file then is a program, and whoever can change it runs code with
    your rights. `FullLoader` had the same hole before PyYAML 5.4; since then it still gives access to names of loaded
    modules, and its authors do not promise that it is safe for foreign text.

    ## How to fix

    Use `yaml.safe_load(text)`, or `Loader=yaml.SafeLoader` (`yaml.CSafeLoader` for the faster parser). Register the
    few tags of your own with `yaml.SafeLoader.add_constructor`.

    ## When it is fine

    When the file needs Python objects and is part of the program, as installed.

    ## Limits

    Loaders that other modules derive from PyYAML's are not known.

    ## Fix safety

    The fix is unsafe: texts with `!!python/...` tags, tuples among them, no longer load.
    """

    code = "MLW118"
    name = "yaml-unsafe-load"
    severity = Severity.HIGH
    calls = (*_FIXED, _RUAMEL, *_RUAMEL_LOAD, "ruamel.yaml.unsafe_load")
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "PyYAML: yaml.load deprecation",
            "https://github.com/yaml/pyyaml/wiki/PyYAML-yaml.load(input)-Deprecation",
        ),
        Reference("CVE-2020-14343: FullLoader", "https://nvd.nist.gov/vuln/detail/CVE-2020-14343"),
        Reference("CVE-2021-37678: models stored as YAML", "https://nvd.nist.gov/vuln/detail/CVE-2021-37678"),
    )
    examples = (
        Bad(
            """
            import yaml

            def settings(path):
                with open(path) as file:
                    return yaml.load(file, Loader=yaml.Loader)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`yaml.load` with `yaml.Loader` builds any object that data of unknown origin names, "
            "and can run code that way",
            fixed="""
            import yaml

            def settings(path):
                with open(path) as file:
                    return yaml.load(file, Loader=yaml.SafeLoader)
            """,
        ),
        Bad(
            """
            from yaml import CLoader, load_all

            documents = list(load_all(open("train.yaml"), CLoader))
                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            from yaml import CLoader, load_all
            import yaml

            documents = list(load_all(open("train.yaml"), yaml.CSafeLoader))
            """,
        ),
        Bad(
            """
            import yaml

            settings = yaml.unsafe_load(open("train.yaml"))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import yaml

            settings = yaml.safe_load(open("train.yaml"))
            """,
        ),
        Bad(
            """
            import yaml

            def settings(text):
                return yaml.load(text)
                       ^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import yaml

            def settings(text):
                return yaml.safe_load(text)
            """,
        ),
        Bad(
            """
            import yaml

            class Loader(yaml.Loader):
                pass

            def settings(text):
                return yaml.load(text, Loader)
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import yaml

            def settings(text):
                return yaml.full_load(text)
                       ^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"PyYAML": ">=6"},
            severity=Severity.LOW,
            message="`yaml.full_load` gives data of unknown origin access to names of loaded modules",
            fixed="""
            import yaml

            def settings(text):
                return yaml.safe_load(text)
            """,
        ),
        Bad(
            """
            from ruamel.yaml import YAML

            yaml = YAML(typ="unsafe", pure=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            fixed="""
            from ruamel.yaml import YAML

            yaml = YAML(typ="safe", pure=True)
            """,
        ),
        Bad(
            """
            import yaml

            copy = yaml.load(yaml.dump(settings), Loader=yaml.UnsafeLoader)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            empty = yaml.load("{}", Loader=yaml.UnsafeLoader)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            fixed="""
            import yaml

            copy = yaml.load(yaml.dump(settings), Loader=yaml.SafeLoader)
            empty = yaml.load("{}", Loader=yaml.SafeLoader)
            """,
        ),
        Good(
            """
            import yaml
            from yaml import CSafeLoader as Fast

            settings = yaml.safe_load(open("train.yaml"))
            others = yaml.load(open("more.yaml"), Loader=Fast)
            plain = yaml.load(open("plain.yaml"), yaml.BaseLoader)
            """,
            because="these loaders build data only",
        ),
        Good(
            """
            import yaml

            try:
                from yaml import CSafeLoader as Loader
            except ImportError:
                from yaml import SafeLoader as Loader

            class Own(Loader):
                pass

            settings = yaml.load(open("train.yaml"), Loader=Own)
            """,
            because="the class is derived from a safe loader, whichever there is",
        ),
        Good(
            """
            from ruamel.yaml import YAML

            yaml = YAML()
            settings = yaml.load(open("train.yaml"))
            """,
            because="the default of ruamel.yaml builds no foreign objects",
        ),
        Good(
            """
            import yaml

            text = yaml.dump({"a": 1}, Dumper=yaml.Dumper)
            """,
            because="writing builds nothing",
        ),
        Missed(
            """
            import yaml
            from project.yaml_tags import TaggedLoader

            settings = yaml.load(open("train.yaml"), Loader=TaggedLoader)
            """,
            because="what the project's loader is derived from is not known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report unsafe loaders, and `FullLoader` by the release of PyYAML."""
        if call.name == _RUAMEL:
            yield from self._check_ruamel(call)
            return
        names = yaml_loaders(call.argument("Loader", 1))
        unsafe = [name for name in names if name in YAML_UNSAFE or name.startswith("ruamel.yaml.")]
        unsafe = [name for name in unsafe if "Safe" not in name and "Base" not in name and "RoundTrip" not in name]
        with_loader = call.name in _LOAD or call.name in _RUAMEL_LOAD
        if "unsafe_load" in call.name:
            yield from self._report(call, model, "", Confidence.HIGH, full=False)
        elif with_loader and unsafe:
            sure = Confidence.HIGH if len(unsafe) == len(names) else Confidence.MEDIUM
            yield from self._report(call, model, f" with `{unsafe[0]}`", sure, full=False)
        elif "full_load" in call.name or (with_loader and any(name in YAML_FULL for name in names)):
            yield from self._check_full(call, model)
        elif call.name in _LOAD and call.argument("Loader", 1).is_absent:
            if not YAML_LOADER_REQUIRED.passed(model):
                old = YAML_FULL_LOADER_RESTRICTED.ahead(model)
                sure = Confidence.HIGH if old else Confidence.MEDIUM
                yield from self._report(call, model, " without a loader", sure, full=False)

    def _check_full(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        how = " with `yaml.FullLoader`" if call.name in _LOAD else ""
        if YAML_FULL_LOADER_RESTRICTED.ahead(model):
            yield from self._report(call, model, f"{how} of {model.version('PyYAML').describe()}", Confidence.HIGH)
        else:
            yield from self._report(call, model, how, Confidence.HIGH, full=True)

    def _report(
        self, call: CallSite, model: SemanticModel, how: str, sure: Confidence, *, full: bool = False
    ) -> Iterator[Finding]:
        stream = call.argument("stream", 0)
        read = reading(call, model, stream, opted_out=sure)
        if read is None:
            return
        own = read.origin.kind is not OriginKind.REMOTE and _is_own(stream)
        if own:
            read = replace(read, severity=Severity.LOW, what="the program's own text")
        what = f"builds any object that {read.what} names, and can run code that way"
        if full:
            what = f"gives {read.what} access to names of loaded modules"
        yield self.finding(
            call.span,
            f"`{call.name}`{how} {what}",
            severity=Severity.LOW if full else read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call, model),
        )

    def _check_ruamel(self, call: CallSite) -> Iterator[Finding]:
        if not call.argument("typ").may_be("unsafe"):
            return
        span = call.argument_span("typ")
        fixes = [Fix('Use `typ="safe"`', (TextEdit(span, '"safe"'),), Applicability.UNSAFE, _WHY)] if span else []
        if span is not None and call.text(span)[1:-1] != "unsafe":
            fixes = []
        yield self.finding(
            call.span,
            "`ruamel.yaml.YAML` of type 'unsafe' builds any object that a text names, and can run code that way",
            fixes=fixes,
        )

    def _fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        if call.name.startswith("ruamel.") or call.indirect:
            return
        given = call.argument_span("Loader", 1)
        if call.name in _LOAD and given is not None:
            value = call.argument("Loader", 1)
            if any(isinstance(option, Class) for option in value.alternatives()):
                return
            written = call.text(given)
            safe = "CSafeLoader" if any(name.startswith("yaml.C") for name in value.names()) else "SafeLoader"
            title, target = f"Use `yaml.{safe}`", given
        elif call.argument("Loader", 1).is_absent:
            written, safe = call.written, _FIXED[call.name]
            title, target = f"Use `yaml.{safe}`", call.callee_span
        else:
            return
        module, dot, _ = written.rpartition(".")
        edits: tuple[TextEdit, ...] = ()
        if not dot or not module.isidentifier():
            module, added = model.import_edit("yaml", call.span)
            edits = (added,) if added is not None else ()
        yield Fix(title, (*edits, TextEdit(target, f"{module}.{safe}")), Applicability.UNSAFE, _WHY)


_WHY = "texts with `!!python/...` tags, tuples among them, stop loading"
