"""How many of the secrets that gitleaks and detect-secrets test themselves with does mlwarden find, and how many of their
negative cases does it report?

    python benchmarks/secrets_recall.py --gitleaks PATH --detect-secrets PATH [--missed] [--seed N]

The paths are of checkouts (or bare clones) of github.com/gitleaks/gitleaks and github.com/Yelp/detect-secrets. Their cases
are read there at run time: the Go expressions of gitleaks' rules are evaluated, values that they make up from a regular
expression are made up anew. A third table puts made-up values of every format of ours into the notations of gitleaks.

A value that says that it is none (`AKIAZZZZZZZZZZZZZZZZ`, `password`) counts as left out on purpose, not as missed.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlwarden.secrets.checksums import is_jwt
from mlwarden.secrets.formats import all_formats
from mlwarden.secrets.placeholders import placeholder_reason
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import find_secrets

try:
    from re import _parser as sre_parse  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse  # type: ignore[no-redef]

# The rule files of providers that people who do machine learning use.
RULES = [
    "anthropic",
    "aws",
    "azure",
    "cloudflare",
    "cohere",
    "databricks",
    "digitalocean",
    "discord",
    "gcp",
    "github",
    "gitlab",
    "grafana",
    "hashicorp_vault",
    "huggingface",
    "jwt",
    "linear",
    "mailchimp",
    "notion",
    "npm",
    "openai",
    "perplexity",
    "prefect",
    "privatekey",
    "pypi",
    "sendgrid",
    "sentry",
    "slack",
    "stripe",
    "telegram",
    "twilio",
]
PLUGINS = [
    "aws_key",
    "azure_storage_key",
    "basic_auth",
    "discord",
    "github_token",
    "gitlab_token",
    "jwt",
    "mailchimp_key",
    "npm",
    "openai",
    "private_key",
    "pypi_token",
    "sendgrid",
    "slack",
    "stripe_key",
    "telegram_token",
    "twilio",
]


# Functions of gitleaks' rules whose positives open nothing, and why.
NO_SECRETS = {
    "DiscordAPIToken": "64 hexadecimal digits are the public key of a Discord application",
    "DiscordClientSecret": "its made-up value has digits only, which no real one has",
    "DiscordClientID": "a client id is public",
    "GCPServiceAccount": "the type of a file, not the key in it",
}


@dataclass
class Tally:
    found: int = 0
    missed: list[str] = field(default_factory=list)
    left_out: int = 0
    reported: list[str] = field(default_factory=list)
    silent: int = 0

    def row(self, name: str) -> str:
        positives = self.found + len(self.missed)
        recall = f"{self.found / positives:7.1%}" if positives else "      -"
        negatives = self.silent + len(self.reported)
        return f"{name:28} {positives:6} {recall} {self.left_out:9} {negatives:10} {len(self.reported):9}"

    def add(self, other: Tally) -> None:
        self.found += other.found
        self.missed += other.missed
        self.left_out += other.left_out
        self.reported += other.reported
        self.silent += other.silent


def files(checkout: Path, folder: str) -> Callable[[str], str | None]:
    """Read a file of a checkout or of a bare repository."""

    def read(name: str) -> str | None:
        path = checkout / folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
        shown = subprocess.run(
            ["git", "-C", str(checkout), "show", f"HEAD:{folder}/{name}"], capture_output=True, check=False
        )
        return shown.stdout.decode("utf-8", "replace") if shown.returncode == 0 else None

    return read


# --- Go expressions --------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<raw>`[^`]*`)|(?P<text>\"(?:[^\"\\\n]|\\.)*\")|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>\d[\w.]*)|(?P<mark>:=|\.\.\.|[^\s\w])",
    re.DOTALL,
)
_START = re.compile(
    r"^\t+(?P<name>tps|fps|\w+)\s*:?=\s*(?=append|utils\.|secrets\.|fmt\.|\[\]string|[`\"])", re.MULTILINE
)


class UnreadableError(Exception):
    """An expression that is more than texts, regular expressions and lists of them."""


class Expression:
    """A Go expression, evaluated while it is read."""

    def __init__(self, text: str, start: int, names: dict[str, object], make: Callable[[str, str], list[str]]) -> None:
        self.tokens = [
            (match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text, start) if match.lastgroup != "space"
        ]
        self.place = 0
        self.names = names
        self.make = make

    def next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise UnreadableError
        self.place += 1
        return self.tokens[self.place - 1]

    def at(self, mark: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place][1] == mark

    def skip(self, mark: str) -> bool:
        if self.at(mark):
            self.place += 1
            return True
        return False

    def value(self) -> object:
        value = self.term()
        while self.skip("+"):
            other = self.term()
            if not isinstance(value, str) or not isinstance(other, str):
                raise UnreadableError
            value += other
        return value

    def term(self) -> object:
        kind, token = self.next()
        if kind == "raw":
            return token[1:-1]
        if kind == "text":
            try:
                return str(ast.literal_eval(token))
            except (SyntaxError, ValueError) as error:
                raise UnreadableError from error
        if token == "[":
            if not (self.skip("]") and self.skip("string") and self.skip("{")):
                raise UnreadableError
            return self.items("}")
        if token == "(":
            value = self.value()
            self.skip(")")
            return value
        if kind == "name":
            name = token
            while self.skip("."):
                name += "." + self.next()[1]
            if self.skip("("):
                return self.call(name, self.items(")"))
            if name == "nil":
                return []
            if name in self.names:
                return self.names[name]
        raise UnreadableError(token)

    def items(self, end: str) -> list[object]:
        found: list[object] = []
        while not self.skip(end):
            value = self.value()
            if self.skip("..."):
                found.extend(value if isinstance(value, list) else [value])
            else:
                found.append(value)
            if not self.skip(",") and not self.at(end):
                raise UnreadableError
        return found

    def call(self, name: str, given: list[object]) -> object:
        texts = [value for value in given if isinstance(value, str)]
        if name == "append":
            first, *rest = given
            flat = [item for value in rest for item in (value if isinstance(value, list) else [value])]
            return [*(first if isinstance(first, list) else [first]), *flat]
        if name == "utils.GenerateSampleSecrets":
            return self.make(texts[0], texts[1])
        if name == "utils.GenerateSampleSecret":
            return f'{texts[0]}_api_token = "{texts[1]}"'
        if name.startswith("secrets.NewSecret"):
            return made_up(texts[0])
        if name == "fmt.Sprintf":
            return re.sub(r"%[sdv]", "{}", texts[0].replace("{", "{{").replace("}", "}}")).format(*texts[1:])
        sizes = {
            "utils.Numeric": "[0-9]",
            "utils.Hex": "[a-f0-9]",
            "utils.AlphaNumeric": "[a-z0-9]",
            "utils.AlphaNumericExtendedShort": "[a-z0-9_-]",
            "utils.AlphaNumericExtended": r"[a-z0-9_\-]",
            "utils.AlphaNumericExtendedLong": r"[a-z0-9/_+\-]",
        }
        if name in sizes:
            return f"{sizes[name]}{{{texts[0]}}}"
        if name == "utils.Hex8_4_4_4_12":
            return "-".join(f"[0-9a-f]{{{size}}}" for size in (8, 4, 4, 4, 12))
        if name == "strings.ToUpper":
            return texts[0].upper()
        if name == "strings.ToLower":
            return texts[0].lower()
        raise UnreadableError(name)


def made_up(pattern: str) -> str:
    """A random text that the regular expression matches."""
    return _of(sre_parse.parse(re.sub(r"\(\?i:?\)?|(?<!\\)\\b", "(?:" if "(?i:" in pattern else "", pattern)))


def _of(parsed: object) -> str:
    text = ""
    for operation, argument in parsed:  # type: ignore[attr-defined]
        name = str(operation)
        if name == "LITERAL":
            text += chr(argument)
        elif name == "IN":
            text += random.choice(_characters(argument))
        elif name == "ANY":
            text += random.choice("abcXYZ019")
        elif name in {"MAX_REPEAT", "MIN_REPEAT"}:
            least, most, inner = argument
            text += "".join(_of(inner) for _ in range(random.randint(least, min(int(most), least + 8))))
        elif name == "SUBPATTERN":
            text += _of(argument[-1])
        elif name == "BRANCH":
            text += _of(random.choice(argument[1]))
        elif name != "AT":
            raise UnreadableError(name)
    return text


def _characters(parts: object) -> str:
    found = ""
    for operation, argument in parts:  # type: ignore[attr-defined]
        name = str(operation)
        if name == "LITERAL":
            found += chr(argument)
        elif name == "RANGE":
            found += "".join(map(chr, range(argument[0], argument[1] + 1)))
        elif name == "CATEGORY":
            found += "0123456789" if str(argument).endswith("DIGIT") else "ABCXYZabcxyz0189_"
        else:
            raise UnreadableError(name)
    return found


def notations(source: str) -> Callable[[str, str], list[str]]:
    """How gitleaks writes a secret of a provider in the notations of many languages, from its own table."""
    start = source.index("map[string]string{")
    table = re.findall(r"^\t\t\"[^\"\n]+\":\s*(`[^`]*`|\"(?:[^\"\\\n]|\\.)*\"),", source[start:], re.MULTILINE)
    forms = [form[1:-1] if form[0] == "`" else str(ast.literal_eval(form)) for form in table]

    def make(identifier: str, secret: str) -> list[str]:
        return [
            form.replace("{i}", identifier).replace("{I}", identifier.upper()).replace("{s}", secret) for form in forms
        ]

    return make


def without(source: str, functions: Collection[str]) -> str:
    """A Go file without some of its functions."""
    parts = re.split(r"^(?=func )", source, flags=re.MULTILINE)
    return "".join(part for part in parts if not part.startswith(tuple(f"func {name}(" for name in functions)))


def gitleaks_cases(source: str, make: Callable[[str, str], list[str]]) -> Iterator[tuple[str, bool]]:
    """The cases of a rule file: text, and whether it holds a secret."""
    names: dict[str, object] = {}
    cases: list[tuple[str, bool]] = []
    for found in _START.finditer(source):
        name = found["name"]
        if name in {"tps", "fps"} and ":=" in found[0]:
            names.pop(name, None)
        try:
            value = Expression(source, found.end(), names, make).value()
        except (UnreadableError, IndexError, ValueError, re.error):
            value = _texts_of_list(source, found.end(), names, make) if name in {"tps", "fps"} else None
        if value is None:
            continue
        old = names.get(name)
        new = value if isinstance(value, list) else [value]
        if name in {"tps", "fps"}:
            known = len(old) if isinstance(old, list) and value is not old and new[: len(old)] == old else 0
            cases += [(str(text), name == "tps") for text in new[known:]]
        names[name] = value
    yield from dict.fromkeys(cases)


def _texts_of_list(
    source: str, start: int, names: dict[str, object], make: Callable[[str, str], list[str]]
) -> list[object]:
    """The elements that can be read of a list of which others cannot."""
    end = source.find("\n\t}", start)
    found: list[object] = []
    for line in re.finditer(r"^\t\t+(?=[`\"])", source[start : end if end > 0 else len(source)], re.MULTILINE):
        try:
            value = Expression(source, start + line.end(), names, make).value()
        except (UnreadableError, IndexError, ValueError, re.error):
            continue
        found.append(value)
    return found


# --- detect-secrets' tests -------------------------------------------------------------------------------------------


def plugin_cases(source: str) -> Iterator[tuple[str, bool]]:
    """The literal parameters of a test module; a test without a second parameter has positives only."""
    tree = ast.parse(source)
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize" and len(node.args) > 1
        ):
            continue
        listed = node.args[1]
        for element in listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else ():
            parts = element.elts if isinstance(element, ast.Tuple) else [element]
            text = _text(parts[0], constants)
            flag = parts[1].value if len(parts) > 1 and isinstance(parts[1], ast.Constant) else len(parts) == 1
            if text is not None and isinstance(flag, bool):
                yield text, flag


def _text(node: ast.expr, constants: dict[str, object]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return str(constants[node.id]) if node.id in constants else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, constants), _text(node.right, constants)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        form, values = _text(node.func.value, constants), [_text(value, constants) for value in node.args]
        return None if form is None or None in values else form.format(*values)
    return None


# --- measuring -------------------------------------------------------------------------------------------------------


def measured(cases: Iterator[tuple[str, bool]]) -> Tally:
    tally = Tally()
    for text, is_secret in cases:
        hit = next(find_secrets(text), None)
        if is_secret and hit is not None:
            tally.found += 1
        elif is_secret and says_it_is_none(text):
            tally.left_out += 1
        elif is_secret:
            tally.missed.append(text)
        elif hit is not None:
            tally.reported.append(f"{hit.format}: {text}")
        else:
            tally.silent += 1
    return tally


def says_it_is_none(text: str) -> bool:
    """Whether every long word of a text is a placeholder by mlwarden's own list."""
    tokens = re.findall(r"\bey[\w\-/\\=]+\.ey[\w\-/\\=]+(?:\.[\w\-/\\]*=*)?", text)
    if tokens:  # no JSON in it, no signature, or the token of everybody's example
        return not any(is_jwt(token) for token in tokens)
    words = re.findall(r"[\w+/=~.\-]{8,}", text, re.ASCII) or [text]
    words = [re.sub(r"^[a-z]{2,8}-", "", word) for word in words]
    return all(
        placeholder_reason(word) for word in words if re.search(r"[0-9]", word) or len(word) > 24 or len(words) == 1
    )


