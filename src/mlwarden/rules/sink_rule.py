"""`SinkRule`: data of a dangerous kind that reaches a call of the tables in `semantics.sinks`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mlwarden.rules import dangers
from mlwarden.rules.base import Finding
from mlwarden.rules.flow import WRITERS, FlowRule, argument_of, shown, sureness, telling, way
from mlwarden.semantics import sinks
from mlwarden.semantics.sinks import Sink, sink_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


# What an unknown object's `get` gives is an entry of it, not the key.
_LOOKED_UP = re.compile(r"passed through `(?!requests|httpx|urllib|\w*(?:Session|Client)\(\))(?:[^`]*\.)?get`")


@dataclass(frozen=True)
class Group:
    """A table of sinks with what their calls do.

    Attributes:
        table: the sinks.
        judge: what a call does with tainted data; None if it is harmless.
    """

    table: Mapping[str, Sink]
    judge: Callable[[dangers.Flow], dangers.Danger | None]


CODE = Group(sinks.CODE, dangers.of_code)
COMMANDS = Group(sinks.COMMANDS, dangers.of_command)
SQL = Group(sinks.SQL, dangers.of_query)
HTML = Group(sinks.HTML, dangers.of_page)
PATHS = Group(sinks.PATHS, dangers.of_path)
URLS = Group(sinks.URLS, dangers.of_address)
DESERIALIZERS = Group(sinks.DESERIALIZERS, dangers.of_decoder)


class SinkRule(FlowRule):
    """A rule about data of some kinds of source that reaches a call of some groups.

    Attributes:
        groups: the groups; `calls` has to name the keys of their tables.
        sources: as in `FlowRule`.
    """

    groups: ClassVar[tuple[Group, ...]] = ()

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that acts on data from one of the sources, with the way it took."""
        for group in self.groups:
            found = sink_of(call, group.table)
            if found is None:
                continue
            sink, resolved = found
            for place in sink.places:
                value = argument_of(call, place)
                taint = telling(value, self.sources)
                if taint is None or any(_LOOKED_UP.fullmatch(step.note) for step in taint.steps):
                    continue
                danger = group.judge(dangers.Flow(call, sink, place, value, taint, self.sources, model))
                if danger is None:
                    continue
                yield self.finding(
                    call.span,
                    f"`{shown(call)}` {danger.does} {WRITERS[taint.kind]}: {danger.harm}",
                    severity=danger.severity,
                    confidence=sureness(taint, resolved),
                    trace=way(call, taint),
                    fixes=self.fixes(call, model),
                )
