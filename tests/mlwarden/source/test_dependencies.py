"""What dependency files say, each thing with its place."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.source.dependencies import (
    Dependencies,
    Include,
    Option,
    Requirement,
    Role,
    dependencies_of,
    parse_dependencies,
    pip_install,
    script_block,
)
from mlwarden.source.documents import DependencyFile, ModelFile, PlainText, PythonModule
from mlwarden.source.problems import Problem


def shown(text: str, found: Dependencies) -> list[str]:
    """A line for each thing found: what was understood, and the text at each of its places."""
    assert found.problem is None
    lines = [_requirement(text, each) for each in found.requirements]
    lines += [f"{o.name}={o.value} [{_at(text, o.span)}]{' ' * bool(o.detail)}{o.detail}" for o in found.options]
    lines += [f"{'-c' if i.constraint else '-r'} {i.path} [{_at(text, i.span)}]" for i in found.includes]
    return lines


def _requirement(text: str, found: Requirement) -> str:
    head = f"{found.name} {found.specifier}" if found.understood else f"{found.name} ?"
    places = " | ".join(_at(text, span) for span in (found.span, found.name_span, found.specifier_span))
    rest = {
        "pinned": found.pinned,
        "marker": found.marker,
        "extras": ",".join(found.extras),
        "url": found.url,
        "hashes": len(found.hashes),
        "editable": found.editable,
        "group": found.group,
        "role": "" if found.role is Role.DECLARED else found.role.value,
    }
    return f"{head} [{places}]" + "".join(f" {key}={value}" for key, value in rest.items() if value)


def _at(text: str, span: Span) -> str:
    return " ".join(text[span.start : span.end].split())


def check(path: str, text: str, *expected: str) -> None:
    text = textwrap.dedent(text)
    assert shown(text, parse_dependencies(path, text)) == list(expected)
    crlf = text.replace("\n", "\r\n")
    assert shown(crlf, parse_dependencies(path, crlf)) == list(expected)


# --- pip -----------------------------------------------------------------------------------------------------------


def test_requirements_file() -> None:
    check(
        "requirements.txt",
        """\
        # comment \\
        torch==2.5.1  # pinned
          transformers>=4.40,\\
            <5 ; python_version >= "3.10"
        keras == 3.3.3 --hash=sha256:aa \\
            --hash=sha256:bb
        numpy#not-a-comment
        These are words.

        -r base.txt
        --constraint=limits.txt
        -c other.txt
        --index-url https://a.example/simple --extra-index-url=https://b.example/simple
        -f wheels/
        --trusted-host b.example
        --no-index
        --pre
        -e git+https://github.com/o/m.git@main#egg=m
        --editable ./here
        --no-binary :all:
        """,
        "torch ==2.5.1 [torch==2.5.1 | torch | ==2.5.1] pinned=2.5.1",
        "transformers >=4.40,<5"
        ' [transformers>=4.40,\\ <5 ; python_version >= "3.10" | transformers | >=4.40,\\ <5]'
        ' marker=python_version >= "3.10"',
        "keras ==3.3.3 [keras == 3.3.3 | keras | == 3.3.3] pinned=3.3.3 hashes=2",
        "m  [git+https://github.com/o/m.git@main#egg=m | m | ]"
        " url=git+https://github.com/o/m.git@main#egg=m editable=True",
        "  [./here | ./here | ] url=./here editable=True",
        "--index-url=https://a.example/simple [--index-url https://a.example/simple]",
        "--extra-index-url=https://b.example/simple [--extra-index-url=https://b.example/simple]",
        "--find-links=wheels/ [-f wheels/]",
        "--trusted-host=b.example [--trusted-host b.example]",
        "--no-index= [--no-index]",
        "--pre= [--pre]",
        "-r base.txt [-r base.txt]",
        "-c limits.txt [--constraint=limits.txt]",
        "-c other.txt [-c other.txt]",
    )


def test_constraints_are_not_requirements() -> None:
    check("constraints.txt", "torch<2.6\n", "torch <2.6 [torch<2.6 | torch | <2.6] role=constraint")


@pytest.mark.parametrize("text", ["", "\\", "#", "-r", "--hash", "-e", "\\\r\n\\\r", "-e '", "x \\"])
def test_scraps_of_requirements_files(text: str) -> None:
    found = parse_dependencies("requirements.txt", text)
    assert [each.name for each in found.requirements] == (["x"] if text == "x \\" else [])


# --- TOML ----------------------------------------------------------------------------------------------------------


def test_pyproject_as_the_standards_have_it() -> None:
    check(
        "sub/pyproject.toml",
        """\
        [build-system]
        requires = ["hatchling>=1.24"]
        [project]
        name = "x"
        dependencies = [
          "torch>=2.6", # why
          'keras[jax]~=3.0; python_version < "3.12"',
          "esc\\u0061ped==1",
          "not a requirement",
        ]
        [project.optional-dependencies]
        gpu = ["cupy"]
        [dependency-groups]
        dev = ["pytest>8", { include-group = "gpu" }]
        """,
        "hatchling >=1.24 [hatchling>=1.24 | hatchling | >=1.24] group=build-system",
        "torch >=2.6 [torch>=2.6 | torch | >=2.6]",
        'keras ~=3.0 [keras[jax]~=3.0; python_version < "3.12" | keras | ~=3.0]'
        ' marker=python_version < "3.12" extras=jax',
        'escaped ==1 ["esc\\u0061ped==1" | "esc\\u0061ped==1" | "esc\\u0061ped==1"] pinned=1',
        "cupy  [cupy | cupy | ] group=gpu",
        "pytest >8 [pytest>8 | pytest | >8] group=dev",
    )


def test_pyproject_of_poetry() -> None:
    check(
        "pyproject.toml",
        """\
        [tool.poetry.dependencies]
        python = "^3.10"
        torch = "^2.1"
        numpy = "1.26.4"
        keras = { version = "~3.3", extras = ["jax"], optional = true }
        m = { git = "https://github.com/o/m.git", rev = "abc" }
        here = { path = "../here", develop = true }
        scipy = [
          { version = "<1.12", python = "<3.9" },
          { version = "*", markers = "python_version >= '3.9'" },
        ]
        either = "^1 || ^2"
        [tool.poetry.group.dev.dependencies]
        pytest = "^8.0"
        [tool.poetry.dev-dependencies]
        black = "*"
        [[tool.poetry.source]]
        name = "own"
        url = "https://own.example/simple"
        priority = "supplemental"
        """,
        'torch >=2.1,<3 [torch = "^2.1" | torch | ^2.1]',
        'numpy ==1.26.4 [numpy = "1.26.4" | numpy | 1.26.4] pinned=1.26.4',
        'keras >=3.3,<3.4 [keras = { version = "~3.3", extras = ["jax"], optional = true } | keras | ~3.3] extras=jax',
        'm  [m = { git = "https://github.com/o/m.git", rev = "abc" } | m | ] url=git+https://github.com/o/m.git@abc',
        'here  [here = { path = "../here", develop = true } | here | ] url=../here editable=True',
        'scipy <1.12 [scipy = [ { version = "<1.12", python = "<3.9" } | scipy | <1.12]',
        'scipy  [scipy = [ { version = "<1.12", python = "<3.9" },'
        " { version = \"*\", markers = \"python_version >= '3.9'\" } | scipy | *] marker=python_version >= '3.9'",
        'either ? [either = "^1 || ^2" | either | ^1 || ^2]',
        'pytest >=8.0,<9 [pytest = "^8.0" | pytest | ^8.0] group=dev',
        'black  [black = "*" | black | *] group=dev',
        'tool.poetry.source=https://own.example/simple ["https://own.example/simple"] supplemental',
    )


def test_pyproject_of_other_tools() -> None:
    check(
        "pyproject.toml",
        """\
        [tool.uv]
        dev-dependencies = ["ruff"]
        constraint-dependencies = ["torch<2.6"]
        extra-index-url = ["https://e.example/simple"]
        index-strategy = "unsafe-best-match"
        [[tool.uv.index]]
        name = "torch"
        url = "https://t.example/simple"
        explicit = true
        [tool.uv.pip]
        index-url = "https://p.example/simple"
        [tool.pdm.dev-dependencies]
        test = ["pytest"]
        [[tool.pdm.source]]
        url = "https://pdm.example/simple"
        verify_ssl = false
        [tool.hatch.envs.lint]
        dependencies = ["black"]
        """,
        "ruff  [ruff | ruff | ] group=dev",
        "torch <2.6 [torch<2.6 | torch | <2.6] role=constraint",
        "pytest  [pytest | pytest | ] group=test",
        "black  [black | black | ] group=lint",
        'tool.uv.index=https://t.example/simple ["https://t.example/simple"] explicit',
        '--extra-index-url=https://e.example/simple ["https://e.example/simple"]',
        '--index-strategy=unsafe-best-match ["unsafe-best-match"]',
        '--index-url=https://p.example/simple ["https://p.example/simple"]',
        'tool.pdm.source=https://pdm.example/simple ["https://pdm.example/simple"] verify_ssl=false',
    )


def test_pipfile() -> None:
    check(
        "Pipfile",
        """\
        [[source]]
        url = "https://pypi.org/simple"
        verify_ssl = true
        [packages]
        torch = "==2.5.1"
        requests = {version = ">=2.0", extras = ["socks"]}
        numpy = "*"
        m = {git = "https://github.com/o/m.git", ref = "main", editable = true}
        [dev-packages]
        pytest = "*"
        [requires]
        python_version = "3.11"
        """,
        'torch ==2.5.1 [torch = "==2.5.1" | torch | ==2.5.1] pinned=2.5.1',
        'requests >=2.0 [requests = {version = ">=2.0", extras = ["socks"]} | requests | >=2.0] extras=socks',
        'numpy  [numpy = "*" | numpy | *]',
        'm  [m = {git = "https://github.com/o/m.git", ref = "main", editable = true} | m | ]'
        " url=git+https://github.com/o/m.git@main editable=True",
        'pytest  [pytest = "*" | pytest | *] group=dev',
        'pipfile.source=https://pypi.org/simple ["https://pypi.org/simple"]',
    )


def test_broken_toml_is_a_problem() -> None:
    found = parse_dependencies("x/PyProject.toml", '[project]\ndependencies = ["a"\n')
    assert found == Dependencies(
        problem=Problem("MLW006", "pyproject.toml is not valid TOML: expected ',' or ']' (line 3)", 30)
    )
    assert parse_dependencies("pyproject.toml", "project = 1\n[tool]\npoetry = []\nuv = 3\n") == Dependencies()


# --- lock files ----------------------------------------------------------------------------------------------------


def test_uv_lock() -> None:
    check(
        "uv.lock",
        """\
        version = 1
        requires-python = ">=3.10"

        [[package]]
        name = "own"
        version = "0.1.0"
        source = { editable = "." }
        dependencies = [
            { name = "torch" },
        ]

        [package.metadata]
        requires-dist = [{ name = "torch", specifier = ">=2" }]

        [[package]]
        name = "torch"
        version = "2.5.1"
        source = { registry = "https://pypi.org/simple" }
        sdist = { url = "https://files.example/torch.tar.gz", hash = "sha256:aa" }

        [[package]]
        name = "m"
        version = "1.0"
        source = { git = "https://github.com/o/m.git?rev=main#abc" }
        """,
        'torch ==2.5.1 [[[package]] name = "torch" version = "2.5.1" | torch | 2.5.1] pinned=2.5.1 role=locked',
        'm ==1.0 [[[package]] name = "m" version = "1.0" | m | 1.0] pinned=1.0'
        " url=git+https://github.com/o/m.git?rev=main#abc role=locked",
    )


def test_poetry_lock() -> None:
    check(
        "poetry.lock",
        """\
        [[package]]
        name = "Torch"
        version = "2.5.1+cu121"
        description = "name = \\"fake\\""
        optional = false
        files = [
            {file = "torch.whl", hash = "sha256:aa"},
        ]

        [package.dependencies]
        name = "1.0"
        numpy = "*"

        [package.source]
        type = "legacy"
        url = "https://download.example/whl"
        reference = "own"

        [[package]]
        name = "m"
        version = "1.0"

        [package.source]
        type = "git"
        url = "https://github.com/o/m.git"
        reference = "HEAD"
        resolved_reference = "abc"
        """,
        'torch ==2.5.1+cu121 [[[package]] name = "Torch" version = "2.5.1+cu121" | Torch | 2.5.1+cu121]'
        " pinned=2.5.1+cu121 role=locked",
        'm ==1.0 [[[package]] name = "m" version = "1.0" | m | 1.0] pinned=1.0'
        " url=git+https://github.com/o/m.git@abc role=locked",
    )


def test_pdm_lock_and_pylock() -> None:
    check(
        "pdm.lock",
        """\
        [[package]]
        name = "numpy"
        version = "2.2.6"
        marker = "python_version < '3.11'"
        [[package]]
        name = "m"
        version = "1.0"
        git = "https://github.com/o/m.git"
        revision = "abc"
        """,
        'numpy ==2.2.6 [[[package]] name = "numpy" version = "2.2.6" | numpy | 2.2.6] pinned=2.2.6'
        " marker=python_version < '3.11' role=locked",
        'm ==1.0 [[[package]] name = "m" version = "1.0" | m | 1.0] pinned=1.0'
        " url=git+https://github.com/o/m.git@abc role=locked",
    )
    check(
        "pylock.toml",
        """\
        lock-version = "1.0"
        [[packages]]
        name = "m"
        vcs = { type = "git", url = "https://github.com/o/m.git", commit-id = "abc" }
        [[packages]]
        name = "attrs"
        version = "25.1.0"
        [[packages.wheels]]
        name = "attrs-25.1.0-py3-none-any.whl"
        url = "https://files.example/attrs.whl"
        """,
        'm  [[[packages]] name = "m" | m | ] url=git+https://github.com/o/m.git@abc role=locked',
        'attrs ==25.1.0 [[[packages]] name = "attrs" version = "25.1.0" | attrs | 25.1.0] pinned=25.1.0 role=locked',
    )


def test_pipfile_lock() -> None:
    content = {
        "_meta": {"requires": {"torch": "x"}},
        "default": {
            "torch": {"hashes": ["sha256:aa", "sha256:bb"], "index": "pypi", "version": "==2.5.1"},
            "m": {"git": "https://github.com/o/m.git", "ref": "abc", "editable": True},
        },
        "develop": {"torch": {"version": "==2.4", "markers": "python_version < '3.9'"}, "odd": 1},
    }
    for indent in (4, None):
        text = json.dumps(content, indent=indent)
        assert [line.partition(" [")[::2] for line in shown(text, parse_dependencies("Pipfile.lock", text))] == [
            (
                "torch ==2.5.1",
                (
                    'torch": { "hashes": [ "sha256:aa", "sha256:bb" ], "index": "pypi", "version": "==2.5.1'
                    if indent
                    else 'torch": {"hashes": ["sha256:aa", "sha256:bb"], "index": "pypi", "version": "==2.5.1'
                )
                + " | torch | ==2.5.1] pinned=2.5.1 hashes=2 role=locked",
            ),
            ("m ", "m | m | ] url=git+https://github.com/o/m.git@abc editable=True role=locked"),
            (
                "torch ==2.4",
                ('torch": { "version": "==2.4' if indent else 'torch": {"version": "==2.4')
                + " | torch | ==2.4] pinned=2.4 marker=python_version < '3.9' group=develop role=locked",
            ),
        ]


def test_broken_pipfile_lock() -> None:
    assert parse_dependencies("Pipfile.lock", '{\n"a" 1}').problem == Problem(
        "MLW006", "pipfile.lock is not valid JSON: expecting ':' delimiter (line 2)", 6
    )
    assert parse_dependencies("Pipfile.lock", "[" * 100_000).problem == Problem(
        "MLW006", "pipfile.lock is not valid JSON: it is nested too deeply (line 1)", 0
    )
    assert parse_dependencies("Pipfile.lock", "[]") == Dependencies()


# --- setuptools ----------------------------------------------------------------------------------------------------


def test_setup_cfg() -> None:
    check(
        "setup.cfg",
        """\
        [metadata]
        name = x
        install_requires = no
        [options]
        python_requires = >=3.10
        install_requires =
            torch>=2.0
            # comment
            numpy==1.26.4; python_version < "3.12"
            ; comment
        packages =
            find:
        tests_require = pytest
        [options.extras_require]
        gpu =
            cupy
        all = file: a.txt, b.txt
        [flake8]
        ignore = E501
        """,
        "torch >=2.0 [torch>=2.0 | torch | >=2.0]",
        'numpy ==1.26.4 [numpy==1.26.4; python_version < "3.12" | numpy | ==1.26.4] pinned=1.26.4'
        ' marker=python_version < "3.12"',
        "pytest  [pytest | pytest | ] group=tests",
        "cupy  [cupy | cupy | ] group=gpu",
        "-r a.txt [a.txt]",
        "-r b.txt [b.txt]",
    )


def test_setup_py_is_read_and_not_run() -> None:
    check(
        "setup.py",
        """\
        import setuptools
        raise SystemExit("never run")
        extras = {"gpu": ["cupy"], "é": ("x\\x31",)}
        setuptools.setup(
            name="é", install_requires=["torch>=2.0", "é" + "b", read("requirements.txt")],
            extras_require=extras,
            setup_requires=unknown,
        )
        """,
        "cupy  [cupy | cupy | ] group=gpu",
        'x1  ["x\\x31" | "x\\x31" | "x\\x31"] group=é',
        "torch >=2.0 [torch>=2.0 | torch | >=2.0]",
    )
    assert parse_dependencies("setup.py", "setup(install_requires=[") == Dependencies()


# --- conda ---------------------------------------------------------------------------------------------------------


def test_conda_environment() -> None:
    check(
        "environment.yml",
        """\
        name: x
        channels:
          - pytorch   # why
          - defaults
        dependencies:
          - python=3.11
          - pytorch=2.5.1=py3.11_cuda12.1
          - numpy 1.26
          - "scipy>=1.10,<2"
          - conda-forge::transformers==4.40.0
          - keras[version='>=3']
          - pandas=2|=1
          - bare
          - pip
          - pip:
              - torch==2.6.0   # comment
              - -r requirements.txt
              - --extra-index-url https://e.example
              - 'openai>=1'
          - tail=1.0
        variables:
          - torch=9
        """,
        "pytorch ==2.5.1.* [pytorch=2.5.1=py3.11_cuda12.1 | pytorch | =2.5.1=py3.11_cuda12.1] group=conda",
        "numpy ==1.26 [numpy 1.26 | numpy | 1.26] pinned=1.26 group=conda",
        "scipy >=1.10,<2 [scipy>=1.10,<2 | scipy | >=1.10,<2] group=conda",
        "transformers ==4.40.0 [conda-forge::transformers==4.40.0 | transformers | ==4.40.0] pinned=4.40.0 group=conda",
        "keras >=3 [keras[version='>=3'] | keras | >=3] group=conda",
        "pandas ? [pandas=2|=1 | pandas | =2|=1] group=conda",
        "bare  [bare | bare | ] group=conda",
        "pip  [pip | pip | ] group=conda",
        "torch ==2.6.0 [torch==2.6.0 | torch | ==2.6.0] pinned=2.6.0",
        "openai >=1 [openai>=1 | openai | >=1]",
        "tail ==1.0.* [tail=1.0 | tail | =1.0] group=conda",
        "channels=pytorch [pytorch]",
        "channels=defaults [defaults]",
        "--extra-index-url=https://e.example [--extra-index-url https://e.example]",
        "-r requirements.txt [-r requirements.txt]",
    )


def test_conda_lists_at_the_margin_and_in_brackets() -> None:
    check(
        "conda.yaml",
        """\
        channels: [conda-forge, "a,b"]
        dependencies:
        - torch>=2
        - pip:
          - keras
        prefix: /x
        """,
        "torch >=2 [torch>=2 | torch | >=2] group=conda",
        "keras  [keras | keras | ]",
        "channels=conda-forge [conda-forge]",
        "channels=a,b [a,b]",
    )


def test_conda_lock() -> None:
    check(
        "conda-lock.yml",
        """\
        version: 1
        metadata:
          channels:
          - url: conda-forge
        package:
        - name: python
          version: 3.11.1
          manager: conda
        - name: pytorch
          version: 2.5.1
          manager: conda
          dependencies:
            numpy: '>=1'
        - name: keras
          version: '3.3.3'
          manager: pip
        """,
        "pytorch ==2.5.1 [pytorch version: 2.5.1 | pytorch | 2.5.1] pinned=2.5.1 group=conda role=locked",
        "keras ==3.3.3 [keras version: '3.3.3 | keras | 3.3.3] pinned=3.3.3 role=locked",
    )


# --- scripts and notebooks -----------------------------------------------------------------------------------------


def test_the_block_of_a_script() -> None:
    text = textwrap.dedent(
        """\
        #!/usr/bin/env -S uv run --script
        # /// script
        # requires-python = ">=3.11"
        # dependencies = [
        #   "torch==2.5.1",
        #
        #   "keras",
        # ]
        # [[tool.uv.index]]
        # url = "https://i.example"
        # ///
        import torch
        # /// script
        # dependencies = ["no"]
        # ///
        """
    )
    expected = [
        "torch ==2.5.1 [torch==2.5.1 | torch | ==2.5.1] pinned=2.5.1",
        "keras  [keras | keras | ]",
        'tool.uv.index=https://i.example ["https://i.example"]',
    ]
    for ends in (text, text.replace("\n", "\r\n")):
        assert shown(ends, script_block(ends)) == expected
        assert shown(ends, dependencies_of(PythonModule("a.py", ends))) == expected
    assert script_block("import torch\n") == script_block("# /// script\n# x\n") == Dependencies()
    broken = "x\n# /// script\n# dependencies = [1 2]\n# ///\n"
    assert script_block(broken).problem == Problem(
        "MLW006", "the script block is not valid TOML: expected ',' or ']'", broken.index("2]")
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pip install torch==2.5.1 'keras>=3'", ["torch ==2.5.1", "keras >=3"]),
        ("  pip3 --quiet install -U -q --target x torch", ["torch "]),
        ("python3 -m pip install torch>=2", ["torch >=2"]),
        ("/usr/bin/pip install a && pip install b; pip install c | tee pip.log", ["a ", "b ", "c "]),
        ("uv pip install a", ["a "]),
        ("uv add a", ["a "]),
        ("pip install \\\n  a \\\n  b\npip uninstall c", ["a ", "b "]),
        ("pip install a # b", ["a "]),
        ("pip install a > log.txt", ["a "]),
        ("pip list; echo pip-install x", []),
        ("pip download a", []),
        ("sudo -H pip install ./m[x] git+https://x.example/n#egg=n", [" ", "n "]),
        ('pip install "a"b', ["ab "]),
    ],
)
def test_pip_commands(command: str, expected: list[str]) -> None:
    assert [f"{each.name} {each.specifier}" for each in pip_install(command).requirements] == expected


def test_pip_options_on_a_command_line() -> None:
    command = "pip install -rrequirements.txt --extra-index-url 'https://x.example' --trusted-host=x.example a"
    assert shown(command, pip_install(command)) == [
        "a  [a | a | ]",
        "--extra-index-url=https://x.example [--extra-index-url 'https://x.example']",
        "--trusted-host=x.example [--trusted-host=x.example]",
        "-r requirements.txt [-rrequirements.txt]",
    ]


def test_a_notebook() -> None:
    sources = (
        "%pip install -q torch==2.5.1 # why",
        "!pip install keras; ls",
        "%%bash\nls\npip install numpy\n",
        "%pip list",
    )
    magics = (
        Magic("line", "pip", "install -q torch==2.5.1 # why", "", Span(0, 34), Span(5, 34)),
        Magic("shell", "!", "pip install keras; ls", "", Span(0, 22), Span(1, 22)),
        Magic("cell", "bash", "", "ls\npip install numpy\n", Span(0, 28), Span(6, 6), Span(7, 28)),
        Magic("line", "pip", "list", "", Span(0, 9), Span(5, 9)),
    )
    cells = tuple(
        Cell(index, "", "code", source, "", magics=(magic,))
        for index, (source, magic) in enumerate(zip(sources, magics, strict=True))
    )
    found = dependencies_of(Notebook("a.ipynb", "", cells)).requirements
    assert [(each.name, each.span.cell) for each in found] == [("torch", 0), ("keras", 1), ("numpy", 2)]
    assert [sources[each.span.cell or 0][each.span.start : each.span.end] for each in found] == [
        "torch==2.5.1",
        "keras",
        "numpy",
    ]


def test_other_documents() -> None:
    assert dependencies_of(DependencyFile("requirements.txt", "a")).requirements[0].name == "a"
    assert dependencies_of(PythonModule("x/setup.py", "setup(install_requires=['a'])")).requirements[0].name == "a"
    assert dependencies_of(PlainText("a.txt", "a")) == dependencies_of(ModelFile("a.pkl", b"a")) == Dependencies()


def test_moving_things() -> None:
    found = parse_dependencies("requirements.txt", "a>=1\n-r b\n--pre\n").moved(10, cell=3)
    assert [each.specifier_span for each in found.requirements] == [Span(11, 14, 3)]
    assert found.includes == (Include("b", Span(15, 19, 3)),)
    assert found.options == (Option("--pre", "", Span(20, 25, 3)),)


# --- anything ------------------------------------------------------------------------------------------------------

FILES = ["requirements.txt", "pyproject.toml", "Pipfile", "Pipfile.lock", "poetry.lock", "setup.cfg", "setup.py"]
FILES += ["environment.yml", "conda-lock.yml", "pylock.toml"]
WORDS = st.sampled_from(
    [
        *" -[]\\#;\"'{}:,=)🤗\n\0\u2028",
        *("\r\n", "- ", "  ", "torch", "==2.5", ">=", "-r ", "--hash=", "dependencies:", "pip:", "package:"),
        *("[options]", "install_requires =", "setup(install_requires=[", "[project]", "dependencies = ["),
        *("[[package]]", 'name = "x"', 'version = "1"', '"default"'),
    ]
)


@given(st.sampled_from(FILES), st.lists(WORDS, max_size=25).map("".join))
def test_whatever_a_file_holds_places_lie_in_it(path: str, text: str) -> None:
    found = parse_dependencies(path, text)
    places = [each.span for each in (*found.requirements, *found.options, *found.includes)]
    for each in found.requirements:
        assert each.span.contains(each.name_span)
        assert each.specifier_span.end <= len(text)
    assert all(place.end <= len(text) for place in places)
    assert found.problem is None or found.problem.offset <= len(text)


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("piece", [" ", "- ", "a ", "[", "a=", "a\\\n", '"', "\n", "a,", "- pip:\n", "a #", "=1"])
def test_long_files_take_linear_time(path: str, piece: str) -> None:
    parse_dependencies(path, piece * (200_000 // len(piece)))
