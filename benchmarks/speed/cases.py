"""What is measured: commands, and the trees and files that they run on."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# All rules of mlwarden's own but the family about secrets; then all; then that family alone; then those of it that do what
# the plugins of detect-secrets do, which look at the text of a file line by line: tokens of known shapes, values that a
# name beside them says to be keys, private keys (MLW302; in outputs MLW304, in metadata MLW305, in shell lines of
# notebooks MLW312), and passwords in URLs (MLW307). The others of the family follow what a program does with its secrets.
RULE_SETS = {
    "MLW without secrets": ("--select", "MLW", "--ignore", "MLW3"),
    "MLW": ("--select", "MLW"),
    "secrets alone": ("--select", "MLW3"),
    "secrets in texts": ("--select", "MLW302,MLW304,MLW305,MLW307,MLW312"),
    "default rules": (),
}
# Semgrep's own rules may not be shipped with other programs.
SEMGREP_RULES = Path(__file__).with_name("semgrep_rules.yaml")
# Holds no word that any rule needs: what most files of most commits are like.
CLEAN = '''"""Moving averages."""

from collections import deque


class Average:
    """The mean of the last few numbers."""

    def __init__(self, length):
        self.recent = deque(maxlen=length)

    def add(self, number):
        self.recent.append(number)
        return sum(self.recent) / len(self.recent)


def smoothed(numbers, length=3):
    average = Average(length)
    return [average.add(number) for number in numbers]
'''
# Files of nine packages, 1 KB to 30 KB each, in which the default rules find something.
STAGED = """
accelerate-1.15.0/accelerate/test_utils/scripts/external_deps/test_metrics.py
accelerate-1.15.0/accelerate/utils/other.py
gensim-4.4.0/gensim/corpora/indexedcorpus.py
gradio-6.31.0/gradio/components/html.py
keras-3.15.1/keras/src/export/tfsm_layer_test.py
langchain_community-0.4.2/langchain_community/tools/azure_ai_services/image_analysis.py
mlflow-3.18.0/mlflow/pyfunc/spark_model_cache.py
monai-1.6.1/monai/apps/mmars/mmars.py
pytorch_lightning-2.6.6/lightning_fabric/strategies/xla_fsdp.py
ultralytics-8.4.190/ultralytics/utils/patches.py
""".split()  # noqa: SIM905  # a list of paths reads better so
# About 1,000 files of seven packages: a project that is made to grow by laying copies of it side by side.
GROWING = """
accelerate-1.15.0 fastai-2.8.12 gensim-4.4.0 gradio-6.31.0 huggingface_hub-2.4.0 peft-0.21.2 trl-1.16.0
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Case:
    """One command of a section.

    Attributes:
        name: its row.
        command: `{target}`, `{fresh}` (a folder that is empty at each run) and `{kept}` (one that stays) are filled in.
        targets: what takes the place of an argument `{target}`.
        slow: takes minutes where the others take seconds: it is run in the first rounds only.
        prepare: called before each run.
        warm: run before each run that counts, so that nothing has changed between the two.
        files: reads from the folder `{fresh}` how many files were looked at; None where a tool does not say.
    """

    name: str
    command: tuple[str, ...]
    targets: tuple[str, ...]
    slow: bool = False
    prepare: Callable[[], None] | None = None
    warm: bool = False
    files: Callable[[Path], int] | None = None

    def filled(self, fresh: Path, kept: Path) -> list[str]:
        """The command line."""
        found: list[str] = []
        for word in self.command:
            if word == "{target}":
                found.extend(self.targets)
            else:
                found.append(word.replace("{fresh}", str(fresh)).replace("{kept}", str(kept)))
        return found


