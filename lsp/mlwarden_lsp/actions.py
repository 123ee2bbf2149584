"""Code actions: the fixes of findings, all fixes of a rule or of everything, and comments that accept a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lsprotocol import types

from mlwarden.config.codes import covers
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden_lsp.analysis import Analysis, Shown
from mlwarden_lsp.config_actions import Context, ignoring_edit
from mlwarden_lsp.convert import Encoding, offset_of
from mlwarden_lsp.diagnostics import numbers
from mlwarden_lsp.edits import PlacedEdit, placed, workspace_edit
from mlwarden_lsp.fix_all import Scope, all_rounds, one_round
from mlwarden_lsp.snapshot import NotebookSnapshot, Part, Snapshot
from mlwarden_lsp.suppression import cell_suppression_edit, suppression_edit

FIX_ALL = "source.fixAll.mlwarden"
NOTEBOOK_FIX_ALL = "notebook.source.fixAll.mlwarden"
SHOW_RULE = "mlwarden.showRule"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL, NOTEBOOK_FIX_ALL)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: which actions there are for a range of one of its texts.

    Attributes:
        part: the text.
        start, end: the range.
        only: the kinds wanted, with the kinds below them; None for all.
        diagnostics: what the client shows there.
    """

    part: Part
    start: int
    end: int
    only: tuple[str, ...] | None
    diagnostics: tuple[types.Diagnostic, ...] = ()

    def wants(self, kind: str) -> bool:
        """Whether actions of this kind are asked for."""
        return self.only is None or any(kind == only or kind.startswith(only + ".") for only in self.only)


def request_of(params: types.CodeActionParams, part: Part, encoding: Encoding) -> Request:
    """What the parameters ask."""
    only = params.context.only
    return Request(
        part,
        offset_of(part.lines, params.range.start, encoding),
        offset_of(part.lines, params.range.end, encoding),
        None if only is None else tuple(str(getattr(kind, "value", kind)) for kind in only),
        tuple(params.context.diagnostics),
    )


