"""MLW609: a data file with rows about persons that is about to be committed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_TABLES = (".csv", ".tsv")
_RECORDS = (".jsonl", ".ndjson")
# Fewer rows are an example.
_FEWEST = 20
_SAMPLE = 200
# Characters that the sample is taken from; JSON is read whole, so that large files are left alone.
_LONGEST_SAMPLE = 2_000_000
_LONGEST_JSON = 5_000_000
_SEVERE = frozenset(
    {
        "payment card numbers",
        "card numbers",
        "bank accounts",
        "social security numbers",
        "national identity numbers",
        "patient numbers",
    }
)
# A value that fits what its column is called.
_FITS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE),
    "phone numbers": re.compile(r"(?=(?:\D*\d){7})[+\d][\d ()./x-]{6,24}|\([\d ()./x-]{7,24}"),
    "social security numbers": re.compile(r"\d{3}-?\d{2}-?\d{4}"),
    "card numbers": re.compile(r"(?:\d[ -]?){12,18}\d"),
    "bank accounts": re.compile(r"(?=(?:\D*\d){6})[A-Z0-9 -]{8,34}"),
    "dates of birth": re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"),
    "names of persons": re.compile(
        r"(?!(?:unknown|none|null|nan|test.*|user ?\d*)$)[^\W\d_][\w .'-]{1,40}", re.IGNORECASE
    ),
}
_ANY = re.compile(r"(?!(?:unknown|none|null|nan|n/?a|0|-|\?|x+|\*+)$).{3,}", re.IGNORECASE)
_MASKED = re.compile(r"[*x#]{3,}|[0-9a-f]{32,}|<[^>]+>|redacted|masked", re.IGNORECASE)
# A folder of tests, or a word of the file's own name.
_MADE_UP = re.compile(
    r"(?:.*/)?(?:tests?|testing|testdata|fixtures?|examples?|samples?|docs?)/.*"
    r"|(?:.*/)?(?:[^/]*[_.-])?(?:tests?|fixtures?|examples?|samples?|dummy|fake|faker|synthetic|mock|demo|toy)(?:[_.-][^/]*)?"
)


class RawDataFileCommitted(Rule):
    """A table or list of records about persons that is about to be committed.

    ## Why is this bad?

    A repository keeps every file for ever, in every clone: deleting the table later does not take it back, and who asks to
    be forgotten can't be. Everybody with access to the code has the data as well.

    ## How to fix

    Keep data in a store with its own access rights (DVC, Git LFS on a server of yours, a bucket), put the file's name into
    `.gitignore`, and commit a sample with made-up rows. If it was committed already, take it out of the history.

    ## When it is fine

    When the rows are made up, or the data is published on purpose.

    ## Limits

    CSV, TSV and JSON Lines are looked at where they are given by name, as the pre-commit hook does, JSON everywhere. Only
    files of twenty rows and more count, of which the first two hundred are looked at, and only columns whose name and values
    agree; a column of names alone does not. Parquet and SQLite files are not opened.
    """

    code = "MLW609"
    name = "raw-data-file-committed"
    severity = Severity.HIGH
    kinds = (DocumentKind.TEXT,)
    triggers = ("",)
    cwe = (359,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0035",)
    references = (
        Reference(
            "GitHub: removing sensitive data from a repository",
            "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
            "removing-sensitive-data-from-a-repository",
        ),
        Reference("DVC: data versioning", "https://dvc.org/doc/use-cases/versioning-data-and-models"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report a data file once, at its first line."""
        path = document.path.replace("\\", "/").lower()
        rows = _rows(path, document.text)
        if len(rows) < _FEWEST:
            return
        found = _columns(rows)
        kinds = sorted(dict.fromkeys(found.values()), key=lambda kind: kind not in _SEVERE)
        if not kinds or kinds == ["names of persons"] or kinds == ["dates of birth"]:
            return
        name = document.path.replace("\\", "/").rpartition("/")[2]
        columns = ", ".join(f"`{column}`" for column in list(found)[:4])
        strong = kinds[0] in _SEVERE or "e-mail addresses" in kinds
        confidence = (
            Confidence.LOW
            if _MADE_UP.fullmatch(path)
            else Confidence.HIGH
            if strong and len(found) > 1
            else Confidence.MEDIUM
        )
        yield self.finding(
            _first_line(document.text),
            f"`{name}` holds {' and '.join(kinds[:3])} ({columns}): a commit gives them to everybody who has the repository, for good",
            severity=Severity.HIGH if kinds[0] in _SEVERE or len(kinds) > 1 else Severity.MEDIUM,
            confidence=confidence,
        )


def _rows(path: str, text: str) -> list[Mapping[str, str]]:
    """The first rows of a file, each by the names of its columns; [] where it is no such file."""
    if path.endswith(_TABLES):
        return _of_table(text)
    if path.endswith(_RECORDS):
        lines = text[:_LONGEST_SAMPLE].split("\n")[:_SAMPLE]
        return [row for line in lines if line.startswith("{") for row in _of_json(line)]
    if (
        path.endswith(".json")
        and len(text) <= _LONGEST_JSON
        and re.match(r"\s*(?:\[\s*\{|\{\s*\"\w+\"\s*:\s*\[\s*\{)", text)
    ):
        return _of_json(text)
    return []


