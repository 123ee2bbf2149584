from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from mlwarden.bandit_engine import infos, run
from mlwarden.bandit_engine.rules import can_fire
from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import SourceFile
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.source.documents import PythonModule, slice_of

EVERY = frozenset(info.code for info in infos())


def found(text: str, *codes: str, path: str = "train.py") -> list[tuple[str, str, str]]:
    """(code, the underlined text, message) for each finding."""
    document = PythonModule(path, text)
    return [(f.code, slice_of(document, f.span), f.message) for f in run(document, frozenset(codes), {})]


def notebook(*cells: str) -> Notebook:
    return Notebook("demo.ipynb", "", tuple(Cell(i, f"c{i}", "code", text, text) for i, text in enumerate(cells)))


def test_a_finding_has_bandits_words_and_judgement() -> None:
    text = "import subprocess\nsubprocess.run(cmd, shell=True)\n"
    assert run(PythonModule("train.py", text), frozenset({"B602"}), {}) == [
        Finding(
            "B602",
            run(PythonModule("train.py", text), frozenset({"B602"}), {})[0].span,
            "subprocess call with shell=True identified, security issue.",
            Severity.HIGH,
            Confidence.HIGH,
        )
    ]
    assert found(text, "B602")[0][1] == "subprocess.run(cmd, shell=True)"


def test_only_the_selected_tests_run() -> None:
    text = "import pickle\npickle.load(f)\nassert f\n"
    assert [code for code, _, _ in found(text, "B301")] == ["B301"]
    assert [code for code, _, _ in found(text, "B101", "B403")] == ["B403", "B101"]
    assert found(text) == []
    assert found(text, "B999", "MLW101") == []