@dataclass(frozen=True)
class Section:
    """Cases that are run in turn, round by round.

    Attributes:
        name: what goals call it: "py1500", "hook", ...
        title: its heading.
        folder: where the commands run.
        cases: in the order of the table.
        files, size: how many files and bytes are looked at.
        checked: every tool that says how many files it looked at must say `files`.
    """

    name: str
    title: str
    folder: Path
    cases: list[Case]
    files: int
    size: int
    checked: bool = True
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tools:
    """Where the programs are, and which are wanted.

    Attributes:
        own: the folder with `mlwarden` and its hooks.
        peers: the folder with the others.
        semgrep_rules: the folder or file of Semgrep's rules.
        chosen: names of tools; empty for all.
    """

    own: Path
    peers: Path
    semgrep_rules: Path
    chosen: frozenset[str] = frozenset()

    def mlwarden(self, *options: str) -> tuple[str, ...]:
        """`mlwarden check`, with its report in a file."""
        report = ("--output-format", "json", "--output-file", "{fresh}/report.json")
        return (str(self.own / "mlwarden"), "check", "--isolated", "--exit-zero", *options, *report, "{target}")

    def wants(self, tool: str) -> bool:
        return not self.chosen or tool in self.chosen


def _of_summary(fresh: Path) -> int:
    return int(json.loads((fresh / "report.json").read_text(encoding="utf-8"))["summary"]["files"])


def _of_bandit(fresh: Path) -> int:
    report = json.loads((fresh / "report.json").read_text(encoding="utf-8"))
    return len(report["metrics"]) - 1 + len(report["errors"])  # one entry is the sum


def _of_semgrep(fresh: Path) -> int:
    return len(json.loads((fresh / "report.json").read_text(encoding="utf-8"))["paths"]["scanned"])


def own_cases(tools: Tools, targets: tuple[str, ...]) -> Iterator[Case]:
    """mlwarden without cache, by sets of rules and numbers of processes."""
    for rules, options in RULE_SETS.items():
        command = tools.mlwarden("--no-cache", *options)
        yield Case(f"mlwarden, {rules}", command, targets, files=_of_summary)
    for jobs in ("1", "2"):
        command = tools.mlwarden("--no-cache", "--jobs", jobs, *RULE_SETS["MLW without secrets"])
        yield Case(f"mlwarden, MLW without secrets, --jobs {jobs}", command, targets, files=_of_summary)


def peer_cases(tools: Tools, targets: tuple[str, ...], notes: list[str]) -> Iterator[Case]:
    """The peers on a tree; what is left out is said in `notes`."""
    if tools.wants("ruff"):
        ruff: tuple[str, ...] = (
            str(tools.peers / "ruff"),
            "check",
            "--isolated",
            "--select",
            "S",
            "--exit-zero",
            "--quiet",
        )
        ruff += ("--no-respect-gitignore", "--output-format", "json", "--output-file", "{fresh}/report.json")
        ruff += ("--exclude", "")  # Ruff leaves out folders called `build`, too
        yield Case("Ruff S, cold", (*ruff, "--no-cache", "{target}"), targets)
        yield Case("Ruff S, warm", (*ruff, "--cache-dir", "{kept}", "{target}"), targets, warm=True)
    if tools.wants("bandit"):
        bandit: tuple[str, ...] = (
            str(tools.peers / "bandit"),
            "-r",
            "-q",
            "--exit-zero",
            "-f",
            "json",
            "-o",
            "{fresh}/report.json",
        )
        # Bandit leaves out folders by default that are called `build`, `dist` or the like.
        bandit += ("-x", "/no/such/folder", "{target}")
        yield Case("Bandit", bandit, targets, slow=True, files=_of_bandit)
    if tools.wants("semgrep"):
        notes.extend(_on_rules(tools))
        yield Case("Semgrep", (*_semgrep(tools), "{target}"), targets, slow=True, files=_of_semgrep)
    if tools.wants("detect-secrets"):
        command = (str(tools.peers / "detect-secrets"), "scan", "--all-files", "{target}")
        yield Case("detect-secrets", command, targets, slow=True)


def _on_rules(tools: Tools) -> list[str]:
    if tools.semgrep_rules != SEMGREP_RULES:
        return [f"Semgrep ran with the rules in `{tools.semgrep_rules.name}`."]
    number = SEMGREP_RULES.read_text(encoding="utf-8").count("- id: ")
    return [
        f"Semgrep ran with {number} rules that were written for this benchmark, not with its own, of which there are more."
    ]


