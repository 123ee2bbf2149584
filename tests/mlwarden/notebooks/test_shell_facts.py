"""What programs do with their arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.shell_facts import (
    fetch_of,
    fetches_of,
    installation_of,
    is_own_host,
    packages,
    runs_its_input,
)
from mlwarden.notebooks.shell_lines import Command, parse_commands


def command(text: str) -> Command:
    """The last command of a text."""
    return parse_commands(text)[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sh", True),
        ("bash -s -- a b", True),
        ("sudo -E bash -", True),
        ("bash -ex", True),
        ("sh /dev/stdin a", True),
        ("python3", True),
        ("python -", True),
        ("python -u - a", True),
        ("{sys.executable} -", True),
        ("perl", True),
        ("node", True),
        ("iex", True),
        ("pwsh -", True),
        ("sh run.sh", False),
        ("bash -c 'a'", False),
        ("bash -lc a", False),
        ("python -m json.tool", False),
        ("python -c 'a'", False),
        ("python a.py", False),
        ("perl -ne 'print'", False),
        ("bash < a.sh", False),
        ("tee a.sh", False),
        ("jq .", False),
    ],
)
def test_whether_a_command_runs_what_is_piped_into_it(text: str, expected: bool) -> None:
    assert runs_its_input(command(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curl https://x.org/a.sh", ("curl", "https://x.org/a.sh", "")),
        ("curl -fsSL https://x.org/a.sh -o b.sh", ("curl", "https://x.org/a.sh", "b.sh")),
        ("curl -fsSLo b.sh https://x.org/a.sh", ("curl", "https://x.org/a.sh", "b.sh")),
        ("curl --output=b https://x.org/a", ("curl", "https://x.org/a", "b")),
        ("curl -o - https://x.org/a", ("curl", "https://x.org/a", "")),
        ("curl -O https://x.org/c/a.zip?b=1", ("curl", "https://x.org/c/a.zip?b=1", "a.zip")),
        ("curl -LJO https://x.org/a.zip", ("curl", "https://x.org/a.zip", "a.zip")),
        ("curl --remote-name https://x.org/a.zip", ("curl", "https://x.org/a.zip", "a.zip")),
        ("curl -H 'Referer: http://y.org' http://x.org/a", ("curl", "http://x.org/a", "")),
        ("curl -x http://proxy.org:80 https://x.org/a", ("curl", "https://x.org/a", "")),
        ("curl --proxy=http://proxy.org:80 https://x.org/a", ("curl", "https://x.org/a", "")),
        ("curl --url https://x.org/a", ("curl", "https://x.org/a", "")),
        ("curl --url=https://x.org/a", ("curl", "https://x.org/a", "")),
        ("curl https://x.org/a > b", ("curl", "https://x.org/a", "b")),
        ("curl https://x.org/a 2>/dev/null", ("curl", "https://x.org/a", "")),
        ("curl https://x.org/a 2>&1", ("curl", "https://x.org/a", "")),
        ("curl x.org/a.sh", ("curl", "x.org/a.sh", "")),
        ("curl FTP://x.org/a", ("curl", "FTP://x.org/a", "")),
        ("wget https://x.org/a.zip", ("wget", "https://x.org/a.zip", "a.zip")),
        ("wget -qO- https://x.org/a", ("wget", "https://x.org/a", "")),
        ("wget -q -O - https://x.org/a", ("wget", "https://x.org/a", "")),
        ("wget -O b https://x.org/a", ("wget", "https://x.org/a", "b")),
        ("wget --output-document b https://x.org/a", ("wget", "https://x.org/a", "b")),
        ("wget --output-document=- https://x.org/a", ("wget", "https://x.org/a", "")),
        ("wget --progress=dot:giga https://x.org/a", ("wget", "https://x.org/a", "a")),
        ("wget -P b https://x.org/a", ("wget", "https://x.org/a", "a")),
        ("wget -c -b https://x.org/a", ("wget", "https://x.org/a", "a")),
        ("curl -b c.txt -c http://y.org https://x.org/a", ("curl", "https://x.org/a", "")),
        ("aria2c https://x.org/a", ("aria2c", "https://x.org/a", "a")),
        ("iwr https://x.org/a", ("iwr", "https://x.org/a", "")),
        ("timeout 9 wget https://x.org/a", ("wget", "https://x.org/a", "a")),
        ("curl http://localhost:8000/a", None),
        ("curl http://10.0.0.7/a", None),
        ("curl http://169.254.169.254/latest/meta-data", None),
        ("curl --help", None),
        ("curl $URL", None),
        ("echo https://x.org/a", None),
    ],
)
def test_downloads(text: str, expected: tuple[str, str, str] | None) -> None:
    fetch = fetch_of(command(text))
    assert (fetch and (fetch.program, fetch.url, fetch.file)) == expected
    if fetch is not None:
        assert fetch.url in text[fetch.span.start : fetch.span.end]


def test_a_command_may_download_more_than_one_file() -> None:
    found = fetches_of(command("wget http://x.org/a http://localhost/b -q 'http://y.org/c'"))
    assert [fetch.url for fetch in found] == ["http://x.org/a", "http://y.org/c"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost/a", True),
        ("http://localhost", True),
        ("http://user@localhost:80", True),
        ("https://127.0.0.1:8000", True),
        ("http://[::1]/", True),
        ("http://10.1.2.3/a", True),
        ("http://172.16.0.1/a", True),
        ("http://192.168.1.1:80/a", True),
        ("http://metadata.google.internal/a", True),
        ("http://host.docker.internal:80/a", True),
        ("http://172.32.0.1/a", False),
        ("http://localhost.x.org/a", False),
        ("http://10.x.org/a", False),
        ("http://x.org/localhost", False),
        ("http://localhost@x.org/a", False),
    ],
)
def test_own_hosts(url: str, expected: bool) -> None:
    assert is_own_host(url) is expected


@pytest.mark.parametrize(
    ("text", "tool", "named"),
    [
        ("pip install a b==1", "pip install", ["a", "b==1"]),
        ("pip3.10 install -q -U a", "pip install", ["a"]),
        ("pip -q install a", "pip install", ["a"]),
        ("pip --proxy http://p.org install a", "pip install", ["a"]),
        ("python -m pip install a", "pip install", ["a"]),
        ("python3 -I -m pip --quiet install a", "pip install", ["a"]),
        ("{sys.executable} -m pip install a", "pip install", ["a"]),
        ("sudo pip install a", "pip install", ["a"]),
        ("conda run -n e pip install a", "pip install", ["a"]),
        ("uv pip install a", "uv pip install", ["a"]),
        ("uv add a", "uv add", ["a"]),
        ("python -m uv pip install a", "uv pip install", ["a"]),
        ("conda install -y -c pytorch -n e a=1", "conda install", ["a=1"]),
        ("mamba install --channel x a", "mamba install", ["a"]),
        ("pip install -r a.txt -c b.txt --index-url https://x.org c", "pip install", ["c"]),
        ("pip install --index-url=https://x.org c", "pip install", ["c"]),
        ("pip install -e git+https://x.org/a", "pip install", ["git+https://x.org/a"]),
        ("pip install --editable=. a", "pip install", ["--editable=.", "a"]),
        ("pip install", "pip install", []),
    ],
)
def test_installations(text: str, tool: str, named: list[str]) -> None:
    found = installation_of(command(text))
    assert found is not None
    assert (found.tool, [word.text for word in packages(found)]) == (tool, named)


@pytest.mark.parametrize(
    "text",
    [
        "pip list",
        "pip",
        "pip download a",
        "python -m json.tool install a",
        "python a.py -m pip",
        "echo pip install a",
        "uv run a",
        "uv sync",
        "conda list",
        "apt install a",
        "pip freeze | grep install",
        "",
    ],
)
def test_other_commands_install_nothing(text: str) -> None:
    assert [installation_of(each) for each in parse_commands(text)] == [None] * len(parse_commands(text))


_WORDS = st.sampled_from(
    [
        "curl",
        "wget",
        "pip",
        "python",
        "-m",
        "install",
        "-O",
        "-o",
        "-qO-",
        "-",
        "http://x.org/a.zip",
        "x.org/b",
        "--output=c",
        "|",
        ">",
        "sh",
        "uv",
        "conda",
        "-e",
        "-r",
    ]
)


@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_answers_are_made_of_words_of_the_command(text: str) -> None:
    for each in parse_commands(text):
        fetch, installation = fetch_of(each), installation_of(each)
        assert isinstance(runs_its_input(each), bool)
        assert fetch is None or fetch.span in [word.span for word in each.arguments]
        assert (fetch is None) == (not list(fetches_of(each)))
        assert installation is None or set(packages(installation)) <= set(each.arguments)
