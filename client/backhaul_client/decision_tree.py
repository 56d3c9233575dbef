"""How a return was decided, in the reader's language, on the wire."""

from backhaul_client.answer_model import AnswerModel


class TreeNode(AnswerModel):
    """One sentence and those under it.

    ``language`` is that of the sentence (BCP 47): English where the reader's own has no text yet,
    ``None`` where it is nobody's text of ours, such as a title or a reason that a person typed.
    ``code`` is the reason code, verdict or rule behind it. ``mood`` is good, bad, person (somebody
    has to decide) or plain. ``href`` is an address on the web where a source can be read.
    """

    text: str
    language: str | None
    code: str | None = None
    mood: str = "plain"
    href: str | None = None
    parts: tuple["TreeNode", ...] = ()


class TreeLine(AnswerModel):
    """One line: its goods, what counts of it by now, what that means, and how it came about."""

    line_id: str
    goods: TreeNode
    verdict: TreeNode
    meaning: TreeNode
    parts: tuple[TreeNode, ...]


class DecisionTree(AnswerModel):
    """``language`` is the reader's (BCP 47); ``notes`` are about the return as a whole."""

    return_id: str
    rma_no: str
    language: str
    title: TreeNode
    notes: tuple[TreeNode, ...]
    lines: tuple[TreeLine, ...]
    closing: tuple[TreeNode, ...]
