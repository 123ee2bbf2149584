"""What well-known programs do with their arguments: download, install, run what they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_lines import Command, Word, base_name

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"})
_POWERSHELLS = frozenset({"powershell", "pwsh"})
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_OTHERS = frozenset({"perl", "ruby", "node", "php", "rscript", "iex", "invoke-expression"})
_WEB_REQUESTS = frozenset({"iwr", "irm", "invoke-webrequest", "invoke-restmethod"})
_URL = re.compile(r"(?:https?|ftp)://[^\s'\"`)|;]+", re.IGNORECASE)
_OWN = re.compile(
    r"(?:https?|ftp)://(?:[^/@]*@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal"
    r"|169\.254\.169\.254|metadata\.google\.internal|(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+)(?:[:/]|$)",
    re.IGNORECASE,
)
_SCRIPT_OPTIONS = frozenset({"-W", "-X", "-m"})
# Options that take the next word, as far as such a word could be taken for a URL or a file.
_CURL_VALUES = (
    "-o --output --output-dir -H --header -A --user-agent -e --referer -d --data --data-raw --data-binary "
    "--data-urlencode --json -x --proxy --preproxy -X --request -u --user -b --cookie -c --cookie-jar -F --form --retry "
    "-T --upload-file -K --config -w --write-out -m --max-time -C --continue-at -r --range -z --time-cond --cacert "
    "-E --cert --key --resolve --connect-to --interface"
)
_WGET_VALUES = (
    "-O --output-document -o --output-file -P --directory-prefix -U --user-agent --referer --header --post-data "
    "--post-file --body-data -e --execute -a --append-output -i --input-file -B --base -A --accept -R --reject -D "
    "--domains -X -I -t --tries -T --timeout --ca-certificate --method --user --password"
)
_TAKE_VALUE = {
    "curl": frozenset(_CURL_VALUES.split()),
    "wget": frozenset(_WGET_VALUES.split()),
    "wget2": frozenset(_WGET_VALUES.split()),
    "aria2c": frozenset(
        ["-o", "--out", "-d", "--dir", "-x", "-s", "-i", "--header", "--referer", "--all-proxy", "--checksum"]
    ),
    "axel": frozenset(["-o", "--output", "-n", "-H", "--header", "-U"]),
}
# Downloads of one command that are told apart; each costs a look at all of its words.
_MOST_FETCHES = 50
_MOST_WORDS = 500
_INSTALL = frozenset({"install", "add"})


def is_python(program: str) -> bool:
    """Whether a program's base name is that of a Python interpreter; `{sys.executable}` counts."""
    return _PYTHON.fullmatch(program) is not None or "sys.executable" in program


def is_shell(program: str) -> bool:
    """Whether a program's base name is that of a shell."""
    return program in _SHELLS


def is_interpreter(program: str) -> bool:
    """Whether a program runs programs in text form."""
    return is_shell(program) or is_python(program) or program in _OTHERS or program in _POWERSHELLS


def runs_its_input(command: Command) -> bool:
    """Whether a command runs what is piped into it: an interpreter that is given no program otherwise."""
    program = command.program
    if program in ("iex", "invoke-expression"):
        return True
    if not is_interpreter(program) or any(operator == "<" for operator, _ in command.redirects):
        return False
    texts = command.texts
    if is_shell(program) and any(re.fullmatch(r"-[a-zA-Z]*s[a-zA-Z]*", text) for text in texts):
        return True
    if any(text in ("-", "/dev/stdin") for text in texts):
        return True
    if is_shell(program):
        return not any(not text.startswith(("-", "+")) or re.fullmatch(r"-[a-zA-Z]*c", text) for text in texts)
    if is_python(program):
        return not any(not text.startswith("-") or text.startswith(("-c", "-m")) for text in texts)
    return not texts


@dataclass(frozen=True, slots=True)
class Fetch:
    """A download by a command.

    Attributes:
        program: "curl", "wget", ...
        url: what is downloaded.
        span: the word with the URL.
        file: the file it is kept in, "" where it goes to standard output.
    """

    program: str
    url: str
    span: Span
    file: str


def is_own_host(url: str) -> bool:
    """Whether a URL names this machine, a private network or the cloud's metadata service."""
    return _OWN.match(url) is not None


def fetch_of(command: Command) -> Fetch | None:
    """The first download that a command is, or None; one from this machine or a private network does not count."""
    return next(fetches_of(command), None)


