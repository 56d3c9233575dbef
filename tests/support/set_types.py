"""Which expressions of a module are sets, as far as its source says so plainly."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SET_NAMES = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet", "FrozenSet"})
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_name(path: Path, root: Path) -> str:
    """Return the import path of a source file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class SetKnowledge:
    """What modules read so far say: which names and fields are sets, which calls give one."""

    def __init__(self) -> None:
        self._globals: dict[str, bool] = {}
        self._fields: dict[str, bool] = {}
        self._imports: dict[str, dict[str, str]] = {}

    def learn(self, module: str, tree: ast.Module) -> None:
        """Read one module's imports, constants, functions and annotated fields."""
        imports = self._imports.setdefault(module, {})
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.split(".")[0]
                    imports[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.ClassDef):
                self._learn_fields(node)
        for name, is_set in _bindings(tree.body):
            self._globals[f"{module}.{name}"] = is_set
        for node in tree.body:
            if isinstance(node, _Function) and node.returns is not None:
                self._globals[f"{module}.{node.name}()"] = _is_set_type(node.returns)

    def _learn_fields(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            name, kind = None, None
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name, kind = statement.target.id, statement.annotation
            elif isinstance(statement, _Function) and _is_property(statement):
                name, kind = statement.name, statement.returns
            if name is not None and kind is not None:
                # A name that is a set here and something else there tells nothing.
                self._fields[name] = self._fields.get(name, True) and _is_set_type(kind)

    def names_of(self, module: str) -> "Names":
        """Return the names that the top level of a learnt module sees."""
        return Names(module, self._imports[module], self._globals, self._fields)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one scope sees, and which of them are sets."""

    module: str
    imports: Mapping[str, str]
    globals: Mapping[str, bool]
    fields: Mapping[str, bool]
    locals: Mapping[str, bool] = field(default_factory=dict)

    def inside(self, function: _Function) -> "Names":
        """Return the names seen inside a function of this scope."""
        arguments = function.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        own = {
            one.arg: one.annotation is not None and _is_set_type(one.annotation) for one in every
        }
        own.update(_bindings(function.body, self))
        return Names(self.module, self.imports, self.globals, self.fields, {**self.locals, **own})

    def is_local(self, name: str) -> bool:
        return name in self.locals

    def qualified(self, node: ast.expr) -> str | None:
        """Return the dotted name behind imports, or None for anything but a plain name."""
        if isinstance(node, ast.Name):
            return None if self.is_local(node.id) else self.imports.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.qualified(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return None

    def is_set(self, node: ast.expr) -> bool:  # noqa: C901  # one flat table of cases
        """Return whether the expression is a set beyond doubt."""
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name(id=name) if name in self.locals:
                return self.locals[name]
            case ast.Name(id=name):
                return self.globals.get(self.imports.get(name, f"{self.module}.{name}"), False)
            case ast.Attribute(attr=name):
                return self.globals.get(self.qualified(node) or "", self.fields.get(name, False))
            case ast.Call(func=ast.Name(id="set" | "frozenset")):
                return True
            case ast.Call(func=ast.Name(id=name)):
                function = self.imports.get(name, f"{self.module}.{name}")
                return self.globals.get(f"{function}()", False)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _SET_METHODS:
                return self.is_set(owner)
            case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.BitXor(), right=right):
                return self.is_set(left) or self.is_set(right)
            case ast.BinOp(left=left, op=ast.Sub()):
                return self.is_set(left)
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_set(body) or self.is_set(orelse)
            case ast.NamedExpr(value=value):
                return self.is_set(value)
            case _:
                return False


_NOTHING = Names("", {}, {}, {})


def _bindings(body: list[ast.stmt], names: Names = _NOTHING) -> Iterator[tuple[str, bool]]:
    """Yield each name that a body binds, and whether to a set; nested functions keep theirs."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, _Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, _is_set_type(node.annotation)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, names.is_set(node.value)
        pending.extend(ast.iter_child_nodes(node))


def _is_set_type(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _SET_NAMES
        case ast.Subscript(value=ast.Name(id="ClassVar" | "Final"), slice=inner):
            return _is_set_type(inner)
        case ast.Subscript(value=value):
            return _is_set_type(value)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_set_type(left) or _is_set_type(right)
        case ast.Constant(value=str(text)):
            return _is_set_type(ast.parse(text, mode="eval").body)
        case _:
            return False


def _is_property(node: _Function) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id in {"property", "cached_property"}
        for decorator in node.decorator_list
    )
