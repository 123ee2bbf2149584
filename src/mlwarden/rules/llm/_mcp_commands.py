"""What the command of an MCP client's entry downloads and may touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlwarden.model.levels import Confidence, Severity
from mlwarden.notebooks.shell_lines import Word, base_name, parse_commands

_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "cmd", "powershell", "pwsh"})
# Runner -> its options that take the next word.
_NODE_VALUES = frozenset(
    {"-w", "--workspace", "--node-options", "--registry", "--loglevel", "--userconfig", "--prefix"}
)
_UV_VALUES = frozenset(
    """
    --python -p --with --with-editable --with-requirements -w --index --default-index --index-url -i --extra-index-url
    --find-links -f --directory --project --config-file --env-file --refresh-package --constraints -c --overrides
    --build-constraints -b --exclude-newer --cache-dir --index-strategy --link-mode --prerelease --resolution
    """.split()  # noqa: SIM905  # a word list reads better so
)
_DOCKER_VALUES = frozenset(
    """
    -e --env --env-file -v --volume --mount --name --network --net -p --publish -w --workdir -u --user --entrypoint -l
    --label --platform -m --memory --cpus --add-host --pull -h --hostname --cap-add --cap-drop --security-opt --device
    --gpus --shm-size --tmpfs --ulimit --dns --restart --log-driver --log-opt --ipc --pid --userns --runtime --group-add
    --memory-swap --cpu-shares --volumes-from --link --expose --ip --stop-timeout --cidfile --pids-limit --cgroupns
    """.split()  # noqa: SIM905  # a word list reads better so
)
_EXACT_NPM = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_EXACT_PY = re.compile(r"(?:===?[ ]*)?\d[\w.+!-]*")
_COMMIT = re.compile(r"[#@][0-9a-f]{40}(?:[#&].*)?$")
_NPM_NAME = re.compile(r"(?:npm:)?(?P<name>(?:@[\w.~-]+/)?[A-Za-z0-9_~][\w.~-]*)(?:@(?P<version>[^\s]+))?")
_PY_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:@|[ ]*(?===|~=|>=|<=|>|<|!=))?(?P<version>[^\s]*)"
)
_MOVING_TAGS = frozenset({"latest", "main", "master", "edge", "nightly", "dev", "develop", "stable", "next", "head"})
# Programs of a project's own toolchain, which run its own files.
_LOCAL_TOOLS = frozenset({"tsx", "ts-node", "ts-node-esm", "nodemon", "bun", "node", "vite-node", "esno", "jiti"})
_REMOTE = re.compile(r"(?:.*/)?mcp-remote@(?P<version>0\.(?:0|1)\.\d+)")
_WHOLE = re.compile(
    r"/|~/?|[A-Za-z]:[\\/]*|\$\{?HOME\}?/?|\$\{(?:env:)?HOME\}/?|\$\{userHome\}/?|%USERPROFILE%[\\/]*|/(?:home|Users|root|etc|mnt|Volumes)/?"
    r"|/(?:home|Users)/[\w.-]+/?|[A-Za-z]:[\\/]+Users(?:[\\/]+[\w.-]+)?[\\/]*|\$\{USERPROFILE\}[\\/]*"
)
_PLACEHOLDER = re.compile(r"(?i)/(?:home|Users)/(?:your|user|username|you|me|path|name|<)[\w.-]*/?")


@dataclass(frozen=True, slots=True)
class Risk:
    """Something dangerous in a command: at which word, what, how bad, how sure."""

    word: Word
    message: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH


def risks(words: tuple[Word, ...], depth: int = 2) -> Iterator[Risk]:
    """What is dangerous in a command that starts an MCP server."""
    if not words:
        return
    program, rest = base_name(words[0].text).removesuffix(".cmd"), words[1:]
    if program in {"env", "sudo"}:
        while rest and ("=" in rest[0].text or rest[0].text.startswith("-")):
            rest = rest[1:]
        if depth > 0:
            yield from risks(rest, depth - 1)
        return
    if program in _SHELLS:
        yield from _shell(rest, depth)
        return
    texts = [word.text for word in rest]
    if program == "npx":
        yield from _npm(rest, asks=not {"-y", "--yes"} & set(texts))
    elif program in {"bunx"} or (program in {"pnpm", "yarn"} and texts[:1] == ["dlx"]):
        yield from _npm(rest if program == "bunx" else rest[1:])
    elif program in {"npm", "bun", "pnpm"} and texts[:1] in (["exec"], ["x"]) and program != "pnpm":
        yield from _npm(rest[1:])
    elif program == "deno":
        yield from (risk for word in rest if word.text.startswith("npm:") for risk in _npm((word,)))
    elif program == "uvx":
        yield from _python(rest, "--from")
    elif program == "uv" and texts[:2] == ["tool", "run"]:
        yield from _python(rest[2:], "--from")
    elif program == "pipx" and texts[:1] == ["run"]:
        yield from _python(rest[1:], "--spec")
    elif program in {"docker", "podman", "nerdctl"} and "run" in texts[:2]:
        yield from _container(rest[texts.index("run") + 1 :])
    yield from _files(words)


def _shell(rest: tuple[Word, ...], depth: int) -> Iterator[Risk]:
    """`sh -c "npx ..."`, `cmd /c npx ...`."""
    for index, word in enumerate(rest):
        if word.text.lower() in {"/c", "/k"} and depth > 0:
            yield from risks(rest[index + 1 :], depth - 1)
            return
        if re.fullmatch(r"-[a-zA-Z]*[cC](?:ommand)?", word.text) and index + 1 < len(rest):
            line = rest[index + 1]
            for command in parse_commands(line.text):
                if command.program in _SHELLS | {"python", "python3", "node"} and any(
                    source.program in {"curl", "wget"} for source in command.sources()
                ):
                    yield Risk(line, "is started by a script that is downloaded and run unread", Severity.HIGH)
                elif depth > 0:
                    inner = tuple(Word(each.text, line.span) for each in command.words[command.start :])
                    yield from risks(inner, depth - 1)
            return


def _npm(rest: tuple[Word, ...], *, asks: bool = False) -> Iterator[Risk]:
    package: Word | None = None
    index = 0
    while index < len(rest):
        text = rest[index].text
        if text in {"-p", "--package"}:
            package = rest[index + 1] if index + 1 < len(rest) else None
            break
        if text.startswith("--package="):
            package = Word(text.partition("=")[2], rest[index].span)
            break
        if text in {"-c", "--call"}:
            return
        if text in _NODE_VALUES:
            index += 2
            continue
        if not text.startswith("-"):
            package = rest[index]
            break
        index += 1
    if package is None or "{" in package.text or "$" in package.text or "<" in package.text:
        return
    text = package.text
    if re.match(r"(?:github:|git\+|git://|git@|https?://)|[\w.-]+/[\w.-]+(?:#|$)", text) and not text.startswith("@"):
        if not _COMMIT.search(text):
            yield _moving(package, text, "whatever the repository holds that day")
        return
    vulnerable = _REMOTE.fullmatch(text)
    if vulnerable is not None and tuple(map(int, vulnerable["version"].split("."))) < (0, 1, 16):
        yield Risk(
            package,
            "uses `mcp-remote` before 0.1.16, which runs commands that a server it connects to sends (CVE-2025-6514)",
            Severity.CRITICAL,
        )
        return
    found = _NPM_NAME.fullmatch(text)
    if found is None or found["name"] in _LOCAL_TOOLS or text.startswith((".", "/", "~")):
        return
    if found["version"] is None or not _EXACT_NPM.fullmatch(found["version"]):
        yield _moving(package, text, f"whatever release of `{found['name']}` is newest", asks=asks)


def _python(rest: tuple[Word, ...], option: str) -> Iterator[Risk]:
    package: Word | None = None
    index = 0
    while index < len(rest):
        text = rest[index].text
        if text == option or text.startswith(f"{option}="):
            package = Word(text.partition("=")[2], rest[index].span) if "=" in text else None
            if package is None and index + 1 < len(rest):
                package = rest[index + 1]
            break
        if text in _UV_VALUES:
            index += 2
            continue
        if not text.startswith("-"):
            package = rest[index]
            break
        index += 1
    if package is None or (any(sign in package.text for sign in "{$<") and "==" not in package.text):
        return
    text = package.text
    if "git+" in text or re.match(r"https?://", text):
        if not _COMMIT.search(text):
            yield _moving(package, text, "whatever the repository holds that day")
        return
    found = _PY_NAME.fullmatch(text)
    if found is None or text.startswith((".", "/", "~")) or text.endswith((".whl", ".py")) or "/" in text:
        return
    if not found["version"] or not _EXACT_PY.fullmatch(found["version"]):
        yield _moving(package, text, f"whatever release of `{found['name']}` is newest")


def _moving(word: Word, text: str, what: str, *, asks: bool = False) -> Risk:
    sure = Confidence.MEDIUM if asks else Confidence.HIGH
    return Risk(word, f"downloads and runs {what} at every start (`{text}`)", Severity.MEDIUM, sure)


def _container(rest: tuple[Word, ...]) -> Iterator[Risk]:
    index = 0
    while index < len(rest):
        text = rest[index].text
        name, equals, value = text.partition("=")
        if not text.startswith("-"):
            break
        takes = name in _DOCKER_VALUES and not equals
        if takes and index + 1 < len(rest):
            value = rest[index + 1].text
        yield from _grant(rest[index + 1] if takes and index + 1 < len(rest) else rest[index], name, value)
        index += 2 if takes else 1
    if index >= len(rest):
        return
    image = rest[index]
    text = image.text
    if "@sha256:" in text or any(sign in text for sign in "{$<"):
        return
    tag = text.rpartition("/")[2].partition(":")[2]
    if not tag or tag in _MOVING_TAGS:
        yield _moving(image, text, f"whatever the image `{text.partition(':')[0] if tag else text}` is")


def _grant(word: Word, name: str, value: str) -> Iterator[Risk]:
    """What an option of `docker run` hands over."""
    if name == "--privileged":
        yield Risk(word, "runs in a container with `--privileged`, which can take over the machine", Severity.HIGH)
    elif name == "--cap-add" and value.upper().removeprefix("CAP_") in {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE"}:
        yield Risk(word, f"runs in a container with the capability {value}, which breaks out of it", Severity.HIGH)
    elif name in {"--pid", "--network", "--net", "--userns", "--ipc"} and value == "host" and name == "--pid":
        yield Risk(word, "runs in a container that sees all processes of the machine", Severity.HIGH)
    elif name in {"-v", "--volume", "--mount"}:
        source = re.search(r"(?:^|,)(?:src|source)=([^,]*)", value)
        split = re.match(r"[A-Za-z]:[\\/][^:]*|[^:]*", value)
        place = source[1] if source else split[0] if split and name != "--mount" else ""
        if place.rstrip("/").endswith("docker.sock"):
            yield Risk(word, "gets Docker's socket, by which it can take over the machine", Severity.HIGH)
        elif place and _WHOLE.fullmatch(place) and not _PLACEHOLDER.fullmatch(place):
            yield Risk(word, f"gets all of `{place}`", Severity.HIGH)


def _files(words: tuple[Word, ...]) -> Iterator[Risk]:
    """A server for files that is given a home folder or a whole disk."""
    for index, word in enumerate(words):
        if re.search(r"(?:^|[/\\-])(?:mcp-)?(?:server-)?filesystem(?:-server|-mcp(?:-server)?)?(?:@|$)", word.text):
            for folder in words[index + 1 :]:
                if _WHOLE.fullmatch(folder.text) and not _PLACEHOLDER.fullmatch(folder.text):
                    yield Risk(folder, f"may read and write all of `{folder.text}`", Severity.HIGH)
            return