def fetches_of(command: Command) -> Iterator[Fetch]:
    """The downloads that a command is; those from this machine or a private network do not count."""
    program = command.program
    if program not in ("curl", "wget", "wget2", "aria2c", "axel", "http", "https", "fetch", *_WEB_REQUESTS):
        return
    with_value = _TAKE_VALUE.get(program, frozenset())
    skip = False
    found = 0
    for word in command.arguments:
        if found == _MOST_FETCHES:
            return
        if skip or word.text in with_value:
            skip = not skip
            continue
        text = word.text.removeprefix("--url=")
        if text.startswith("-"):
            continue
        bare = program in ("curl", "wget") and re.match(r"[\w-]+(?:\.[\w-]+)+/", text)
        if (_URL.match(text) or bare) and not is_own_host(text):
            found += 1
            yield Fetch(program, text, word.span, _kept_in(command, text))


def _kept_in(command: Command, url: str) -> str:
    for operator, word in command.redirects:
        if operator.startswith(">") and not word.text.isdigit() and word.text != "/dev/null":
            return word.text
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    texts = command.texts[:_MOST_WORDS]
    for index, text in enumerate(texts):
        following = texts[index + 1] if index + 1 < len(texts) else ""
        head, equals, value = text.partition("=")
        if command.program == "curl":
            if head in ("--output", "-o") or re.fullmatch(r"-[a-zA-Z]*o", text):
                return "" if (value or following) == "-" else value or following
            if text == "--remote-name" or re.fullmatch(r"-[a-zA-Z]*O[a-zA-Z]*", text):
                return name
        elif command.program.startswith("wget"):
            if head == "--output-document" and equals:
                return "" if value == "-" else value
            document = re.fullmatch(r"-[a-zA-NP-Z]*O(.*)", text) or (text == "--output-document" and re.match("()", ""))
            if document:
                target = document[1] or following
                return "" if target == "-" else target
    return name if command.program.startswith("wget") or command.program == "aria2c" else ""


# --- installers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Installation:
    """A command that installs packages.

    Attributes:
        tool: as a person writes it: "pip install", "uv pip install", "conda install".
        arguments: the words after it.
        span: the command.
    """

    tool: str
    arguments: tuple[Word, ...]
    span: Span


def installation_of(command: Command) -> Installation | None:
    """The installation that a command is: pip (also as a module), uv, conda and its kin."""
    words = list(command.arguments)
    program = command.program
    if is_python(program):
        texts = [word.text for word in words]
        if texts[:1] != ["-m"] and "-m" not in texts[:4]:
            return None
        words = words[texts.index("-m") + 1 :]
        if not words or words[0].text not in ("pip", "uv"):
            return None
        program = words.pop(0).text
    tool = program
    if re.fullmatch(r"pip[\d.]*", program):
        tool = "pip"
    elif program == "uv":
        words = _without_options(words)
        if words and words[0].text == "pip":
            words, tool = words[1:], "uv pip"
    elif program not in ("conda", "mamba", "micromamba"):
        return None
    words = _without_options(words)
    if not words or words[0].text not in _INSTALL:
        return None
    return Installation(f"{tool} {words[0].text}", tuple(words[1:]), command.span)


def _without_options(words: list[Word]) -> list[Word]:
    index = 0
    while index < len(words) and words[index].text.startswith("-"):
        index += 2 if words[index].text in _PIP_VALUES else 1
    return words[index:]


# Options of pip and uv that take the next word.
_INSTALL_VALUES = (
    "-r -c -e -i -f -t -d -b -C --requirement --constraint --editable --index-url --extra-index-url --find-links "
    "--trusted-host --target --prefix --root --src --python --platform --python-version --implementation --abi "
    "--upgrade-strategy --progress-bar --proxy --retries --timeout --default-timeout --cert --client-cert --cache-dir "
    "--log --report --global-option --config-settings --no-binary --only-binary --use-feature --root-user-action "
    "--exists-action --keyring-provider --link-mode --torch-backend --index --default-index --allow-insecure-host "
    "--hash -n --name -p --channel"
)
_PIP_VALUES = frozenset(_INSTALL_VALUES.split())


def packages(installation: Installation) -> Iterator[Word]:
    """The words that name what is installed; what follows `-e` counts, what other options take does not."""
    skip = False
    editable = False
    for word in installation.arguments:
        if skip:
            skip = False
            if editable:
                editable = False
                yield word
            continue
        if word.text.startswith("-"):
            skip = word.text in _PIP_VALUES or (installation.tool.split()[0] in _CONDAS and word.text == "-c")
            editable = word.text in ("-e", "--editable")
            if word.text.startswith("--editable="):
                yield word
            continue
        yield word


_CONDAS = frozenset({"conda", "mamba", "micromamba"})

__all__ = [
    "Fetch",
    "Installation",
    "base_name",
    "fetch_of",
    "fetches_of",
    "installation_of",
    "is_interpreter",
    "is_own_host",
    "is_python",
    "is_shell",
    "packages",
    "runs_its_input",
]