@dataclass(frozen=True, slots=True)
class Actions:
    """Makes the actions for one analysis.

    Attributes:
        analysis: of the text as it is now.
        encoding: what columns count.
        document_changes: the client takes edits with versions.
        known: the codes of all rules.
        check: checks a snapshot that is in no editor.
        context: what else there is beside the document.
    """

    analysis: Analysis
    encoding: Encoding
    document_changes: bool
    known: frozenset[str]
    check: Callable[[Snapshot], Analysis]
    context: Context = field(default_factory=Context)

    def of(self, request: Request) -> list[types.CodeAction]:
        """The actions, quick fixes first: the fixes of each finding in the range, then what is wider, then ignoring."""
        if self.analysis.document is None:
            return []
        named = numbers(request.diagnostics, self.analysis.snapshot.revision)
        here = [
            shown
            for number, shown in enumerate(self.analysis.shown)
            if shown.place.part.uri == request.part.uri
            and (number in named or shown.place.touches(request.start, request.end))
        ]
        actions: list[types.CodeAction | None] = []
        if request.wants(types.CodeActionKind.QuickFix.value):
            actions.extend(self._fix(shown, fix) for shown in here for fix in shown.finding.fixes)
            actions.extend(self._fix_rule(code) for code in dict.fromkeys(shown.finding.code for shown in here))
            each = list(_one_per_code(here))
            actions.extend(self._suppress(shown) for shown in each)
            actions.extend(self._suppress_in_cell(shown) for shown in each)
            actions.extend(self._ignore(shown) for shown in each)
            actions.extend(self._show_rule(shown) for shown in each)
        if request.wants(FIX_ALL):
            # Of a cell, what stays in it: clients ask for each cell.
            actions.append(self._fix_all(FIX_ALL, Scope(uri=request.part.uri), request))
        if request.wants(NOTEBOOK_FIX_ALL) and isinstance(self.analysis.snapshot, NotebookSnapshot):
            actions.append(self._fix_all(NOTEBOOK_FIX_ALL, Scope(), request))
        return [action for action in actions if action is not None]

    def _fix(self, shown: Shown, fix: Fix) -> types.CodeAction | None:
        safe = fix.applicability is Applicability.SAFE
        edits = placed(self.analysis.places, [fix])
        if not edits:
            return None
        return types.CodeAction(
            title=_title(fix),
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown.diagnostic],
            # Editors apply the preferred one without asking ("Auto Fix").
            is_preferred=True if safe and fix is shown.finding.fixes[0] else None,
            edit=self._edit(edits),
        )

    def _fix_rule(self, code: str) -> types.CodeAction | None:
        """All of one rule, where it found more than one thing to fix.

        Safe fixes only where there are any; a rule that has but unsafe ones says so in the title.
        """
        for unsafe in (False, True):
            chosen, edits = one_round(self.analysis, Scope(code=code, unsafe=unsafe))
            if chosen:
                break
        if len(chosen) < 2:
            return None
        fixed = {id(finding) for finding, _ in chosen}
        return types.CodeAction(
            title=f"Fix all {code} in this {self._what()}{' (unsafe)' if unsafe else ''}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown.diagnostic for shown in self.analysis.shown if id(shown.finding) in fixed],
            edit=self._edit(edits),
        )

    def _fix_all(self, kind: str, scope: Scope, request: Request) -> types.CodeAction | None:
        """All safe fixes: until none is left where this was asked for, one round where a menu is being filled."""
        if request.only is None:
            edits = one_round(self.analysis, scope)[1]
        else:
            edits = all_rounds(self.analysis, scope, self.check)
        if not edits:
            return None
        return types.CodeAction(title="Fix all safely fixable findings", kind=kind, edit=self._edit(edits))

    def _suppress(self, shown: Shown) -> types.CodeAction | None:
        document = self.analysis.document
        assert document is not None
        edit = suppression_edit(document, shown.finding, self.known, self.context.reason)
        return self._suppression(f"Suppress with # mlwarden: ignore[{shown.finding.code}]", shown, edit)

    def _suppress_in_cell(self, shown: Shown) -> types.CodeAction | None:
        document = self.analysis.document
        assert document is not None
        cell = self.analysis.places.cell_of(shown.finding.span, shown.place)
        edit = cell_suppression_edit(document, shown.finding, self.known, cell, self.context.reason)
        title = f"Suppress in this cell with # mlwarden: ignore-cell[{shown.finding.code}]"
        return self._suppression(title, shown, edit)

    def _suppression(self, title: str, shown: Shown, edit: TextEdit | None) -> types.CodeAction | None:
        if any(covers(entry, shown.finding.code) for entry in self.analysis.settings.unsuppressable):
            return None
        edits = placed(self.analysis.places, [Fix("", (edit,))]) if edit is not None else None
        if not edits:
            return None
        return types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown.diagnostic],
            edit=self._edit(edits),
        )

    def _ignore(self, shown: Shown) -> types.CodeAction | None:
        code = shown.finding.code
        made = ignoring_edit(code, self.analysis, self.context, self.encoding, self.document_changes)
        if made is None:
            return None
        return types.CodeAction(
            title=f"Ignore {code} in {made.name}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown.diagnostic],
            edit=made.edit,
        )

    def _show_rule(self, shown: Shown) -> types.CodeAction | None:
        if shown.diagnostic.code_description is None:
            return None
        title = f"Show the page of {shown.finding.code}"
        return types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown.diagnostic],
            command=types.Command(title, SHOW_RULE, arguments=[shown.finding.code]),
        )

    def _edit(self, edits: Iterable[PlacedEdit]) -> types.WorkspaceEdit:
        return workspace_edit(edits, self.encoding, self.document_changes)

    def _what(self) -> str:
        return "notebook" if isinstance(self.analysis.snapshot, NotebookSnapshot) else "file"


def _title(fix: Fix) -> str:
    if fix.applicability is Applicability.SAFE:
        return fix.title
    why = fix.why_unsafe.rstrip(".")
    return f"{fix.title} ({fix.applicability.value}{': ' + why if why else ''})"


def _one_per_code(shown: Iterable[Shown]) -> Iterator[Shown]:
    """The first of the findings of each rule: a comment on its line mostly covers the others."""
    seen: set[str] = set()
    for each in shown:
        if each.finding.code not in seen:
            seen.add(each.finding.code)
            yield each