def own_cases(make: Callable[[str, str], list[str]]) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Three made-up values of each of our formats, in every notation; the identifier names the provider."""
    for token in all_formats():
        word = token.near[0] if token.near else token.id.split("-")[0]
        word = re.sub(r"\W", "_", word)
        if token.extent is not None or token.id in {"aws-presigned", "azure-sas"}:  # parts of URLs
            continue
        yield token.id, [(text, True) for number in range(3) for text in make(word, sample(token.id, number))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gitleaks", type=Path)
    parser.add_argument("--detect-secrets", type=Path)
    parser.add_argument("--missed", action="store_true", help="print what was missed and what was reported wrongly")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    total = Tally()
    print(f"{'':28} {'cases':>6} {'recall':>7} {'left out':>9} {'negatives':>10} {'reported':>9}")
    tables: list[tuple[str, Tally]] = []
    if options.gitleaks:
        rule, tool = (
            files(options.gitleaks, "cmd/generate/config/rules"),
            files(options.gitleaks, "cmd/generate/config/utils"),
        )
        make = notations(tool("generate.go") or "")
        for name in RULES:
            source = rule(f"{name}.go")
            if source is not None:
                tables.append((f"gitleaks {name}", measured(gitleaks_cases(without(source, NO_SECRETS), make))))
        ours = Tally()
        for _, cases in own_cases(make):
            ours.add(measured(iter(cases)))
        tables.append(("our formats, their notations", ours))
    if options.detect_secrets:
        test = files(options.detect_secrets, "tests/plugins")
        for name in PLUGINS:
            source = test(f"{name}_test.py")
            if source is not None:
                tables.append((f"detect-secrets {name}", measured(plugin_cases(source))))
    for name, tally in tables:
        print(tally.row(name))
        total.add(tally)
    print(total.row("all"))
    if options.missed:
        for name, tally in tables:
            for text in tally.missed:
                print(f"MISSED {name}: {text[:300]!r}")
            for text in tally.reported:
                print(f"REPORTED {name}: {text[:300]!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
