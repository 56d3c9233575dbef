"""``backhaul policy explain``: how a return was decided, as a tree in the terminal."""

import argparse

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from backhaul_client import BackhaulClient, DecisionTree, TreeNode
from cli import printing
from cli.calling import calls
from domain.wording import Language

_MARKS = {"good": ("✓", "green"), "bad": ("✗", "red"), "person": ("?", "yellow")}


def add_explain(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser("explain", help="how a return was decided, rule by rule")
    parser.add_argument("return_id", help="id or RMA number")
    parser.add_argument("--lang", choices=[*map(str, Language)], help="English unless stated")
    printing.add_json(parser)
    parser.set_defaults(run=calls("get", _explain))


async def _explain(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.get_decision_tree(arguments.return_id, language=arguments.lang)
    if arguments.json:
        printing.show_json(found)
    else:
        show_decision(found, Console(highlight=False))


def show_decision(told: DecisionTree, console: Console) -> None:
    """Print each line's tree, with the codes that programs and packs know."""
    console.print(Text(told.title.text, style="bold"))
    for note in told.notes:
        console.print(_words(note))
    for line in told.lines:
        heading = Text.assemble(_words(line.goods), ": ", _words(line.verdict))
        tree = Tree(heading, guide_style="dim")
        tree.add(_words(line.meaning))
        for part in line.parts:
            _grow(tree, part)
        console.print(tree)
    for note in told.closing:
        console.print(Text(note.text, style="dim"))


def _grow(tree: Tree, node: TreeNode) -> None:
    branch = tree.add(_words(node))
    for part in node.parts:
        _grow(branch, part)


def _words(node: TreeNode) -> Text:
    """Return a sentence with its mark and code; whatever is in it is no markup."""
    mark, style = _MARKS.get(node.mood, ("", ""))
    before = Text(f"{mark} ", style=style) if mark else Text()
    after = Text(f" [{node.code}]", style="dim") if node.code else Text()
    return Text.assemble(before, node.text, after)
