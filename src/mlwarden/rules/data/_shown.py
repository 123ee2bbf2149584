"""Where data is shown or recorded, and which tables of a document have personal columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.semantics.personal_identifiers import is_personal
from mlwarden.semantics.statements import parse

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LEVELS = frozenset(
    ["debug", "info", "warning", "warn", "error", "exception", "critical", "log", "success", "trace", "fatal"]
)
_LOGGERS = re.compile(
    r"(?:logging(?:\.getLogger\(\))?|loguru\.logger|structlog\.(?:stdlib\.)?get_logger\(\))\.(?P<level>\w+)"
)
_LOGGER_NAME = re.compile(r"(?:^|\.)_{0,2}(?:[a-z]+_)?(?:log|logger|logging)$", re.IGNORECASE)
_PRINTED = frozenset(
    {
        "print",
        "pprint.pprint",
        "pprint.pp",
        "rich.print",
        "rich.console.Console().print",
        "rich.console.Console().log",
        "warnings.warn",
        "sys.stdout.write",
        "sys.stderr.write",
        "click.echo",
        "typer.echo",
        "tqdm.tqdm.write",
        "tqdm.auto.tqdm.write",
    }
)
_DISPLAYED = frozenset({"display", "IPython.display.display"})
_RECORDED = frozenset(
    {
        "wandb.log",
        "wandb.Table",
        "wandb.init().log",
        "mlflow.log_table",
        "mlflow.log_text",
        "mlflow.log_dict",
        "mlflow.log_param",
        "mlflow.log_params",
        "mlflow.set_tag",
        "comet_ml.Experiment().log_text",
        "comet_ml.Experiment().log_table",
        "comet_ml.Experiment().log_parameter",
        "torch.utils.tensorboard.SummaryWriter().add_text",
        "tensorboardX.SummaryWriter().add_text",
    }
)


def place_of(call: CallSite) -> str:
    """Where a call shows its arguments, as the end of a sentence, or "" if it does not."""
    if call.name in _PRINTED:
        target = set(call.argument("file").names()) if call.name == "print" else set()
        written = call.name == "print" and not call.argument("file").is_absent
        return "" if written and not target & {"sys.stdout", "sys.stderr"} else "is printed"
    if call.name in _DISPLAYED:
        return "is shown by a cell and kept in its output"
    if call.name in _RECORDED:
        return "is recorded by the experiment tracker"
    logger = _LOGGERS.fullmatch(call.name)
    if logger is not None:
        return "is logged" if logger["level"] in _LEVELS else ""
    if not call.name and call.attribute in _LEVELS:
        written_name = call.written.rpartition(".")[0]
        return "is logged" if _LOGGER_NAME.search(written_name) else ""
    return ""


@dataclass
class Frames:
    """The personal columns of tables (and fields of records), by function and name.

    Attributes:
        declared: columns that the code says a table has.
        used: columns that the code reads from it.
        removed: columns that are dropped, or written over.
        imported: names of modules.
    """

    declared: dict[tuple[str, str], str] = field(default_factory=dict)
    used: dict[tuple[str, str], str] = field(default_factory=dict)
    removed: set[tuple[str, str]] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, model: SemanticModel) -> Frames:
        """Those of a document."""
        frames = cls()
        document = model.document
        texts = [cell.python for cell in document.cells] if isinstance(document, Notebook) else [document.text]
        for text in texts:
            try:
                tree = parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for scope, node in _scoped(tree):
                frames._note(scope, node)
        return frames

    def personal(self, scope: str, name: str) -> tuple[str, bool] | None:
        """A personal column of a table, and whether the code says for certain that it has it."""
        for place in ((scope, name), ("", name)):
            for columns, sure in ((self.declared, True), (self.used, False)):
                column = columns.get(place)
                if column is not None and not any((scope_, column) in self.removed for scope_ in (scope, "")):
                    return column, sure
        return None

    def is_imported(self, name: str) -> bool:
        """Whether a name is that of a module."""
        return name in self.imported

    def _note(self, scope: str, node: ast.AST) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imported.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign):
            column = _declared(node.value)
            for target in node.targets:
                if column and isinstance(target, ast.Name):
                    self.declared[scope, target.id] = column
                elif isinstance(target, ast.Subscript):
                    self._remove(scope, target.slice)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    self._remove(scope, target.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"drop", "pop"}:
                self._remove(scope, node)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            column = _first_personal(node.slice)
            if column:
                self.used.setdefault((scope, node.value.id), column)

    def _remove(self, scope: str, node: ast.AST) -> None:
        self.removed.update(
            (scope, part.value)
            for part in ast.walk(node)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        )


def _scoped(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the name of the function it stands in."""
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        scope, node = stack.pop()
        yield scope, node
        inner = node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else scope
        stack.extend((inner, child) for child in ast.iter_child_nodes(node))


def _declared(value: ast.expr) -> str:
    """A personal column of the table that an expression makes: by its literal data, or the columns that are asked for."""
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.List):
        return _first_personal(value.slice)
    if not isinstance(value, ast.Call):
        return ""
    name = (
        value.func.attr
        if isinstance(value.func, ast.Attribute)
        else value.func.id
        if isinstance(value.func, ast.Name)
        else ""
    )
    for keyword in value.keywords:
        if keyword.arg in {"usecols", "columns", "names"} and name != "drop":
            if column := _first_personal(keyword.value):
                return column
    if name == "DataFrame" and value.args and isinstance(value.args[0], ast.Dict):
        return _first_personal(ast.List(elts=[key for key in value.args[0].keys if key is not None]))
    return ""


def _first_personal(node: ast.expr) -> str:
    parts = (
        node.elts if isinstance(node, (ast.List, ast.Tuple)) else node.values if isinstance(node, ast.Dict) else [node]
    )
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and is_personal(part.value, column=True):
            return part.value
    return ""
