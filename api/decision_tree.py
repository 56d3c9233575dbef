"""A return's decisions as a short tree in the reader's language, from its document alone."""

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from api.telling import Words, over
from api.told_rules import told_rules
from backhaul_client.answers import ReturnView
from backhaul_client.decision_tree import DecisionTree, TreeLine, TreeNode
from backhaul_client.lines import LineDecision, LineView, RefundDueView
from domain.eligibility import Verdict
from domain.reason_codes import REASON_CODES
from domain.wording import COMPLETE, Language, catalogue

_MOODS: dict[str, str] = {
    Verdict.APPROVE: "good",
    Verdict.APPROVE_ALTERNATIVE: "good",
    Verdict.REJECT: "bad",
}
_FOR_A_PERSON = (Verdict.MANUAL_REVIEW, Verdict.APPROVE_ALTERNATIVE)
_PAYS = ("T_RETURN_SHIPPING_", "T_RETURN_NOT_REQUIRED")


def decision_tree(view: ReturnView, language: Language) -> DecisionTree:
    """Tell per line what counts, why, which rules were looked at, the terms and who decided."""
    words, own = Words(language, ZoneInfo(view.time_zone)), catalogue(language)
    in_language = "page.language" if language in COMPLETE else "page.in_part"
    return DecisionTree(
        return_id=view.return_id,
        rma_no=view.rma_no,
        language=own.tag,
        title=words.say("page.title"),
        notes=_notes(words, view),
        lines=tuple(_line(words, line, _due_on(view, line)) for line in view.lines),
        closing=(words.say(in_language, language=own.name), words.say("page.not_advice")),
    )


def _notes(words: Words, view: ReturnView) -> tuple[TreeNode, ...]:
    ground = words.name(f"ground.{view.ground}", within="page.asked") if view.ground else None
    # Why a person has to choose the way back concerns no single line.
    doubts = dict.fromkeys(code for wait in view.waiting_on for code in _codes_in(wait.detail))
    return (
        words.say("page.subject", rma_no=view.rma_no, order_id=view.order_id),
        words.say("page.asked", day=words.day(view.requested_at), ground=ground),
        *(words.reason(code) for code in doubts),
        *(() if view.lines else (words.say("page.undecided"),)),
    )


def _line(words: Words, line: LineView, due_on: Collection[date]) -> TreeLine:
    decision, decided = line.decision, line.authorization
    if decided is None or decided.by == "rule":
        verdict, why = decision.verdict, "page.why"
        meaning = words.say(f"meaning.{verdict}")
    else:
        verdict, why = Verdict.APPROVE if decided.granted else Verdict.REJECT, "page.by_rules"
        meaning = words.say(f"by.{decided.by}", day=words.day(decided.decided_at))
    sections = (
        over(words.say(why), _why(words, decision)),
        over(words.say("page.rules"), told_rules(words, decision)),
        over(words.say("page.terms"), _terms(words, decision, due_on)),
        over(words.say("page.decider"), _decider(words, line)),
    )
    goods = f"{line.quantity} × {line.title or line.sku or line.line_id}"
    mood = _MOODS.get(verdict, "person")
    return TreeLine(
        line_id=line.line_id,
        goods=TreeNode(text=goods, language=None),
        verdict=words.say(f"verdict.{verdict}").model_copy(update={"code": verdict, "mood": mood}),
        meaning=meaning,
        parts=tuple(section for section in sections if section.parts),
    )


def _why(words: Words, decision: LineDecision) -> list[TreeNode]:
    codes = [code for code in decision.reason_codes if not code.startswith("T_")]
    return [words.reason(code, last_day=_last_day(decision)) for code in codes]


def _last_day(decision: LineDecision) -> date | None:
    """A right is told by its own last day: what another gives beside it may last longer."""
    deciding = (decision.rule_id, decision.policy_ref)
    days = [
        one.last_day for one in decision.considered if (one.rule_id, one.policy_ref) == deciding
    ]
    told = [day for day in (*days, decision.window_end) if day is not None]
    return min(told) if decision.window_end is not None else None


def _terms(words: Words, decision: LineDecision, due_on: Collection[date]) -> list[TreeNode]:
    told: list[TreeNode] = []
    if decision.remedies:
        names = [words.name(f"remedy.{r}", within="page.remedies") for r in decision.remedies]
        remedies = words.name("page.and", within="page.remedies").join(names)
        told.append(words.say("page.remedies", remedies=remedies))
    codes = [code for code in decision.reason_codes if code.startswith("T_")]
    told += [words.reason(code, last_day=_last_day(decision)) for code in codes]
    if decision.return_shipping_payer and not any(code.startswith(_PAYS) for code in codes):
        told.append(words.say(f"payer.{decision.return_shipping_payer}"))
    due = decision.refund_due
    if due is not None:
        told.append(_due(words, due))
    days = due_on or ({due.on} if due is not None and due.on is not None else ())
    return [*told, *(words.say("page.due_on", due_on=day) for day in sorted(days))]


def _due(words: Words, due: RefundDueView) -> TreeNode:
    code = f"due_kind.{due.kind}"
    event = words.name(f"due_from.{due.counts_from}", within=code)
    return words.say(code, days=due.days, event=event)


def _due_on(view: ReturnView, line: LineView) -> frozenset[date]:
    """Return until when money for this line's lots is due, once it is settled."""
    settled = {lot.settlement_no for lot in view.lots if lot.line_id == line.line_id}
    return frozenset(
        one.due_on for one in view.settlements if one.number in settled and one.due_on is not None
    )


def _decider(words: Words, line: LineView) -> list[TreeNode]:
    decided, verdict = line.authorization, line.decision.verdict
    if decided is None:
        return [words.say("page.waiting")] if verdict in _FOR_A_PERSON else []
    told = [words.say(f"by.{decided.by}", day=words.day(decided.decided_at))]
    if decided.by != "rule":
        own = words.name(f"verdict.{verdict}", within="page.own_result")
        told += [
            words.say("page.person_granted" if decided.granted else "page.person_declined"),
            words.say("page.own_result", verdict=own),
        ]
    if decided.reason:
        told.append(words.say("page.reason", reason=decided.reason))
    return told


def _codes_in(detail: str | None) -> list[str]:
    return [code for code in (detail or "").split(", ") if code in REASON_CODES]
