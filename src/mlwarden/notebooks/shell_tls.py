"""Commands and environment variables that switch the verification of TLS certificates off.

Options are those of the programs' manuals: curl(1), wget(1), git-config(1), npm's `strict-ssl`, conda's `ssl_verify`, ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_facts import is_python
from mlwarden.notebooks.shell_lines import Command, Word

_FALSE = frozenset({"false", "no", "off", "0", "n", "f", ""})
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})


def _is_zero(value: str) -> bool:
    return value == "0"


def _is_empty(value: str) -> bool:
    return value == ""


def _is_false(value: str) -> bool:
    return value.lower() in _FALSE - {""}


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE


def _is_anything(value: str) -> bool:
    return True


VARIABLES: dict[str, Callable[[str], bool]] = {
    "PYTHONHTTPSVERIFY": _is_zero,
    "CURL_CA_BUNDLE": _is_empty,
    "REQUESTS_CA_BUNDLE": _is_empty,
    "NODE_TLS_REJECT_UNAUTHORIZED": _is_zero,
    # Git only asks whether it is there (git/http.c): "0" and "false" switch verification off as well.
    "GIT_SSL_NO_VERIFY": _is_anything,
    "NPM_CONFIG_STRICT_SSL": _is_false,
    "npm_config_strict_ssl": _is_false,
    "YARN_ENABLE_STRICT_SSL": _is_false,
    "CONDA_SSL_VERIFY": _is_false,
    "MLFLOW_TRACKING_INSECURE_TLS": _is_true,
    "WANDB_INSECURE_DISABLE_SSL": _is_true,
}
"""Environment variable -> whether a value of it switches verification off."""

_SHORT_OF_CURL = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")  # those that take a value, which may follow at once
_CERTIFICATE = ("--no-check-certificate", "--no-check-certificates")
# Program -> options that switch verification off.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "wget": _CERTIFICATE,
    "wget2": _CERTIFICATE,
    "gdown": _CERTIFICATE,
    "yt-dlp": _CERTIFICATE,
    "youtube-dl": _CERTIFICATE,
    "rclone": _CERTIFICATE,
    "s3cmd": _CERTIFICATE,
    "aws": ("--no-verify-ssl",),
    "axel": ("-k", "--insecure"),
    "mc": ("--insecure",),
    "hg": ("--insecure",),
    "kubectl": ("--insecure-skip-tls-verify", "--insecure-skip-tls-verify=true"),
    "oc": ("--insecure-skip-tls-verify", "--insecure-skip-tls-verify=true"),
    "helm": ("--insecure-skip-tls-verify", "--kube-insecure-skip-tls-verify"),
    "iwr": ("-skipcertificatecheck",),
    "irm": ("-skipcertificatecheck",),
    "invoke-webrequest": ("-skipcertificatecheck",),
    "invoke-restmethod": ("-skipcertificatecheck",),
    "npm": ("--no-strict-ssl",),
    "pnpm": ("--no-strict-ssl",),
}
# Program -> options that do so where their value is one for false.
_VALUED: dict[str, tuple[str, ...]] = {
    "wget2": ("--check-certificate",),
    "aria2c": ("--check-certificate",),
    "http": ("--verify",),
    "https": ("--verify",),
    "xh": ("--verify",),
    "podman": ("--tls-verify",),
    "buildah": ("--tls-verify",),
    "skopeo": ("--tls-verify", "--src-tls-verify", "--dest-tls-verify"),
    "npm": ("--strict-ssl",),
    "pnpm": ("--strict-ssl",),
    "micromamba": ("--ssl-verify",),
}
_NODE = frozenset({"npm", "pnpm", "yarn"})
_STRICT = frozenset({"strict-ssl", "enablestrictssl"})
_CONDAS = frozenset({"conda", "mamba", "micromamba"})
_GIT_KEY = re.compile(r"http\.(?:.+\.)?sslverify", re.IGNORECASE)
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_EXPORTS = frozenset({"export", "declare", "typeset", "set"})
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOOPBACK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)(?:[:/?#]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TlsSwitch:
    """What switches verification off in a command.

    Attributes:
        shown: as a person writes it: "curl -k", "git -c http.sslVerify=false"; a variable's name alone.
        is_variable: whether it is an environment variable.
        edit: the place to change and what to put there; None where nothing simple mends it.
    """

    shown: str
    is_variable: bool = False
    edit: tuple[Span, str] | None = None


def tls_switch_of(command: Command) -> TlsSwitch | None:
    """What switches verification off in a command, or None; downloads from this machine do not count."""
    for name, value in assignments(command):
        if name in VARIABLES and VARIABLES[name](value):
            return TlsSwitch(name, is_variable=True)
    program = command.program
    if not program or _is_of_this_machine(command):
        return None
    if program == "curl":
        return _in_curl(command)
    if program == "git":
        return _in_git(command)
    for found in (_option(command), _valued(command), _in_npm(command), _in_conda(command)):
        if found is not None:
            return found
    return None


def assignments(command: Command) -> Iterator[tuple[str, str]]:
    """The environment variables that a command sets, for itself or, by `export`, for those after it."""
    program = command.program
    words = command.words[: command.start] if program else ()
    if program in _EXPORTS:
        words = (*words, *command.arguments)
    for word in words:
        match = _ASSIGNED.fullmatch(word.text)
        if match is not None:
            yield match[1], match[2]


def trusted_host_of(command: Command) -> Word | None:
    """The option by which pip or uv takes packages from a host without a valid certificate, or None."""
    words = command.arguments
    program = command.program
    if is_python(program):
        texts = command.texts
        if "-m" not in texts[:4]:
            return None
        at = texts.index("-m") + 1
        program, words = (texts[at], words[at + 1 :]) if at < len(texts) else ("", ())
    if re.fullmatch(r"pip[\d.]*|uv|pipx|pipenv", program) is None:
        return None
    for index, word in enumerate(words):
        head = word.text.partition("=")[0]
        if head in ("--trusted-host", "--allow-insecure-host"):
            return word
        if re.fullmatch(r"(?:\w+\.)?trusted-host", word.text) and index and words[index - 1].text == "set":
            return word  # `pip config set global.trusted-host ...`
    return None


def _is_of_this_machine(command: Command) -> bool:
    """Whether all that a command fetches comes from this machine."""
    addresses = [text for text in command.texts if _URL.match(text) or _LOOPBACK.match(text)]
    return bool(addresses) and all(map(_LOOPBACK.match, addresses))


def _in_curl(command: Command) -> TlsSwitch | None:
    skip = False
    for index, word in enumerate(command.arguments):
        text = word.text
        if skip:
            skip = False
        elif text.startswith("--"):
            # Options may be cut short as long as they are not ambiguous.
            if text in ("--proxy-insecure", "--doh-insecure") or (len(text) > 4 and "--insecure".startswith(text)):
                return TlsSwitch(f"curl {text}", edit=_removal(command, index))
        elif text.startswith("-"):
            for at, letter in enumerate(text[1:], 1):
                if letter == "k":
                    kept = text[:at] + text[at + 1 :]
                    edit = _removal(command, index) if kept == "-" else _replaced(word, kept)
                    return TlsSwitch("curl -k", edit=edit)
                if letter in _SHORT_OF_CURL:
                    skip = at == len(text) - 1
                    break
    return None


def _in_git(command: Command) -> TlsSwitch | None:
    words = command.arguments
    for before, word in pairwise(words):
        key, equals, value = word.text.partition("=")
        if before.text in ("-c", "--config") and equals and _GIT_KEY.fullmatch(key) and value.lower() in _FALSE:
            return TlsSwitch(f"git -c {_cut(word.text)}", edit=_replaced(word, f"{key}=true"))
    for word in words:
        key, equals, value = word.text.removeprefix("--config=").partition("=")
        if word.text.startswith("--config=") and equals and _GIT_KEY.fullmatch(key) and value.lower() in _FALSE:
            return TlsSwitch(f"git --config={_cut(key)}=false", edit=_replaced(word, f"--config={key}=true"))
    if "config" in command.texts:
        for word, following in pairwise(words):
            if _GIT_KEY.fullmatch(word.text) and following.text.lower() in _FALSE:
                shown = f"git config {_cut(word.text)} {following.text}".rstrip()
                return TlsSwitch(shown, edit=_replaced(following, "true"))
    return None


def _option(command: Command) -> TlsSwitch | None:
    known = _OPTIONS.get(command.program, ())
    for index, word in enumerate(command.arguments):
        text = word.text
        abbreviated = command.program == "wget" and len(text) > 6 and _CERTIFICATE[0].startswith(text)
        if abbreviated or text in known or text.lower() in known:
            return TlsSwitch(f"{command.program} {text}", edit=_removal(command, index))
        if command.program == "wget" and re.fullmatch(r"(?:-e)?check[-_]certificate\s*=\s*(?:off|no|0)", text, re.I):
            return TlsSwitch(f"wget -e {text.removeprefix('-e')}")
    return None


def _valued(command: Command) -> TlsSwitch | None:
    known = _VALUED.get(command.program, ())
    words = command.arguments
    for index, word in enumerate(words):
        head, equals, value = word.text.partition("=")
        if head not in known:
            continue
        place = word if equals else words[index + 1] if index + 1 < len(words) else None
        given = value if equals else place.text if place is not None else "true"
        if place is not None and given.lower() in _FALSE - {""}:
            edit = _replaced(place, f"{head}=true" if equals else "true")
            if command.program in ("http", "https", "xh"):
                edit = _replaced(place, f"{head}=yes" if equals else "yes")
            return TlsSwitch(f"{command.program} {head}={given}", edit=edit)
    return None


def _in_npm(command: Command) -> TlsSwitch | None:
    """`npm config set strict-ssl false`, `npm set strict-ssl=false`, `yarn config set enableStrictSsl false`."""
    if command.program not in _NODE or "set" not in command.texts[:3]:
        return None
    words = command.arguments
    for index, word in enumerate(words):
        key, equals, value = word.text.partition("=")
        if key.lower() not in _STRICT:
            continue
        if equals and value.lower() in _FALSE:
            return TlsSwitch(f"{command.program} config set {key}={value}", edit=_replaced(word, f"{key}=true"))
        if not equals and index + 1 < len(words) and words[index + 1].text.lower() in _FALSE - {""}:
            following = words[index + 1]
            shown = f"{command.program} config set {key} {following.text}"
            return TlsSwitch(shown, edit=_replaced(following, "true"))
    return None


def _in_conda(command: Command) -> TlsSwitch | None:
    texts = command.texts
    if command.program not in _CONDAS or "run" in texts[:1]:
        return None
    words = command.arguments
    if "config" in texts[:2]:
        for index, word in enumerate(words[:-1]):
            if word.text == "ssl_verify" and words[index + 1].text.lower() in _FALSE | {"<false>"}:
                following = words[index + 1]
                shown = f"{command.program} config --set ssl_verify {following.text}"
                return TlsSwitch(shown, edit=_replaced(following, "true"))
        return None
    for index, word in enumerate(words):
        if word.text in ("-k", "--insecure"):
            return TlsSwitch(f"{command.program} {word.text}", edit=_removal(command, index))
    return None


# --- edits -----------------------------------------------------------------------------------------------------------


def _removal(command: Command, index: int) -> tuple[Span, str] | None:
    """Take an argument away, with the blanks before it."""
    position = command.start + 1 + index
    before, word = command.words[position - 1], command.words[position]
    if before.span.end >= word.span.start or before.span.cell != word.span.cell:
        return None
    return Span(before.span.end, word.span.end, word.span.cell), ""


def _replaced(word: Word, text: str) -> tuple[Span, str] | None:
    """Write a word anew; not where quotes or backslashes stand in it."""
    if word.span.end - word.span.start != len(word.text):
        return None
    return word.span, text


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


__all__ = ["VARIABLES", "TlsSwitch", "assignments", "tls_switch_of", "trusted_host_of"]
