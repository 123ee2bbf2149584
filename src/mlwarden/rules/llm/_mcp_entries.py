"""The servers that the configuration of an MCP client names: what it starts or connects to, with places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_lines import Word, parse_commands
from mlwarden.rules.llm._json_tree import Node, read
from mlwarden.semantics.values import Mapping, Sequence, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite

# The member of a client's settings that holds the servers, by their names or as a list.
_SERVERS = frozenset({"mcpServers", "mcp_servers", "context_servers"})
# Files in which a less telling name holds them: VS Code's and OpenCode's.
_OWN_FILE = re.compile(r"(?:.*/)?(?:\.vscode/mcp\.json|mcp\.json|\.mcp\.json|opencode\.jsonc?)", re.IGNORECASE)
_YAML_FILE = re.compile(
    r"(?:.*/)?(?:\.continue/.+|\.?goose/config|librechat|[^/]*mcp[^/]*|\.?aider.*)\.ya?ml", re.IGNORECASE
)
_JSON = (".json", ".jsonc", ".json5", ".code-workspace")
_TOML_SECTION = re.compile(
    r"^[ \t]*\[[ \t]*(?:[\w\"'-]+\.)?mcp_?[sS]ervers\.(?P<name>[^\]\r\n.]+)[ \t]*\][^\r\n]*", re.MULTILINE
)
_TOML_NEXT = re.compile(r"^[ \t]*\[", re.MULTILINE)
_TOML_VALUE = re.compile(
    r"^[ \t]*(?P<name>command|args|url)[ \t]*=[ \t]*(?:\"(?P<text>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<raw>[^'\r\n]*)'|\[(?P<items>[^\]]*)\])",
    re.MULTILINE,
)
_STRINGS = re.compile(r"\"(?P<double>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<single>[^'\r\n]*)'|(?P<plain>[^\s,\"'\[\]]+)")
_YAML_VALUE = re.compile(
    r"^(?P<indent>[ ]*)(?P<dash>-[ ]+)?(?P<name>command|cmd|args|url|uri)[ ]*:[ \t]*(?P<rest>[^\r\n]*)", re.MULTILINE
)
_YAML_ITEM = re.compile(r"(?P<indent>[ ]*)-[ ]+(?P<text>[^\r\n]+)")
_MOST = 400


@dataclass(frozen=True, slots=True)
class Server:
    """A server as a client knows it.

    Attributes:
        name: what the client calls it, or "".
        words: the program and its arguments; none for a remote server. "{}" stands for what is not known.
        url: the address of a remote server, with its place; None for one that is started.
        node: its settings in a JSON file.
    """

    name: str
    words: tuple[Word, ...] = ()
    url: Word | None = None
    node: Node | None = None


def servers_in_text(path: str, text: str) -> Iterator[Server]:
    """The servers that a configuration file names, by what kind of file it is."""
    lower = path.lower().replace("\\", "/")
    if lower.endswith(_JSON):
        yield from _in_json(lower, read(text))
    elif lower.endswith(".toml"):
        yield from _in_toml(text)
    elif lower.endswith((".yml", ".yaml")) and (
        _YAML_FILE.fullmatch(lower) or re.search(r"^\s*mcp_?[sS]ervers[ ]*:", text, re.MULTILINE)
    ):
        yield from _in_yaml(text)


def servers_in_call(call: CallSite) -> Iterator[Server]:
    """The servers that a call of an MCP client gets: as keywords, or in dictionaries."""
    command = call.argument("command")
    if not command.is_absent:
        yield _of_values("", command, call.argument("args"), call.span)
    url = call.argument("url", 0)
    if command.is_absent and url.string() is not None and "://" in str(url.string()):
        yield Server("", url=Word(str(url.string()), call.span))
    for argument in call.arguments:
        yield from _in_value("", argument.value, call.span, 4)


def _in_value(name: str, value: Value, span: Span, depth: int) -> Iterator[Server]:
    for option in value.alternatives():
        if isinstance(option, Mapping):
            command = option.get("command")
            if not command.is_absent and command.strings():
                yield _of_values(name, command, option.get("args"), span)
                continue
            url = option.get("url").string()
            if url is not None:
                yield Server(name, url=Word(url, span))
            elif depth > 0:
                for key, item in option.items:
                    yield from _in_value(str(key), item, span, depth - 1)


def _of_values(name: str, command: Value, args: Value, span: Span) -> Server:
    words = [*parse_commands(command.string() or "{}")[:1]]
    first = tuple(Word(word.text, span) for word in words[0].words) if words else (Word("{}", span),)
    rest: tuple[Word, ...] = ()
    for option in args.alternatives():
        if isinstance(option, Sequence):
            rest = tuple(Word(item.string() or "{}", span) for item in option.items)
            break
    return Server(name, (*first, *rest))


# --- JSON ------------------------------------------------------------------------------------------------------------


def _in_json(path: str, root: Node) -> Iterator[Server]:
    groups = [node for name, node in root.walk() if name in _SERVERS]
    if _OWN_FILE.fullmatch(path):
        groups.extend(node for name, node in root.members if name in {"servers", "mcp"})
    for group in groups:
        members = group.members or [("", item) for item in group.items]
        for name, node in members:
            if node.kind == "object":
                yield _of_node(name, node)


def _of_node(name: str, node: Node) -> Server:
    command = node.get("command")
    words: list[Word] = []
    if command is not None and command.kind == "object":  # Zed: {"path": "npx", "args": []}
        path, args = command.get("path"), command.get("args")
        words = _words(path) + _words(args)
    elif command is not None:
        words = _words(command) + _words(node.get("args"))
        if command.kind == "scalar" and words and " " in words[0].text and len(words) == 1:
            words = [word for found in parse_commands(words[0].text)[:1] for word in found.words]
            words = [Word(word.text, command.span) for word in words]
    address = node.get("url", "serverUrl", "httpUrl", "uri")
    url = None
    if address is not None and isinstance(address.value, str):
        url = Word(address.value, address.span)
    return Server(name, tuple(words), url, node)


def _words(node: Node | None) -> list[Word]:
    return [] if node is None else [Word(str(each.value), each.span) for each in node.strings()]


# --- TOML ------------------------------------------------------------------------------------------------------------


def _in_toml(text: str) -> Iterator[Server]:
    for section in _TOML_SECTION.finditer(text):
        following = _TOML_NEXT.search(text, section.end())
        found: dict[str, list[Word]] = {}
        for match in _TOML_VALUE.finditer(text, section.end(), following.start() if following else len(text)):
            if match["items"] is not None:
                found[match["name"]] = _flow(text, *match.span("items"))
            else:
                group = "text" if match["text"] is not None else "raw"
                found[match["name"]] = [Word(match[group], Span(*match.span(group)))]
        urls = found.get("url", [])
        words = (*found.get("command", []), *found.get("args", [])) if "command" in found else ()
        yield Server(section["name"].strip("\"' "), tuple(words), urls[0] if urls else None)


def _flow(text: str, start: int, end: int) -> list[Word]:
    found = []
    for match in _STRINGS.finditer(text, start, end):
        group = match.lastgroup or "plain"
        found.append(Word(match[group], Span(*match.span(group))))
    return found[:_MOST]


# --- YAML ------------------------------------------------------------------------------------------------------------


def _in_yaml(text: str) -> Iterator[Server]:
    """Mappings with `command` or `url`; `args` belongs to the nearest `command` of the same level without a gap."""
    keys = [(match, len(match["indent"]) + len(match["dash"] or "")) for match in _YAML_VALUE.finditer(text)][:_MOST]
    for index, (match, level) in enumerate(keys):
        words = _yaml_words(text, match, level)
        if match["name"] in {"url", "uri"} and words:
            yield Server("", url=words[0])
        elif match["name"] in {"command", "cmd"}:
            if len(words) == 1 and " " in words[0].text:
                found = parse_commands(words[0].text, offset=words[0].span.start)[:1]
                words = [word for command in found for word in command.words]
            for other, its_level in (*keys[index + 1 : index + 4], *keys[max(index - 1, 0) : index]):
                between = sorted(((match.start(), match.end()), (other.start(), other.end())))
                gap = text[between[0][1] : between[1][0]]
                if other["name"] == "args" and its_level == level and _same_mapping(gap, level):
                    words = [*words, *_yaml_words(text, other, level)]
                    break
            yield Server("", tuple(words))


def _same_mapping(between: str, level: int) -> bool:
    lines = [line for line in between.splitlines()[1:] if line.strip()]
    return all(len(line) - len(line.lstrip(" ")) >= level or line.lstrip().startswith("- ") for line in lines)


def _yaml_words(text: str, match: re.Match[str], level: int) -> list[Word]:
    rest, start = match["rest"].strip(), match.start("rest")
    if rest.startswith("["):
        close = text.find("]", start)
        return _flow(text, text.index("[", start) + 1, close if close >= 0 else match.end())
    if rest and not rest.startswith("#"):
        plain = re.sub(r"\s+#.*", "", rest)
        offset = start + match["rest"].index(rest)
        if len(plain) > 1 and plain[0] in "\"'" and plain.endswith(plain[0]):
            plain, offset = plain[1:-1], offset + 1
        return [Word(plain, Span(offset, offset + len(plain)))]
    found: list[Word] = []
    position = text.find("\n", match.end()) + 1
    while 0 < position < len(text) and len(found) < _MOST:
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        item = _YAML_ITEM.fullmatch(text[position:end].rstrip("\r"))
        if item is None or len(item["indent"]) < level - 2:
            break
        plain = re.sub(r"\s+#.*", "", item["text"].strip())
        offset = position + item.start("text")
        if len(plain) > 1 and plain[0] in "\"'" and plain.endswith(plain[0]):
            plain, offset = plain[1:-1], offset + 1
        found.append(Word(plain, Span(offset, offset + len(plain))))
        position = end + 1
    return found
