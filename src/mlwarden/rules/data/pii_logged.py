"""MLW606: personal data that is printed or logged."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.data._formatted import Surroundings, expression_of, unparsed
from mlwarden.rules.data._shown import Frames, place_of
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.personal_identifiers import is_personal, spellings
from mlwarden.semantics.statements import parse

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Argument, CallSite
    from mlwarden.semantics.model import SemanticModel

# Methods and attributes that show what they are called on.
_SHOWS = frozenset(
    [
        "head",
        "tail",
        "sample",
        "to_string",
        "tolist",
        "to_list",
        "to_dict",
        "to_markdown",
        "to_html",
        "to_json",
        "to_csv",
        "unique",
        "value_counts",
        "values",
        "copy",
        "reset_index",
        "set_index",
        "dropna",
        "sort_values",
        "drop_duplicates",
        "astype",
        "strip",
        "lower",
        "upper",
        "title",
        "iloc",
        "loc",
        "items",
        "keys",
        "show",
        "collect",
        "limit",
        "toPandas",
        "to_pandas",
        "style",
        "T",
        "nlargest",
        "nsmallest",
        "first",
        "last",
        "sort_index",
        "fillna",
        "itertuples",
        "iterrows",
        "most_common",
    ]
)
_SHOWING_CALLS = frozenset(
    [
        "str",
        "repr",
        "list",
        "set",
        "sorted",
        "tuple",
        "dict",
        "format",
        "dumps",
        "pformat",
        "reversed",
        "DataFrame",
        "Series",
        "Table",
    ]
)
_DEPTH = 8
# Arguments of trackers that are the record itself.
_KEYWORDS = frozenset(
    [
        "data",
        "dataframe",
        "value",
        "values",
        "row_or_dict",
        "text",
        "extra",
        "msg",
        "message",
        "object",
        "columns",
        "dictionary",
        "params",
        "metrics",
    ]
)


class PiiLogged(Rule):
    """Personal data that is printed or logged.

    ## Why is this bad?

    Logs, cell outputs and experiment trackers are copied, kept and read by more people than the table the data came
    from, and nobody deletes a person from them. A notebook with `df.head()` in it takes five customers along wherever
    it is pushed.

    ## How to fix

    Show what the work needs: counts, shapes, types. Drop the columns, or mask the values, before something is shown or
    logged.

    ## When it is fine

    With data that was made up. Say so in the suppression.

    ## Limits

    Names decide: columns, fields and variables called `email`, `ssn`, `date_of_birth`, `phone_number`, `patient_name` and
    the like. A value that passed a function that isn't known to show it is taken as masked. A table counts where the code
    says which columns it has, or uses one of them.
    """

    code = "MLW606"
    name = "pii-logged"
    severity = Severity.MEDIUM
    triggers = ("@personal", *(words for words in spellings() if words.startswith("~")))
    cwe = (532, 359)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0057",)
    references = (
        Reference(
            "OWASP: data to exclude from logs",
            "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
        ),
        Reference("GDPR, article 5: data minimisation", "https://gdpr-info.eu/art-5-gdpr/"),
    )
    examples = (
        Bad(
            """
            import logging

            log = logging.getLogger(__name__)

            def score(customer, model):
                log.info("scoring %s", customer.email)
                                       ^^^^^^^^^^^^^^
                return model.predict(customer.features)
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`customer.email` is logged: personal data ends up where more people read it and nobody deletes it",
        ),
        Bad(
            """
            def greet(user):
                print(f"{user['name']}, born {user['date_of_birth']}")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`user['date_of_birth']` is printed: personal data ends up where more people read it and nobody deletes it",
        ),
        Bad(
            """
            import pandas as pd

            patients = pd.read_csv("patients.csv", usecols=["patient_id", "ssn", "age"])
            print(patients.head())
                  ^^^^^^^^^^^^^^^
            print(patients["age"].mean())
            """,
            confidence=Confidence.MEDIUM,
            message="`patients` with the column `patient_id` is printed: personal data ends up where more people read it and "
            "nobody deletes it",
        ),
        Bad(
            as_notebook(
                "import pandas as pd\ndf = pd.read_parquet('users.parquet')",
                "df['domain'] = df['email'].str.split('@').str[1]",
                "df.head()",
            ),
            path="example.ipynb",
            confidence=Confidence.LOW,
            texts=("df.head()",),
        ),
        Bad(
            as_notebook("import pandas as pd\ndf = pd.read_csv('users.csv')\ndf[['Phone Number', 'age']].sample(5)"),
            path="example.ipynb",
            confidence=Confidence.MEDIUM,
            texts=("df[['Phone Number', 'age']].sample(5)",),
        ),
        Bad(
            """
            import wandb

            wandb.log({"worst": wandb.Table(columns=["email", "loss"], data=rows)})
                                                    ^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import mlflow
            import pandas as pd

            frame = pd.DataFrame({"iban": ibans, "label": labels})
            mlflow.log_table(frame, artifact_file="errors.json")
                             ^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            class Importer:
                def run(self, rows):
                    emails = [row["email"] for row in rows]
                    contacts = sorted(emails)
                    self.logger.debug("importing %d rows: %s", len(rows), contacts)
                                                                          ^^^^^^^^
            """,
        ),
        Good(
            """
            import logging

            def score(customers, df):
                logging.info("scoring %d customers", len(customers.email))
                print(df["email"].nunique(), df["email"].isna().sum(), df["email"].shape)
                print("email", df["email"].dtype)
            """,
            because="counts and types are nobody's",
        ),
        Good(
            """
            import hashlib

            def score(user, df):
                print(mask(user.email), hashlib.sha256(user.email.encode()).hexdigest())
                print(df.drop(columns=["email", "ssn"]).head())
                print(user.email is not None, user.email_template)
            """,
            because="the values are masked or dropped",
        ),
        Good(
            """
            import email

            SUPPORT_EMAIL = "support@example.org"
            message = email.message_from_string(text)
            print(SUPPORT_EMAIL, email)
            """,
            because="a module, and a constant of the program",
        ),
        Good(
            """
            def align(phones, address, full_name):
                print(phones, hex(address), full_name)
            """,
            because="sounds, places in memory and names of repositories are not personal",
        ),
        Good(
            as_notebook(
                "import pandas as pd\ndf = pd.read_csv('users.csv')\ndf['email'] = df['email'].map(hash)",
                "df.head()",
                "df['email'].nunique()",
                "df[['email']].sample(5);",
            ),
            path="example.ipynb",
            because="the column is masked, counted, or not shown",
        ),
        Missed(
            """
            import pandas as pd

            df = pd.read_csv("customers.csv")
            print(df.head())
            """,
            because="nothing in the code says which columns the file has",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at every call that shows or records what it is given, and at the last expression of every cell."""
        frames = Frames.of(model)
        for call in model.calls:
            if call.fragment.path is None and (place := place_of(call)):
                yield from self._in_call(call, model, place, frames)
        if isinstance(model.document, Notebook):
            yield from self._last_expressions(model.document, frames)

    def _in_call(self, call: CallSite, model: SemanticModel, place: str, frames: Frames) -> Iterator[Finding]:
        around: Surroundings | None = None
        scope = call.function.name if call.function is not None else ""
        for argument in call.arguments:
            if (
                argument.node is None
                or argument.star == "**"
                or (argument.keyword and argument.keyword not in _KEYWORDS)
            ):
                continue
            span = call.fragment.span(argument.node.value)
            expression = expression_of(call.text(span))
            if expression is None or _is_constant(argument):
                continue
            around = around or Surroundings(call, model)
            found = next(_Shown(frames, scope, around).within(expression, columns=argument.keyword == "columns"), None)
            if found is not None:
                yield self._report(span, found, place, call.text(span))
                return

    def _last_expressions(self, notebook: Notebook, frames: Frames) -> Iterator[Finding]:
        for cell in notebook.cells:
            try:
                body = parse(cell.python).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            last = body[-1] if body else None
            if not isinstance(last, ast.Expr) or cell.python.rstrip().endswith(";"):
                continue
            found = next(_Shown(frames, "", None).within(last.value), None)
            if found is not None:
                lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", cell.python)
                start, end = (_offset(lines, *place) for place in _ends(last.value))
                span = Span(start, end, cell.index)
                yield self._report(
                    span, found, "is shown by a cell and kept in its output", cell.python[span.start : span.end]
                )

    def _report(self, span: Span, found: tuple[str, str, Confidence], place: str, text: str) -> Finding:
        shown, frame, confidence = found
        fixes: tuple[Fix, ...] = ()
        column = re.search(r"column `(.+)`", shown)
        if frame and column and re.match(rf"{re.escape(frame)}\b", text):
            at = span.start + len(frame)
            edit = TextEdit(Span(at, at, span.cell), f'.drop(columns=["{column[1]}"])')
            fixes = (
                Fix("Leave the column out", (edit,), Applicability.SUGGESTION, "other columns may be personal too"),
            )
        return self.finding(
            span,
            f"{shown} {place}: personal data ends up where more people read it and nobody deletes it",
            confidence=confidence,
            fixes=fixes,
        )


class _Shown:
    """Looks for personal data in an expression that is shown."""

    def __init__(self, frames: Frames, scope: str, around: Surroundings | None) -> None:
        self._frames, self._scope, self._around = frames, scope, around

    def within(
        self, node: ast.expr, depth: int = _DEPTH, *, columns: bool = False
    ) -> Iterator[tuple[str, str, Confidence]]:
        """(what is shown, the table it is a column of or "", how sure) for each."""
        if depth == 0:
            return
        if columns and isinstance(node, (ast.List, ast.Tuple)):
            names = [part.value for part in node.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            yield from (
                (f"a table with the column `{name}`", "", Confidence.MEDIUM)
                for name in names
                if is_personal(name, column=True)
            )
        elif isinstance(node, ast.Name):
            yield from self._name(node, depth)
        elif isinstance(node, ast.Attribute):
            if is_personal(node.attr, column=False):
                yield _direct(node)
            elif node.attr in _SHOWS:
                yield from self.within(node.value, depth - 1)
        elif isinstance(node, ast.Subscript):
            keys = _keys(node.slice)
            if any(is_personal(key, column=True) for key in keys):
                yield _direct(node)
            elif not keys:
                yield from self.within(node.value, depth - 1)
        elif isinstance(node, ast.Call):
            yield from self._call(node, depth)
        else:
            for part in _parts(node):
                yield from self.within(part, depth - 1)

    def _name(self, node: ast.Name, depth: int) -> Iterator[tuple[str, str, Confidence]]:
        assigned = self._around.assigned(node.id) if self._around is not None else []
        if is_personal(node.id, column=False) and not _is_module_or_text(node.id, assigned, self._frames):
            yield _direct(node)
            return
        known = self._frames.personal(self._scope, node.id)
        if known is not None:
            column, sure = known
            yield f"`{node.id}` with the column `{column}`", node.id, Confidence.MEDIUM if sure else Confidence.LOW
            return
        for value in assigned:
            if not isinstance(value, ast.Name) or value.id != node.id:
                yield from self.within(value, min(depth - 1, 3))

    def _call(self, node: ast.Call, depth: int) -> Iterator[tuple[str, str, Confidence]]:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Name):
            if node.func.id in _SHOWING_CALLS:
                for argument in arguments:
                    yield from self.within(argument, depth - 1)
            return
        if not isinstance(node.func, ast.Attribute):
            return
        method = node.func.attr
        if method == "get":
            keys = _keys(node.args[0]) if node.args else []
            if any(is_personal(key, column=True) for key in keys):
                yield _direct(node)
        elif method in {"format", "join", *_SHOWING_CALLS}:
            for argument in arguments:
                yield from self.within(argument, depth - 1)
        elif method in _SHOWS:
            yield from self.within(node.func.value, depth - 1)
        elif method == "drop":
            dropped = {
                text
                for part in ast.walk(node)
                if isinstance(part, ast.Constant) and isinstance(text := part.value, str)
            }
            for found in self.within(node.func.value, depth - 1):
                if not any(f"`{text}`" in found[0] for text in dropped):
                    yield found


def _direct(node: ast.expr) -> tuple[str, str, Confidence]:
    text = unparsed(node)
    return f"`{text}`" if 0 < len(text) <= 60 else "personal data", "", Confidence.MEDIUM


def _keys(node: ast.expr) -> list[str]:
    """The literal keys of an item: `["a"]`, `[["a", "b"]]`, `[:, "a"]`."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, (ast.List, ast.Tuple)):
        return [key for part in node.elts for key in _keys(part)]
    return []


def _parts(node: ast.expr) -> list[ast.expr]:
    """The parts of an expression whose values are shown with it."""
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right] if isinstance(node.op, (ast.Add, ast.Mod)) else []
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return list(node.elts)
    if isinstance(node, ast.Dict):
        return list(node.values)
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, (ast.Starred, ast.Await, ast.NamedExpr)):
        return [node.value]
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [node.elt]
    return []


def _is_constant(argument: Argument) -> bool:
    """Whether an argument is a constant of the program, or the standard library's module `email`."""
    options = argument.value.alternatives()
    return len(argument.value.constants()) == len(options) or argument.value.names() == ("email",)


def _is_module_or_text(name: str, assigned: list[ast.expr], frames: Frames) -> bool:
    if frames.is_imported(name):
        return True
    return bool(assigned) and all(isinstance(value, ast.Constant) for value in assigned)


def _ends(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _offset(lines: list[str], line: int, column: int) -> int:
    """The offset of a place as `ast` gives it: a line from 1, and bytes of UTF-8."""
    before = sum(map(len, lines[: line - 1]))
    return before + len(lines[line - 1].encode()[:column].decode("utf-8", "ignore"))