def _semgrep(tools: Tools) -> tuple[str, ...]:
    options = ("scan", "--metrics=off", "--disable-version-check", "--quiet", "--no-git-ignore", "--max-target-bytes=0")
    rules = ("--config", str(tools.semgrep_rules), "--json", "--output", "{fresh}/report.json")
    return (str(tools.peers / "semgrep"), *options, *rules)


def tree(tools: Tools, corpus: Path, name: str) -> Section:
    """A whole tree, cold."""
    files, size = extent(corpus / name)
    section = Section(name, f"`{name}`: {files:,} files, {size / 1e6:.1f} MB, cold", corpus, [], files, size)
    if tools.wants("mlwarden"):
        section.cases.extend(own_cases(tools, (name,)))
    section.cases.extend(peer_cases(tools, (name,), section.notes))
    return section


def warm(tools: Tools, corpus: Path, name: str, work: Path) -> Section:
    """A whole tree whose results are cached, unchanged and with one file changed."""
    copy = work / f"warm-{name}"
    shutil.rmtree(copy, ignore_errors=True)
    link_tree(corpus / name, copy / name)
    files, size = extent(copy / name)
    title = f"`{name}`: {files:,} files, {size / 1e6:.1f} MB, warm cache"
    section = Section(f"{name} warm", title, copy, [], files, size)
    for rules in ("MLW", "default rules"):
        cache = work / f"cache-{name}-{rules.replace(' ', '-')}"
        shutil.rmtree(cache, ignore_errors=True)
        options = (*RULE_SETS[rules], "--cache-dir", str(cache))
        command = tools.mlwarden(*options)
        changed = next((copy / name).rglob("*.py"))
        section.cases.append(Case(f"mlwarden, {rules}, unchanged", command, (name,), warm=True, files=_of_summary))
        section.cases.append(
            Case(
                f"mlwarden, {rules}, one file changed", command, (name,), prepare=Appending(changed), files=_of_summary
            )
        )
        filling = tools.mlwarden(*RULE_SETS[rules], "--cache-dir", "{fresh}/cache")
        section.cases.append(Case(f"mlwarden, {rules}, filling the cache", filling, (name,), files=_of_summary))
    peers = peer_cases(tools, (name,), [])
    section.cases.extend(case for case in peers if case.name == "Ruff S, warm")
    return section


@dataclass
class Appending:
    """Appends a comment to a file; the file itself is replaced, since others may be linked to it."""

    path: Path
    times: int = 0

    def __call__(self) -> None:
        self.times += 1
        content = self.path.read_bytes()
        temporary = self.path.with_name(f"{self.path.name}.new")
        temporary.write_bytes(content + f"\n# change {self.times}\n".encode())
        temporary.replace(self.path)


def notebooks(tools: Tools, corpus: Path) -> Section:
    """The corpus's notebooks."""
    files, size = extent(corpus / "nb")
    title = f"Notebooks: {files} files, {size / 1e6:.1f} MB, cold"
    section = Section("nb", title, corpus, [], files, size, checked=False)
    if tools.wants("mlwarden"):
        section.cases.extend(own_cases(tools, ("nb",)))
    peers = {case.name: case for case in peer_cases(tools, ("nb",), [])}
    if tools.wants("nbqa"):
        command = (str(tools.peers / "nbqa"), "bandit", "nb", "-q", "--exit-zero", "-f", "json")
        section.cases.append(Case("nbQA + Bandit", command, ("nb",), slow=True))
    section.cases.extend(peers[name] for name in ("Ruff S, cold", "detect-secrets") if name in peers)
    return section


