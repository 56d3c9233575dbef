"""A return's decisions as a short tree in the reader's language, from its document alone."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from backhaul_client.answers import ConsideredView, LineDecision, LineView, ReturnView, Source
from backhaul_client.decision_tree import DecisionTree, TreeLine, TreeNode
from domain.considered import RuleFinding
from domain.eligibility import Verdict
from domain.reason_codes import REASON_CODES
from domain.wording import COMPLETE, Language, catalogue, language_of, text

_MOODS: dict[str, str] = {"R": "good", "X": "bad", "M": "person", "T": "plain"}
_VERDICTS: dict[str, str] = {
    Verdict.APPROVE: "good",
    Verdict.APPROVE_ALTERNATIVE: "good",
    Verdict.REJECT: "bad",
    Verdict.MANUAL_REVIEW: "person",
    Verdict.NEED_INFO: "person",
}
_FINDINGS: dict[str, str] = {
    RuleFinding.GRANTS: "good",
    RuleFinding.EXCLUDED: "bad",
    RuleFinding.WINDOW_OVER: "bad",
    RuleFinding.NOT_INTACT: "bad",
    RuleFinding.NEEDS_PERSON: "person",
}
_FOR_A_PERSON = (Verdict.MANUAL_REVIEW, Verdict.APPROVE_ALTERNATIVE)
_PAYS = ("T_RETURN_SHIPPING_", "T_RETURN_NOT_REQUIRED")


def decision_tree(view: ReturnView, language: Language) -> DecisionTree:
    """Tell per line what counts, why, which rules were looked at, the terms and who decided.

    Decisions of before the rules were kept beside them are told by their record's own sentence.
    """
    return _Teller(language, ZoneInfo(view.time_zone)).tree(view)


class _Teller:
    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language = language
        self._zone = zone

    def tree(self, view: ReturnView) -> DecisionTree:
        own = catalogue(self._language)
        partial = "page.language" if self._language in COMPLETE else "page.in_part"
        return DecisionTree(
            return_id=view.return_id,
            rma_no=view.rma_no,
            language=own.tag,
            title=self._say("page.title"),
            notes=self._notes(view),
            lines=tuple(self._line(line) for line in view.lines),
            closing=(self._say(partial, language=own.name), self._say("page.not_advice")),
        )

    def _notes(self, view: ReturnView) -> tuple[TreeNode, ...]:
        ground = text(f"ground.{view.ground}", self._language) if view.ground else None
        day = self._day(view.requested_at)
        doubts = dict.fromkeys(code for wait in view.waiting_on for code in _codes_in(wait.detail))
        return (
            self._say("page.subject", rma_no=view.rma_no, order_id=view.order_id),
            self._say("page.asked", day=day, ground=ground),
            # Why a person has to choose the way back concerns no single line.
            *(self._reason(code) for code in doubts),
            *(() if view.lines else (self._say("page.undecided"),)),
        )

    def _line(self, line: LineView) -> TreeLine:
        decision, decided = line.decision, line.authorization
        verdict, meaning = decision.verdict, self._say(f"meaning.{decision.verdict}")
        why = "page.why"
        if decided is not None and decided.by != "rule":
            verdict = Verdict.APPROVE if decided.granted else Verdict.REJECT
            meaning = self._say(f"by.{decided.by}", day=self._day(decided.decided_at))
            why = "page.by_rules"
        goods = f"{line.quantity} × {line.title or line.sku or line.line_id}"
        sections = (
            self._section(why, self._why(decision)),
            self._section("page.rules", self._rules(decision)),
            self._section("page.terms", self._terms(decision)),
            self._section("page.decider", self._decider(line)),
        )
        return TreeLine(
            line_id=line.line_id,
            goods=TreeNode(text=goods, language=None),
            verdict=self._verdict(verdict),
            meaning=meaning,
            parts=tuple(section for section in sections if section.parts),
        )

    def _why(self, decision: LineDecision) -> list[TreeNode]:
        codes = [code for code in decision.reason_codes if not code.startswith("T_")]
        return [self._reason(code, last_day=decision.window_end) for code in codes]

    def _rules(self, decision: LineDecision) -> list[TreeNode]:
        told = [self._rule(rule, decision) for rule in decision.considered]
        if not told and decision.explanation:
            record = self._say("page.record", explanation=decision.explanation)
            sources = tuple(self._source(source) for source in decision.sources)
            told = [record.model_copy(update={"parts": sources})]
        if decision.policy_ref:
            told.append(self._say("page.policy", policy_ref=decision.policy_ref))
        return told

    def _rule(self, rule: ConsideredView, decision: LineDecision) -> TreeNode:
        layer = text(f"layer.{rule.layer}", self._language)
        finding = text(f"finding.{rule.finding}", self._language)
        # What stands under "why", or in the finding and its dates, is not said again.
        told = (*decision.reason_codes, "X_WINDOW_EXPIRED" if rule.last_day else "")
        codes = [code for code in rule.codes if code not in told]
        parts = (
            *(self._reason(code, last_day=rule.last_day) for code in codes),
            *self._dates(rule),
            *self._elsewhere(rule, decision),
            *(self._source_of(key, decision.sources) for key in rule.sources),
            *self._certainty(rule),
        )
        return self._say("page.rule", layer=layer, finding=finding).model_copy(
            update={
                "code": rule.rule_id,
                "mood": _FINDINGS.get(rule.finding, "plain"),
                "parts": parts,
            }
        )

    def _dates(self, rule: ConsideredView) -> list[TreeNode]:
        told: list[TreeNode] = []
        if rule.last_day is not None:
            told.append(
                self._say("page.window", anchored_on=rule.anchored_on, last_day=rule.last_day)
            )
        elif rule.anchored_on is not None:
            told.append(self._say("page.anchored", anchored_on=rule.anchored_on))
        if rule.rolled_from is not None and rule.last_day is not None:
            told.append(
                self._say("page.rolled", rolled_from=rule.rolled_from, last_day=rule.last_day)
            )
        return told

    def _elsewhere(self, rule: ConsideredView, decision: LineDecision) -> list[TreeNode]:
        if rule.policy_ref == decision.policy_ref:
            return []
        return [self._say("page.stands_in", policy_ref=rule.policy_ref)]

    def _certainty(self, rule: ConsideredView) -> list[TreeNode]:
        if not rule.certainty:
            return []
        certainty = text(f"certainty.{rule.certainty}", self._language)
        return [self._say("page.certainty", certainty=certainty)]

    def _source_of(self, key: str, sources: Sequence[Source]) -> TreeNode:
        """Tell a source by its title where the decision has it, with the articles that count."""
        name, _, articles = key.partition("#")
        known = next((source for source in sources if source.key == name), None)
        if known is None:
            return self._say("page.source", source=name, articles=articles)
        return self._source(known, articles)

    def _source(self, source: Source, articles: str = "") -> TreeNode:
        href = source.url if _is_address(source.url) else None
        told = self._say("page.source", source=source.title, articles=articles)
        return told.model_copy(update={"href": href})

    def _terms(self, decision: LineDecision) -> list[TreeNode]:
        told: list[TreeNode] = []
        if decision.remedies:
            names = [text(f"remedy.{remedy}", self._language) for remedy in decision.remedies]
            remedies = text("page.and", self._language).join(names)
            told.append(self._say("page.remedies", remedies=remedies))
        codes = [code for code in decision.reason_codes if code.startswith("T_")]
        told += [self._reason(code, last_day=decision.window_end) for code in codes]
        if decision.return_shipping_payer and not any(code.startswith(_PAYS) for code in codes):
            told.append(self._say(f"payer.{decision.return_shipping_payer}"))
        if decision.refund_due is not None:
            due = decision.refund_due
            told.append(self._say(f"due_kind.{due.kind}", days=due.days))
        return told

    def _decider(self, line: LineView) -> list[TreeNode]:
        decided, verdict = line.authorization, line.decision.verdict
        if decided is None:
            waits = verdict in _FOR_A_PERSON
            return [self._say("page.waiting")] if waits else []
        told = [self._say(f"by.{decided.by}", day=self._day(decided.decided_at))]
        if decided.by != "rule":
            told.append(
                self._say("page.person_granted" if decided.granted else "page.person_declined")
            )
            own = text(f"verdict.{verdict}", self._language)
            told.append(self._say("page.own_result", verdict=own))
        if decided.reason:
            told.append(self._say("page.reason", reason=decided.reason))
        return told

    def _section(self, heading: str, parts: Sequence[TreeNode]) -> TreeNode:
        return self._say(heading).model_copy(update={"parts": tuple(parts)})

    def _verdict(self, verdict: str) -> TreeNode:
        mood = _VERDICTS.get(verdict, "person")
        return self._say(f"verdict.{verdict}").model_copy(update={"code": verdict, "mood": mood})

    def _reason(self, code: str, /, **values: object) -> TreeNode:
        mood = _MOODS.get(code[:1], "plain")
        return self._say(code, **values).model_copy(update={"code": code, "mood": mood})

    def _say(self, code: str, /, **values: object) -> TreeNode:
        own = catalogue(language_of(code, self._language)).tag
        return TreeNode(text=text(code, self._language, **values), language=own)

    def _day(self, at: datetime) -> str:
        return at.astimezone(self._zone).date().isoformat()


def _codes_in(detail: str | None) -> list[str]:
    return [code for code in (detail or "").split(", ") if code in REASON_CODES]


def _is_address(url: str) -> bool:
    """Say whether it is one address of the web: a pack's author may write there what he likes."""
    return url.startswith(("https://", "http://")) and not any(c.isspace() for c in url)
