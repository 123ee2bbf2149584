"""Functions and classes defined in the analysed code, as the interpreter knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.semantics.values import Value, join

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.scopes import Scope


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `kind` is "positional", "keyword" (keyword-only), "args" or "kwargs"."""

    name: str
    kind: str
    default: Value | None
    annotation: cst.BaseExpression | None


@dataclass(eq=False)
class FunctionDefinition:
    """A `def` or `lambda`.

    Attributes:
        name: "" for a lambda.
        body: the block, or the expression of a lambda.
        parameters: in order.
        scope: the scope it is defined in.
        owner: the class it is a method of.
        decorators: qualified names of the decorators ("flask.Flask().route()", "staticmethod").
        generic: what it returns when nothing is known of the arguments; None until it has been analysed.
        checks_digest: whether its body compares a digest.
        option_defaults: defaults of parameters that a command line fills (`@click.option("--host", default=...)`).
    """

    name: str
    node: cst.FunctionDef | cst.Lambda
    body: cst.BaseSuite | cst.BaseExpression
    parameters: tuple[Parameter, ...]
    scope: Scope
    fragment: Fragment
    owner: ClassDefinition | None = None
    decorators: tuple[str, ...] = ()
    returns: cst.BaseExpression | None = None
    is_generator: bool = False
    generic: Value | None = None
    memo: dict[object, Value] = field(default_factory=dict)
    checks_digest: bool = False
    option_defaults: dict[str, Value] = field(default_factory=dict)

    @property
    def is_static(self) -> bool:
        """Whether it gets neither instance nor class."""
        return "staticmethod" in self.decorators

    @property
    def is_class_method(self) -> bool:
        """Whether its first parameter is the class."""
        return "classmethod" in self.decorators or self.name in {"__new__", "__init_subclass__", "__class_getitem__"}

    @property
    def is_property(self) -> bool:
        """Whether reading the attribute calls it."""
        return any(
            name == "property" or name.rpartition(".")[2] in {"cached_property", "lazy_property"}
            for name in self.decorators
        )


@dataclass(eq=False)
class ClassDefinition:
    """A class statement.

    Attributes:
        bases: the values of the base classes.
        members: what the class body binds.
        attributes: what is assigned to attributes of its instances anywhere (`self.x = ...`), joined.
        fields: names of annotated members in order, the constructor arguments of a dataclass.
    """

    name: str
    node: cst.ClassDef
    bases: tuple[Value, ...]
    fragment: Fragment
    members: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    decorators: tuple[str, ...] = ()
    methods: list[FunctionDefinition] = field(default_factory=list)

    def assign(self, name: str, value: Value) -> None:
        """Note that an instance's attribute may hold `value`."""
        old = self.attributes.get(name)
        self.attributes[name] = value if old is None else join(old, value)

    def local_bases(self) -> Sequence[ClassDefinition]:
        """The bases that are classes of the project."""
        return self._local_bases

    @cached_property
    def _local_bases(self) -> tuple[ClassDefinition, ...]:
        from mlwarden.semantics.values import Class

        return tuple(
            option.definition
            for base in self.bases
            for option in base.alternatives()
            if isinstance(option, Class) and option.definition is not None and option.definition is not self
        )

    def base_names(self) -> tuple[str, ...]:
        """The qualified names of all outside bases, those of local bases included."""
        return self._base_names

    @cached_property
    def _base_names(self) -> tuple[str, ...]:
        found: list[str] = []
        seen: set[int] = set()
        stack = [self]
        while stack:
            definition = stack.pop()
            if id(definition) in seen:
                continue
            seen.add(id(definition))
            for base in definition.bases:
                found.extend(base.names())
            stack.extend(definition.local_bases())
        return tuple(dict.fromkeys(found))

    def find(self, name: str, seen: frozenset[int] = frozenset()) -> Value | None:
        """A member of the class or of its local bases."""
        if name in self.members:
            return self.members[name]
        if id(self) in seen:
            return None
        for base in self._local_bases:
            found = base.find(name, seen | {id(self)})
            if found is not None:
                return found
        return None

    def find_attribute(self, name: str, seen: frozenset[int] = frozenset()) -> Value | None:
        """What is assigned to an instance attribute, here or in local bases."""
        own = self.attributes.get(name)
        if id(self) in seen:
            return own
        values = [] if own is None else [own]
        for base in self._local_bases:
            found = base.find_attribute(name, seen | {id(self)})
            if found is not None:
                values.append(found)
        return join(*values) if values else None