def test_findings_come_in_the_order_of_their_places_and_once_each() -> None:
    text = "import pickle\nimport subprocess\nexec(pickle.loads(x))\n"
    assert [(code, underlined) for code, underlined, _ in found(text, *EVERY)] == [
        ("B403", "import pickle"),
        ("B404", "import subprocess"),
        ("B102", "exec(pickle.loads(x))"),
        ("B301", "pickle.loads(x)"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_count_code_points_under_every_line_end(end: str) -> None:
    text = end.join(["# caf\xe9 \u2028 \x0c \U0001f600", "x = '\U0001f600\xe9'; exec(", "    y", ")", ""])
    assert found(text, "B102") == [("B102", f"exec({end}    y{end})", "Use of exec detected.")]


def test_a_function_is_underlined_on_its_first_line_only() -> None:
    text = "def connect(host, password='x'):\n    return host\n"
    assert found(text, "B107") == [("B107", "def connect(host, password='x'):", "Possible hardcoded password")]


def test_a_password_is_not_printed() -> None:
    word = "hunter" + "2"
    text = (
        f"password = '{word}'\nconnect(password='{word}')\ndef f(password='{word}'): ...\nd = {{'token': '{word}'}}\n"
    )
    results = found(text, "B105", "B106", "B107")
    assert [code for code, _, _ in results] == ["B105", "B106", "B107", "B105"]
    assert {message for _, _, message in results} == {"Possible hardcoded password"}


def test_a_message_has_no_memory_address_in_it() -> None:
    text = "import tarfile\ntar = tarfile.open(p)\ntar.extractall(members=[m for m in tar])\n"
    assert found(text, "B202") == [
        (
            "B202",
            "tar.extractall(members=[m for m in tar])",
            "Found tarfile.extractall(members=?) but couldn't identify the type of members. "
            "Check if the members were properly validated.",
        )
    ]


def test_nosec_is_left_to_policy() -> None:
    assert [code for code, _, _ in found("exec(x)  # nosec\nexec(y)  # nosec B102\n", "B102")] == ["B102", "B102"]


def test_imports_of_one_cell_are_known_in_the_next() -> None:
    document = notebook("from subprocess import run as go", "x = 1", "\ngo(cmd, shell=True)")
    results = run(document, frozenset({"B602"}), {})
    assert [(f.code, f.span.cell, slice_of(document, f.span)) for f in results] == [("B602", 2, "go(cmd, shell=True)")]


def test_a_cell_that_does_not_parse_does_not_hide_the_others() -> None:
    document = notebook("import subprocess", "def broken(:", "subprocess.run(c, shell=True)")
    assert [(f.code, f.span.cell) for f in run(document, frozenset({"B602"}), {})] == [("B602", 2)]


def test_cells_of_other_languages_are_passed_over() -> None:
    shell = Cell(0, "a", "code", "%%bash\nexec(1)", "")
    words = Cell(1, "b", "markdown", "exec(1)", "")
    assert run(Notebook("n.ipynb", "", (shell, words)), frozenset({"B102"}), {}) == []


@pytest.mark.parametrize("text", ["def broken(:\n    exec(x)", "exec(x)\0", "exec('\ud800')", "(" * 5000 + "exec(x)"])
def test_a_module_that_python_refuses_has_no_findings(text: str) -> None:
    failures: list[str] = []
    assert run(PythonModule("broken.py", text), EVERY, {}, failures) == []
    assert failures == []


def test_what_python_refuses_is_told() -> None:
    unparsed: list[int | None] = []
    run(notebook("import subprocess", "def broken(:", "exec(c)"), EVERY, {}, None, unparsed)
    assert unparsed == [1]


def test_newer_syntax_that_only_libcst_reads_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if this interpreter were too old for the file; which syntax that is depends on the interpreter.
    monkeypatch.setattr("mlwarden.bandit_engine.driver._parse", lambda text: None)
    settings = replace(Settings(), select=("MLW003", "B602"))
    text = b"import subprocess\nsubprocess.call(c, shell=True)\n"
    version = ".".join(map(str, sys.version_info[:2]))
    assert [(f.code, f.message) for f in check(SourceFile("new.py", text), settings).verdict.reported] == [
        ("MLW003", f"Python {version}, which runs mlwarden, cannot read this syntax: Bandit's tests did not look at it")
    ]


def test_a_long_chain_of_operators_ends_nothing() -> None:
    text = "x = " + " + ".join(["a"] * 2_000) + "\nexec(x)\n"
    assert found(text, "B102", "B201") == [("B102", "exec(x)", "Use of exec detected.")]


def test_a_test_that_raises_is_told_and_the_others_run() -> None:
    failures: list[str] = []
    text = "from django.utils.safestring import mark_safe\n" + "mark_safe()\n" * 2 + "exec(x)\n"
    results = run(PythonModule("view.py", text), frozenset({"B703", "B102"}), {}, failures)
    assert [f.code for f in results] == ["B102"]
    assert failures == [
        "view.py: Bandit's test B703 (django_mark_safe) failed with IndexError at line 2, and 1 more times"
    ]


def test_members_chosen_by_a_method_trouble_nothing() -> None:
    failures: list[str] = []
    text = "import tarfile\nt = tarfile.open(p)\nt.extractall(members=self.safe(t))\nt.extractall()\n"
    document = PythonModule("data.py", text)
    results = run(document, frozenset({"B202"}), {}, failures)
    assert [slice_of(document, f.span) for f in results] == ["t.extractall()"]
    assert failures == []


def test_bidirectional_characters_are_found_whatever_the_text_says_of_its_encoding() -> None:
    mark = "\u202e"
    text = f"# -*- coding: latin-1 -*-\nx = '\x0cab'\ny = 'ab{mark}cd'\n"
    assert found(text, "B613") == [
        ("B613", mark, f"A Python source file contains bidirectional control characters ({mark!r}).")
    ]


def test_imports_without_a_name_do_not_trouble_the_lists_of_calls() -> None:
    failures: list[str] = []
    document = PythonModule(
        "a.py", "from . import pickle\nimport importlib\nimportlib.import_module(**x)\npickle.load(f)\n"
    )
    assert [f.code for f in run(document, frozenset({"B301"}), {}, failures)] == ["B301"]
    assert failures == []


def test_options_of_a_test_are_taken_and_what_they_lack_keeps_its_default() -> None:
    document = PythonModule("a.py", "import helpers, os\nhelpers.sh(cmd)\nos.system(cmd)\n")
    codes = frozenset({"B605"})
    own = {"shell_injection": {"shell": ["helpers.sh"]}}
    assert [slice_of(document, f.span) for f in run(document, codes, own)] == ["helpers.sh(cmd)"]
    # The options of one run do not stay behind for the next.
    assert [slice_of(document, f.span) for f in run(document, codes, {})] == ["os.system(cmd)"]


def test_skips_tests_and_exclude_dirs_are_obeyed() -> None:
    document = PythonModule("tests/a.py", "exec(x)\nassert x\n")
    both = frozenset({"B101", "B102"})

    def codes(**options: object) -> list[str]:
        return [f.code for f in run(document, both, options)]

    assert codes() == ["B102", "B101"]
    assert codes(skips=["B101"]) == ["B102"]
    assert codes(tests=["B101", "B301"]) == ["B101"]
    assert codes(exclude_dirs=["./tests"]) == []
    assert codes(assert_used={"skips": ["*/a.py"]}) == ["B102"]


def test_whether_a_test_can_fire_is_told_by_words_only() -> None:
    assert can_fire(frozenset({"B102"}), ["# exec"], {}) == {"B102"}
    assert can_fire(frozenset({"B102", "B602", "B605", "B613"}), ["print(x)"], {}) == frozenset()
    assert can_fire(frozenset({"B101"}), ["print(x)"], {}) == {"B101"}


def test_bandit_is_not_imported_where_nothing_can_fire_and_changes_nothing_where_it_is() -> None:
    program = """
import sys, warnings
from mlwarden.bandit_engine import infos, run
from mlwarden.source.documents import PythonModule
shown = warnings.formatwarning
on = frozenset(info.code for info in infos() if info.default)
run(PythonModule("a.py", "import torch\\nprint(torch.ones(3))\\n"), on, {})
print([name for name in ("bandit", "yaml", "stevedore", "rich") if name in sys.modules])
print(len(run(PythonModule("a.py", "exec('\\\\\\\\d')\\n"), on, {})), warnings.formatwarning is shown)
"""
    done = subprocess.run([sys.executable, "-W", "always", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n1 True\n", "")