def hooks(tools: Tools, corpus: Path, work: Path, examples: Path) -> list[Section]:
    """Hooks, as pre-commit runs them: one clean file; ten files of ten projects; the demo project."""
    folder = work / "hook"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clean.py").write_text(CLEAN, encoding="utf-8")
    clean = Section("hook", "Hook on one small clean file", folder, [], 1, len(CLEAN), checked=False)
    clean.cases.extend(_hook_cases(tools, ("clean.py",), clean.notes))
    staged = tuple(f"py/{name}" for name in STAGED)
    size = sum((corpus / name).stat().st_size for name in staged)
    title = f"Hook on ten staged files of nine projects with findings, {size / 1e3:.0f} KB"
    ten = Section("hook10", title, corpus, [], len(staged), size, checked=False)
    ten.cases.extend(_hook_cases(tools, staged, ten.notes))
    demo = tuple(sorted(path.relative_to(examples).as_posix() for path in examples.rglob("*") if _is_code(path)))
    size = sum((examples / name).stat().st_size for name in demo)
    title = f"Hook on the {len(demo)} files of the demo project, {size / 1e3:.0f} KB"
    small = Section("hook-demo", title, examples, [], len(demo), size, checked=False)
    small.cases.extend(_hook_cases(tools, demo, small.notes))
    return [clean, ten, small]


def _is_code(path: Path) -> bool:
    return path.suffix in (".py", ".ipynb")


def _hook_cases(tools: Tools, files: tuple[str, ...], notes: list[str]) -> Iterator[Case]:
    yield Case("python -c pass", (sys.executable, "-c", "pass"), files)
    if tools.wants("mlwarden"):
        own = (str(tools.own / "mlwarden-hook"), "--isolated", "--exit-zero")
        yield Case("mlwarden-hook", (*own, "--no-cache", "{target}"), files)
    if tools.wants("ruff"):
        ruff = (str(tools.peers / "ruff"), "check", "--isolated", "--select", "S", "--no-cache", "--exit-zero")
        yield Case("Ruff S", (*ruff, "--quiet", "{target}"), files)
    if tools.wants("bandit"):
        yield Case("Bandit", (str(tools.peers / "bandit"), "-q", "--exit-zero", "{target}"), files)
    if tools.wants("detect-secrets"):
        yield Case("detect-secrets-hook", (str(tools.peers / "detect-secrets-hook"), "{target}"), files)
    if tools.wants("semgrep"):
        notes.extend(_on_rules(tools))
        yield Case("Semgrep", (*_semgrep(tools), "{target}"), files, slow=True)


def growth(tools: Tools, corpus: Path, work: Path, copies: int) -> Section:
    """A project of about 1,000 files, laid down several times side by side."""
    root = work / f"growth-{copies}"
    shutil.rmtree(root, ignore_errors=True)
    for number in range(copies):
        for package in GROWING:
            link_tree(corpus / "py" / package, root / f"copy-{number:03}" / package)
    files, size = extent(root)
    section = Section(f"growth {copies}", f"{files:,} files, {size / 1e6:.0f} MB", root, [], files, size)
    command = tools.mlwarden("--no-cache", *RULE_SETS["MLW without secrets"])
    section.cases.append(Case("mlwarden, MLW without secrets", command, (".",), files=_of_summary))
    return section


def large_notebooks(tools: Tools, work: Path) -> Section:
    """Notebooks of 100 MB full of pictures."""
    from benchmarks.large_notebook import write_notebook

    folder = work / "large"
    folder.mkdir(parents=True, exist_ok=True)
    section = Section("large", "One notebook of 100 MB", folder, [], 1, 100_000_000)
    for kind in ("png", "html", "mixed"):
        path = folder / f"{kind}.ipynb"
        if not path.exists():
            with path.open("w", encoding="utf-8") as file:
                write_notebook(file, kind, section.size)
        command = tools.mlwarden("--no-cache", "--jobs", "1")
        section.cases.append(Case(f"mlwarden, {kind}", command, (path.name,), files=_of_summary))
    return section


def extent(root: Path) -> tuple[int, int]:
    """Files that are code, and their bytes."""
    sizes = [path.stat().st_size for path in root.rglob("*") if _is_code(path)]
    return len(sizes), sum(sizes)


def link_tree(source: Path, target: Path) -> None:
    """Lay the code of a tree down elsewhere, linked where the file system can."""
    for path in source.rglob("*"):
        if _is_code(path):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, copy)
            except OSError:
                shutil.copyfile(path, copy)
