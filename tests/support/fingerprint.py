"""Keep the order in which workflows give commands, and notice when it changes without a patch.

A running return replays its history against the code of today, so a function that orders other
steps than before breaks it unless ``workflow.patched("…")`` keeps the old order for old runs. This
reads the source: ``python -m tests.support.fingerprint``. What it compares with is recorded by
``make corpus`` into ``tests/replay/fingerprint.json``.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.replay.corpus import Corpus
from tests.support.set_types import module_name

Sequences = dict[str, list[str]]

_FOR_A_RELEASE = """\
Returns run on the order of {version}, so in the function below put the new steps behind
workflow.patched("what-changes") and keep the old ones for the others
(CONTRIBUTING.md, "Changing a workflow"):"""
_BEFORE_A_RELEASE = """\
{version} is not released: if no return runs on its order, record it anew with `make corpus`
(CONTRIBUTING.md, "Changing a workflow"):"""

_COMMANDS = frozenset(
    {
        "continue_as_new",
        "execute_activity",
        "execute_activity_method",
        "execute_child_workflow",
        "execute_local_activity",
        "execute_local_activity_method",
        "sleep",
        "start_activity",
        "start_activity_method",
        "start_child_workflow",
        "start_local_activity",
        "start_local_activity_method",
        "upsert_memo",
        "upsert_search_attributes",
    }
)
_LONG_LIVED = ("workflows.return_workflow", "workflows.follow_up")
_MODULE = "<module>"


def sequences_in(root: Path) -> Sequences:
    """Return for every function of the long-lived workflows what it orders, top to bottom.

    A function stands in it if it gives a command, makes a task, or names a function that does.
    """
    modules = list(_reachable(root))
    scopes = {name: _Scope(module, name) for module in modules for name in module.scopes}
    methods = [name for module in modules for name in module.methods]
    makes: frozenset[str] = frozenset()
    while True:
        found = {name: steps for name, scope in scopes.items() if (steps := scope.sequence(makes))}
        # What a method is called on has no type here, so there it is known by its name alone.
        known = frozenset({*found, *(_bare(name) for name in methods if name in found)})
        if known == makes:
            return dict(sorted(found.items()))
        makes = known


def _reachable(root: Path) -> Iterator["_Module"]:
    """Yield the modules of ``workflows/`` that the long-lived workflows import, and theirs."""
    paths = {module_name(path, root): path for path in sorted((root / "workflows").rglob("*.py"))}
    left, seen = [*_LONG_LIVED], set[str]()
    while left:
        name = left.pop(0)
        if name in seen or name not in paths:
            continue
        seen.add(name)
        module = _Module(name, ast.parse(paths[name].read_text(), str(paths[name])))
        yield module
        for imported in module.names.values():
            # A module itself, or a name of one.
            left += [imported, imported.rpartition(".")[0]]


def unguarded(recorded: Sequences, found: Sequences) -> list[str]:
    """Say which functions order something else than was recorded, without a patch for it."""
    findings = []
    for name, before in recorded.items():
        now = found.get(name, [])
        patches = {step for step in now if step.startswith("patched ")}
        if now != before and not patches - set(before):
            findings.append(
                f"{name}\n  recorded: {' > '.join(before)}\n  now:      {' > '.join(now) or '-'}"
            )
    return findings


def record(corpus: Corpus) -> None:
    """Write down what the workflows of the version at hand order; released ones stay."""
    kept = _kept(corpus)
    if corpus.version not in corpus.released:
        kept[corpus.version] = sequences_in(corpus.root)
    _path(corpus).write_text(json.dumps(kept, indent=2) + "\n")


def check(corpus: Corpus) -> list[str]:
    """Say what changed since the newest release, and since the version at hand was recorded."""
    kept, found = _kept(corpus), sequences_in(corpus.root)
    findings = [
        f"{_FOR_A_RELEASE.format(version=version)}\n{finding}"
        for version in corpus.released[:1]
        for finding in unguarded(kept.get(version, {}), found)
    ]
    if findings or corpus.version in corpus.released:
        return findings
    return [
        f"{_BEFORE_A_RELEASE.format(version=corpus.version)}\n{finding}"
        for finding in unguarded(kept.get(corpus.version, {}), found)
    ]


def _path(corpus: Corpus) -> Path:
    return corpus.folder / "fingerprint.json"


def _kept(corpus: Corpus) -> dict[str, Sequences]:
    kept: dict[str, Sequences] = json.loads(_path(corpus).read_text())
    return kept


class _Module:
    """One module's functions, by their full names, and what its imports stand for."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name = name
        self.scopes: dict[str, ast.AST] = {}
        self.methods: list[str] = []
        self.names: dict[str, str] = {}
        rest: list[ast.stmt] = []
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.scopes[f"{name}.{node.name}"] = node
                self.names[node.name] = f"{name}.{node.name}"
            elif isinstance(node, ast.ClassDef):
                self._learn_class(node)
            else:
                rest.append(node)
                self._learn_import(node)
        self.scopes[f"{name}.{_MODULE}"] = ast.Module(rest, [])

    def _learn_class(self, node: ast.ClassDef) -> None:
        for member in node.body:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                full = f"{self.name}.{node.name}.{member.name}"
                self.scopes[full] = member
                self.methods.append(full)

    def _learn_import(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self.names[alias.asname or alias.name] = alias.name


class _Scope:
    """Reads one function, with the functions inside it."""

    def __init__(self, module: _Module, name: str) -> None:
        self._module = module
        self._class = name.rpartition(".")[0]
        inside = ast.walk(module.scopes[name])
        found = [n for n in inside if isinstance(n, ast.Call | ast.Name | ast.Attribute)]
        self._nodes = sorted(found, key=_place)
        self._called = {node.func for node in self._nodes if isinstance(node, ast.Call)}

    def sequence(self, makes: frozenset[str]) -> list[str]:
        """Return the steps, where ``makes`` are the functions that are known to make commands."""
        return list(self._steps(makes))

    def _steps(self, makes: frozenset[str]) -> Iterator[str]:
        read: set[ast.AST] = set()
        for node in self._nodes:
            if isinstance(node, ast.Call):
                step = self._command(node)
                if step is not None:
                    read.add(node.func)
                    yield step
            elif node not in read and isinstance(node.ctx, ast.Load):
                name = self._full_name(node)
                if name in makes:
                    yield _short(name)

    def _command(self, call: ast.Call) -> str | None:
        name = self._full_name(call.func)
        short = name.rpartition(".")[2]
        # By itself, or (``case.call``) as patiently as the return's policy says.
        if name == "workflows.steps.write" or name.endswith(".call"):
            return f"{short} {ast.unparse(call.args[0])}"
        if name in ("asyncio.create_task", "asyncio.gather"):
            return short
        if not name.startswith("temporalio.workflow."):
            return None
        if short in {"patched", "deprecate_patch"}:
            return f"{short} {ast.unparse(call.args[0])}"
        if short == "wait_condition":
            timed = any(keyword.arg == "timeout" for keyword in call.keywords)
            return "wait_condition with timeout" if timed else "wait_condition"
        return short if short in _COMMANDS else None

    def _full_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self._module.names.get(node.id, "")
        if not isinstance(node, ast.Attribute):
            return ""
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return f"{self._class}.{node.attr}"
        owner = self._full_name(node.value)
        if owner:
            return f"{owner}.{node.attr}"
        return _bare(node.attr) if node in self._called else ""


def _place(node: ast.expr) -> tuple[int, ...]:
    """Order nodes as they are read, what holds others before them."""
    return node.lineno, node.col_offset, -(node.end_lineno or 0), -(node.end_col_offset or 0)


def _bare(name: str) -> str:
    return f".{name.rpartition('.')[2]}"


def _short(name: str) -> str:
    return name.removeprefix("workflows.")


def main() -> int:
    findings = check(Corpus())
    for finding in findings:
        print(finding)
    print(f"workflows compared with what is recorded, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