def _of_table(text: str) -> list[Mapping[str, str]]:
    lines = text[:_LONGEST_SAMPLE].split("\n", _SAMPLE + 1)[: _SAMPLE + 1]
    head = lines[0].lstrip("\ufeff")
    delimiter = max(",;\t|", key=head.count)
    if head.count(delimiter) == 0 or len(head) > 20_000:
        return []
    try:
        return [
            {key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str)}
            for row in csv.DictReader([head, *lines[1:]], delimiter=delimiter)
        ]
    except csv.Error:
        return []


def _of_json(text: str) -> list[Mapping[str, str]]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(read, dict) and "\n" in text.strip():
        read = next((value for value in read.values() if isinstance(value, list)), [])
    records = read if isinstance(read, list) else [read]
    return [
        {
            str(key): str(value)
            for key, value in record.items()
            if isinstance(value, (str, int)) and len(str(value)) <= 200
        }
        for record in records[:_SAMPLE]
        if isinstance(record, dict)
    ]


def _columns(rows: list[Mapping[str, str]]) -> dict[str, str]:
    """The columns whose name says that they are about persons, and most of whose values agree: column -> kind."""
    from mlwarden.rules.data._personal_values import is_nobodys
    from mlwarden.semantics.personal_names import kind_of_name

    found = {}
    for column in dict.fromkeys(key for row in rows for key in row):
        kind = kind_of_name(column.strip())
        if not kind:
            continue
        fits = _FITS.get(kind, _ANY)
        values = [value for row in rows if (value := row.get(column, "").strip())]
        good = {
            value
            for value in values
            if fits.fullmatch(value)
            and not _MASKED.search(value)
            and not (kind == "e-mail addresses" and is_nobodys(value))
        }
        # Different values, most of which fit: no flag, no category, no column of another meaning.
        if len(good) >= _FEWEST // 2 and sum(value in good for value in values) * 2 > len(values):
            found[column.strip()] = kind
    return found


def _first_line(text: str) -> Span:
    end = min((place for place in (text.find("\n"), text.find("\r")) if place >= 0), default=len(text))
    return Span(0, min(end, 200))


def _examples() -> Examples:
    # Made when asked for, so that no file of this repository holds what looks like somebody's data.
    first = [
        "ada",
        "bertrand",
        "carla",
        "dmitri",
        "emmy",
        "fritz",
        "greta",
        "hans",
        "ida",
        "jonas",
        "karla",
        "leo",
        "maria",
        "nils",
        "olga",
        "paul",
        "rosa",
        "stefan",
        "tina",
        "ulf",
    ]
    hosts = ("posteo.de", "gmx.net", "web.de")
    mails = [f"{name}.{chr(97 + index)}berg@{hosts[index % 3]}" for index, name in enumerate(first)]
    phones = [f"+49 30 90{index:02}{index * 7 % 89:02}{index * 13 % 97:02}" for index in range(20)]
    ssns = [f"{212 + index}-{11 + index}-{3141 + index * 37}" for index in range(20)]

    def table(*columns: tuple[str, list[str]], mark: bool = True) -> str:
        head = ",".join(name for name, _ in columns)
        lines = [",".join(row) for row in zip(*(values for _, values in columns), strict=True)]
        return "\n".join([head, *(["^" * len(head)] if mark else []), *lines]) + "\n"

    return (
        Bad(
            table(("id", [str(index) for index in range(20)]), ("first_name", first), ("email", mails)),
            path="data/customers.csv",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`customers.csv` holds names of persons and e-mail addresses (`first_name`, `email`): a commit gives them to "
            "everybody who has the repository, for good",
        ),
        Bad(
            table(("Employee", first), ("SSN", ssns)),
            path="payroll.csv",
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            table(("city", first), ("Phone Number", phones)).replace(",", ";"),
            path="calls.csv",
            severity=Severity.MEDIUM,
        ),
        Bad(
            "\n".join(json.dumps({"user_email": mail, "text": "thanks"}) for mail in mails) + "\n",
            path="feedback.jsonl",
            severity=Severity.MEDIUM,
        ),
        Bad(
            json.dumps(
                [
                    {"email": mail, "date_of_birth": f"19{60 + index}-03-1{index % 9}"}
                    for index, mail in enumerate(mails)
                ]
            ),
            path="export/users.json",
            severity=Severity.HIGH,
        ),
        Bad(
            table(("id", [str(index) for index in range(20)]), ("email", mails)),
            path="tests/fixtures/users.csv",
            confidence=Confidence.LOW,
        ),
        Good(
            table(("name", first), ("email", [f"{name}@example.org" for name in first]), mark=False),
            path="customers.csv",
            because="the addresses are those of an example",
        ),
        Good(
            table(("id", first[:5]), ("email", mails[:5]), mark=False),
            path="sample.csv",
            because="five rows are an example",
        ),
        Good(
            table(("email", ["0", "1"] * 10), ("phone", ["yes", "no"] * 10), ("label", first), mark=False),
            path="channels.csv",
            because="the columns say by which way, not to whom",
        ),
        Good(
            table(("PassengerId", [str(index) for index in range(20)]), ("first_name", first), mark=False),
            path="titanic.csv",
            because="names alone are in many public tables",
        ),
        Good(
            table(("id", first), ("email", ["a3" * 32] * 20), mark=False),
            path="users.csv",
            because="the addresses are hashed",
        ),
        Good(
            '{"email": "build@posteo.de", "steps": [1, 2]}\n',
            path="config.json",
            because="a configuration is no list of persons",
        ),
        Missed(
            "\n".join(mails) + "\n",
            path="recipients.csv",
            because="a list without a heading is not told from other words",
        ),
    )
