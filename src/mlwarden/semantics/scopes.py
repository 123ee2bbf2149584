"""Scopes: names to values, with branches that are undone and joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mlwarden.semantics.value_classes import immutable
from mlwarden.semantics.values import Unknown, Value, join

_UNSET = object()


@immutable(frozen=True, slots=True, eq=False)
class Deferred(Value):
    """What may be a sibling module's: looked up there only when somebody uses the name."""

    look_up: Callable[[], Value]


def settled(value: Value) -> Value:
    """The value, looked up if it was put off."""
    return settled(value.look_up()) if isinstance(value, Deferred) else value


def joined(values: list[Value]) -> Value:
    """The join of values, put off if any of them is."""
    for value in values:
        if type(value) is Deferred:
            return values[0] if len(values) == 1 else Deferred(lambda: join(*map(settled, values)))
    return join(*values)


class Scope:
    """One scope: "module", "function", "class" or "comprehension".

    A branch (an arm of an `if`, a loop body) is run on the scope itself, with its writes logged, and undone
    afterwards; the join then touches only what some branch wrote.
    """

    __slots__ = ("_logs", "declared_global", "declared_nonlocal", "kind", "parent", "star_modules", "variables")

    def __init__(self, kind: str, parent: Scope | None) -> None:
        self.kind = kind
        self.parent = parent
        self.variables: dict[str, Value] = {}
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        self.star_modules: list[str] = []
        self._logs: list[dict[str, object]] = []

    @property
    def module(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def get(self, name: str) -> Value | None:
        """The value of a name as code in this scope sees it, or None if nothing binds it."""
        if name in self.declared_global:
            return self.module.own(name)
        scope: Scope | None = self
        while scope is not None:
            # Code in a function does not see the names of the class around it.
            if scope is self or scope.kind != "class":
                found = scope.variables.get(name)
                if found is not None:
                    return found if type(found) is not Deferred else scope.own(name)
            scope = scope.parent
        return None

    def own(self, name: str) -> Value | None:
        """The value that this very scope binds a name to, or None."""
        found = self.variables.get(name)
        if isinstance(found, Deferred):
            found = self.variables[name] = settled(found)
        return found

    def set(self, name: str, value: Value) -> None:
        """Bind a name."""
        if self.declared_global and name in self.declared_global and self.parent is not None:
            self.module.widen(name, value)
            return
        if self.declared_nonlocal and name in self.declared_nonlocal:
            scope = self.parent
            while scope is not None and scope.parent is not None:
                if scope.kind != "class" and name in scope.variables:
                    scope.widen(name, value)
                    return
                scope = scope.parent
        variables = self.variables
        if self._logs:
            log = self._logs[-1]
            if name not in log:
                log[name] = variables.get(name, _UNSET)
        variables[name] = value

    def widen(self, name: str, value: Value) -> None:
        """A write from elsewhere: the name may hold the old or the new value."""
        old = self.own(name)
        self._log(name)
        self.variables[name] = value if old is None else join(old, value)

    def delete(self, name: str) -> None:
        """Unbind a name; reading it later gives an Unknown, not an outer binding."""
        self._log(name)
        self.variables[name] = Unknown(f"'{name}' was deleted")

    # --- branches ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a branch."""
        self._logs.append({})

    def end(self) -> dict[str, Value]:
        """End the branch: undo its writes and return what it wrote."""
        log = self._logs.pop()
        written: dict[str, Value] = {}
        for name, old in log.items():
            written[name] = self.variables[name]
            if old is _UNSET:
                del self.variables[name]
            else:
                assert isinstance(old, Value)
                self.variables[name] = old
        return written

    def merge(self, branches: list[dict[str, Value]]) -> None:
        """Continue after branches (at least one): each name one of them wrote gets the join over all of them."""
        names: dict[str, None] = {}
        for branch in branches:
            names.update(dict.fromkeys(branch))
        variables = self.variables
        for name in names:
            before = variables.get(name)
            values = [value for branch in branches if (value := branch.get(name, before)) is not None]
            self._log(name)
            same = len(values) == 2 and values[0] is values[1]
            variables[name] = values[0] if same else joined(values)

    def _log(self, name: str) -> None:
        if self._logs:
            log = self._logs[-1]
            if name not in log:
                log[name] = self.variables.get(name, _UNSET)


class Bindings(Mapping[str, Value]):
    """What a scope binds in the end."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __getitem__(self, name: str) -> Value:
        found = self._scope.own(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.variables)

    def __len__(self) -> int:
        return len(self._scope.variables)

    def not_imported(self) -> Iterator[Value]:
        """The values but those that may be a sibling module's and that nobody has used."""
        return (value for value in self._scope.variables.values() if not isinstance(value, Deferred))
