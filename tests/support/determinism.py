"""Find clocks, chance, environment and set order in code that must give the same answer twice.

Temporal replays workflow code, and a replayed decision must be the same to the byte. Temporal's own
sandbox misses several ways to break that (``from datetime import datetime`` and ``datetime.now()``,
the order of a set), so this reads the source: ``python -m tests.support.determinism``.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.set_types import SetKnowledge, module_name

CHECKED = ("workflows", "domain")

# Whole modules, and single names of others, with what to use instead.
_BANNED_MODULES: Mapping[str, str] = {
    "time": "a clock: take the time as an argument, or workflow.now()",
    "random": "chance: workflow.random()",
    "secrets": "chance: make secrets in an activity",
    "os": "environment: settings are read by runtime/settings.py and passed in",
    "platform": "environment: it differs between machines",
    "locale": "environment: it differs between machines",
    "threading": "threads: order of execution is not replayed",
    "multiprocessing": "processes: order of execution is not replayed",
    "concurrent": "threads: order of execution is not replayed",
}
_BANNED_NAMES: Mapping[str, str] = {
    "datetime.datetime.now": "a clock: take the time as an argument, or workflow.now()",
    "datetime.datetime.utcnow": "a clock: take the time as an argument, or workflow.now()",
    "datetime.datetime.today": "a clock: take the time as an argument, or workflow.now()",
    "datetime.date.today": "a clock: take the date as an argument, or workflow.now().date()",
    "uuid.uuid1": "chance: uuid5 of what the id stands for, or workflow.uuid4()",
    "uuid.uuid4": "chance: uuid5 of what the id stands for, or workflow.uuid4()",
    "sys.argv": "environment: pass it in",
    "asyncio.wait": "the order of a set: workflow.wait()",
    "asyncio.as_completed": "the order of a set: workflow.as_completed()",
    "hash": "differs between processes for texts: hashlib",
    "id": "an address in memory: differs between processes",
    "input": "environment: pass it in",
    "globals": "environment: pass what is needed",
}

# These give the same answer in whatever order they are fed.
_ORDER_FREE = frozenset({"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"})
# Of those, these are not, once equal keys leave the order of the input to decide.
_ORDER_FREE_WITHOUT_KEY = frozenset({"max", "min", "sorted"})
_ORDER_BOUND = frozenset({"enumerate", "filter", "iter", "list", "map", "reversed", "tuple", "zip"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place in the source and what is wrong with it."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def check_files(paths: Iterable[Path], root: Path) -> list[Finding]:
    """Return what is wrong in these files; names are resolved across all of them."""
    trees = {path: ast.parse(path.read_text(), str(path)) for path in paths}
    knowledge = SetKnowledge()
    for path, tree in trees.items():
        knowledge.learn(module_name(path, root), tree)
    findings: list[Finding] = []
    for path, tree in trees.items():
        reader = _Reader(path.relative_to(root), module_name(path, root), knowledge)
        reader.visit(tree)
        findings.extend(reader.findings)
    return sorted(findings)


class _Reader(ast.NodeVisitor):
    """Walks one module with the names that are sets in the function it is in."""

    def __init__(self, path: Path, module: str, knowledge: SetKnowledge) -> None:
        self.findings: list[Finding] = []
        self._path = path
        self._in_domain = module.partition(".")[0] == "domain"
        self._names = knowledge.names_of(module)
        self._order_free: set[ast.expr] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._check_module(node, module)
        for alias in node.names:
            self._check_name(node, f"{module}.{alias.name}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_scope(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_scope(node)

    def _visit_scope(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer = self._names
        self._names = outer.inside(node)
        self.generic_visit(node)
        self._names = outer

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and not self._names.is_local(node.id):
            self._check_name(node, self._names.qualified(node) or node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        qualified = self._names.qualified(node)
        if qualified is not None:
            self._check_name(node, qualified)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._check_order(node.iter)
        self.generic_visit(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._check_generators(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._check_generators(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._check_generators(node)

    def _check_generators(self, node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> None:
        if node not in self._order_free:
            for generator in node.generators:
                self._check_order(generator.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        if isinstance(node.ctx, ast.Load) and node not in self._order_free:
            self._check_order(node.value)
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        # {*a, *b} keeps no order that it could lose.
        self._order_free.update(node.elts)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn) and isinstance(
                operand, ast.Tuple | ast.List
            ):
                self._order_free.update(operand.elts)
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self._check_order(node.value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            self._check_order(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function, has_key = node.func, any(keyword.arg == "key" for keyword in node.keywords)
        if isinstance(function, ast.Name):
            name = function.id
            if name in _ORDER_FREE and not (has_key and name in _ORDER_FREE_WITHOUT_KEY):
                self._order_free.update(node.args)
            elif name in _ORDER_BOUND | _ORDER_FREE_WITHOUT_KEY:
                self._check_arguments(node)
        elif isinstance(function, ast.Attribute):
            if function.attr in {"join", "fromkeys", "extend"}:
                self._check_arguments(node)
            elif function.attr == "pop" and self._names.is_set(function.value):
                self._report(node, "set.pop() takes any element: sort first")
        self.generic_visit(node)

    def _check_arguments(self, node: ast.Call) -> None:
        for argument in node.args:
            self._check_order(argument)

    def _check_order(self, iterable: ast.expr) -> None:
        if self._names.is_set(iterable):
            self._report(iterable, "a set has no order of its own: sorted(...) it first")

    def _check_module(self, node: ast.stmt, module: str) -> None:
        top = module.partition(".")[0]
        if top in _BANNED_MODULES:
            self._report(node, f"{module}: {_BANNED_MODULES[top]}")
        elif self._in_domain and top != "domain" and top not in sys.stdlib_module_names:
            self._report(node, f"{module}: the domain imports the standard library alone")

    def _check_name(self, node: ast.stmt | ast.expr, qualified: str) -> None:
        if qualified in _BANNED_NAMES:
            self._report(node, f"{qualified}: {_BANNED_NAMES[qualified]}")

    def _report(self, node: ast.stmt | ast.expr, message: str) -> None:
        self.findings.append(Finding(self._path, node.lineno, message))


def checked_files(root: Path) -> Iterator[Path]:
    """Yield the source files that have to be deterministic."""
    for package in CHECKED:
        yield from sorted((root / package).rglob("*.py"))


def main() -> int:
    root = Path(__file__).parents[2]
    paths = list(checked_files(root))
    findings = check_files(paths, root)
    for finding in findings:
        print(finding)
    print(f"{len(paths)} files read, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
