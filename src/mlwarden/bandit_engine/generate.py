"""Write what is derived from the installed Bandit: `_index.py`, and the table in docs/bandit.md.

    python -m mlwarden.bandit_engine.generate [--check]

Needed after an upgrade of Bandit that brings or changes tests, or after a change of `choices.py`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bandit.core import extension_loader
from bandit.core.issue import Cwe

from mlwarden.bandit_engine.choices import CHOICES, OVERLAPS

INDEX = Path(__file__).with_name("_index.py")
DOCS = Path(__file__).parents[3] / "docs" / "bandit.md"
START, END = "<!-- the table is made by python -m mlwarden.bandit_engine.generate -->\n", "<!-- end of the table -->\n"
_RANK = ("LOW", "MEDIUM", "HIGH")

_HEAD = '''\
"""Bandit's tests. Made by `python -m mlwarden.bandit_engine.generate`; do not edit."""

from __future__ import annotations

from mlwarden.bandit_engine.choices import Test
from mlwarden.model.levels import Severity

TESTS = (
'''
_ENTRY = """\
    Test(
        "{code}",
        "{name}",
        "{summary}",
        Severity.{level},
        {cwe},
        "{page}",
        "{options}",
    ),
"""
# For Bandit's lists of calls the messages say what to do rather than what is reported, and some titles say too little.
_SUMMARIES = {
    "B101": "Assert statement",
    "B102": "Use of exec",
    "B202": "A tar archive extracted without a look at its members",
    "B301": "Loading with pickle, dill, shelve, jsonpickle or pandas.read_pickle",
    "B302": "Loading with marshal",
    "B303": "MD2, MD4, MD5 or SHA-1 from a cryptography package",
    "B304": "A broken or weak cipher",
    "B305": "A cipher in ECB mode",
    "B306": "Use of tempfile.mktemp",
    "B307": "Use of eval",
    "B308": "Use of Django's mark_safe",
    "B310": "urlopen and its like, which also open file: and custom schemes",
    "B311": "Random numbers that are not for cryptography",
    "B312": "Use of Telnet",
    "B313": "XML read with xml.etree.cElementTree",
    "B314": "XML read with xml.etree.ElementTree",
    "B315": "XML read with xml.sax.expatreader",
    "B316": "XML read with xml.dom.expatbuilder",
    "B317": "XML read with xml.sax",
    "B318": "XML read with xml.dom.minidom",
    "B319": "XML read with xml.dom.pulldom",
    "B321": "Use of FTP",
    "B323": "A TLS context that verifies nothing",
    "B324": "MD4, MD5 or SHA-1 from hashlib, not marked as meant for no security",
    "B502": "SSL, TLS 1.0 or TLS 1.1 asked for",
    "B503": "SSL, TLS 1.0 or TLS 1.1 as a default",
    "B504": "ssl.wrap_socket without a protocol version",
    "B505": "A key too short for its algorithm",
    "B506": "yaml.load with a loader that makes objects",
    "B508": "SNMP version 1 or 2",
    "B509": "SNMP without authentication or encryption",
    "B601": "A command run over SSH with Paramiko",
    "B602": "subprocess with shell=True",
    "B603": "subprocess without a shell",
    "B604": "Any other call with shell=True",
    "B605": "A process started through a shell",
    "B606": "A process started without a shell",
    "B607": "A program named without its folder",
    "B608": "SQL made by formatting a string",
    "B609": "A wildcard in a shell command",
    "B610": "SQL made for Django's extra()",
    "B611": "SQL made for Django's RawSQL",
    "B701": "Jinja2 without autoescape",
    "B702": "A Mako template",
    "B703": "Markup made for Django's mark_safe",
    "B704": "Markup made for markupsafe.Markup",
}


def rows() -> list[tuple[str, str, str, str, int, str, str]]:
    """(code, name, summary, severity, CWE, page, options) for each test of the installed Bandit, by code."""
    found = [_plugin_row(plugin) for plugin in extension_loader.MANAGER.plugins]
    found += [_entry_row(entry) for entry in extension_loader.MANAGER.blacklist_by_id.values()]
    found = [(row[0], row[1], _SUMMARIES.get(row[0], row[2]), *row[3:]) for row in found if row[0] != "B001"]
    return sorted(found)


def _plugin_row(plugin: Any) -> tuple[str, str, str, str, int, str, str]:
    function = plugin.plugin
    module = sys.modules[function.__module__]
    code = function._test_id
    title = re.search(rf"^\**{code}: (.*?)\**$", f"{function.__doc__ or ''}\n{module.__doc__ or ''}", re.MULTILINE)
    body = inspect.getsource(function)
    # The severity stands in the function, or in the helper that makes the issue for it.
    source = body if "severity=" in body else inspect.getsource(module)
    levels = re.findall(r"\bbandit\.(LOW|MEDIUM|HIGH)\b", source.replace("confidence=bandit.", ""))
    weakness = re.search(r"Cwe\.([A-Z_]+)", source)
    page = f"plugins/{code.lower()}_{function.__name__}.html"
    options = getattr(function, "_takes_config", "")
    return (
        code,
        plugin.name,
        _sentence(title[1] if title else plugin.name),
        max(levels, key=_RANK.index),
        getattr(Cwe, weakness[1]) if weakness else 0,
        page,
        options,
    )


def _entry_row(entry: dict[str, Any]) -> tuple[str, str, str, str, int, str, str]:
    code, name = entry["id"], entry["name"]
    kind = "calls" if code.startswith("B3") else "imports"
    anchor = f"{code}-{name}".lower().replace("_", "-")
    if code in ("B304", "B305"):
        anchor = "b304-b305-ciphers-and-modes"
    elif "B313" <= code <= "B320":
        anchor = "b313-b320-xml"
    summary = (
        entry["message"].replace("Using {name}", "Parsing").replace("{name}", "").split(". ")[0].split(", possible")[0]
    )
    if kind == "imports":
        summary = "Import of " + ", ".join(entry["qualnames"][:3])
    return (
        code,
        name,
        _sentence(summary),
        entry["level"],
        entry["cwe"],
        f"blacklists/blacklist_{kind}.html#{anchor}",
        "",
    )


def _sentence(text: str) -> str:
    text = " ".join(text.replace('"', "'").split())
    text = re.sub(r"^(Test for( the)?( use of)?|Checking for) ", "", text)
    return text[:1].upper() + text[1:].rstrip(".")


def index() -> str:
    """The text of `_index.py`."""
    names = ("code", "name", "summary", "level", "cwe", "page", "options")
    return _HEAD + "".join(_ENTRY.format(**dict(zip(names, row, strict=True))) for row in rows()) + ")\n"


def docs_table() -> str:
    """The table of docs/bandit.md: every test, whether it is on, why, and which rules of ours cover it."""
    lines = ["| test | what | default | why | ours |\n", "| --- | --- | --- | --- | --- |\n"]
    for code, _, summary, *_ in rows():
        choice = CHOICES.get(code)
        ours = ", ".join(f"{c}xx" if len(c) == 4 else c for c in OVERLAPS.get(code, ()))
        default, why = ("on" if choice.on else "off", choice.why) if choice else ("off", "not judged yet")
        lines.append(f"| {code} | {summary} | {default} | {why} | {ours} |\n")
    return "".join(lines)


def main(argv: Sequence[str]) -> int:
    """Write both, or with `--check` say whether they are current: 0 if so, else 1."""
    text = DOCS.read_text(encoding="utf-8")
    before, rest = text.split(START)
    wanted = {INDEX: index(), DOCS: before + START + docs_table() + END + rest.split(END)[1]}
    stale = [
        path for path, content in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    for path in stale:
        if "--check" in argv:
            print(f"{path.name} is stale: run python -m mlwarden.bandit_engine.generate", file=sys.stderr)
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return int("--check" in argv and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
