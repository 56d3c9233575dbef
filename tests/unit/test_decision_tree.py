"""How a decision is told: what counts, why, by which rules, on which terms, and who decided."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import pytest

from api.decision_tree import decision_tree
from api.views import return_view
from backhaul_client.answers import ReturnView
from backhaul_client.decision_tree import DecisionTree, TreeLine, TreeNode
from backhaul_client.lines import RefundDueView
from domain.considered import Considered, Finding
from domain.eligibility import Decision
from domain.inspection import Grade
from domain.reasons import Ground
from domain.requests import RequestedLine
from domain.returns import LineAuthorization, Return
from domain.view import document
from domain.wording import Language
from tests.support.builders import NOW, decided, graded, order, order_line, settled

BY_LAW = Considered(
    rule_id="EU-WITHDRAWAL-14",
    policy_ref="EU-CORE@2026-06-19",
    layer="LAW",
    finding=Finding.WINDOW_OVER,
    codes=("X_WINDOW_EXPIRED",),
    anchored_on=date(2026, 9, 6),
    last_day=date(2026, 9, 21),
    rolled_from=date(2026, 9, 20),
    sources=("EU-CRD#9,13", "EU-1182#3"),
    certainty="MEDIUM",
)
BY_PROMISE = Considered(
    rule_id="STD-WITHDRAWAL-30",
    policy_ref="STANDARD@2024-01-01",
    layer="MERCHANT",
    finding=Finding.GRANTS,
    codes=("R_PROMISE_APPLIES",),
    anchored_on=date(2026, 9, 6),
    last_day=date(2026, 10, 6),
)


def told(ret: Return, language: Language = Language.ENGLISH) -> DecisionTree:
    return decision_tree(seen(ret), language)


def seen(ret: Return) -> ReturnView:
    return return_view(document(ret))


def with_decision(ret: Return, **changes: object) -> Return:
    line = ret.lines[0]
    decision: Decision = replace(line.decision, **changes)  # type: ignore[arg-type]  # any field
    return replace(ret, lines=(replace(line, decision=decision),))


def due_as(due: RefundDueView) -> ReturnView:
    """Return a return whose money is due as ``due`` says."""
    view = seen(decided())
    line = view.lines[0]
    decision = line.decision.model_copy(update={"refund_due": due})
    return view.model_copy(update={"lines": (line.model_copy(update={"decision": decision}),)})


def under(line: TreeLine, heading: str) -> list[TreeNode]:
    (found,) = [part for part in line.parts if part.text == heading]
    return [*found.parts]


def sentences(nodes: Iterator[TreeNode] | list[TreeNode]) -> list[str]:
    return [node.text for node in nodes]


def every(tree: DecisionTree) -> Iterator[TreeNode]:
    def grown(node: TreeNode) -> Iterator[TreeNode]:
        yield node
        for part in node.parts:
            yield from grown(part)

    for line in tree.lines:
        for node in (line.goods, line.verdict, line.meaning, *line.parts):
            yield from grown(node)
    for node in (tree.title, *tree.notes, *tree.closing):
        yield from grown(node)


class TestALine:
    def test_says_what_counts_why_and_on_which_terms(self) -> None:
        codes = ("R_PROMISE_APPLIES", "T_RETURN_SHIPPING_TRADER")

        (line,) = told(with_decision(decided(), reason_codes=codes)).lines

        assert (line.verdict.text, line.verdict.code, line.verdict.mood) == (
            "Granted",
            "APPROVE",
            "good",
        )
        assert sentences(under(line, "Why")) == [
            "When you bought, it was promised that such goods can be sent back, until 2026-03-30."
        ]
        *terms, due = sentences(under(line, "On these terms"))
        assert terms == [
            "Possible: money back, other goods instead",
            "The shop pays the way back.",
        ]
        assert due.endswith("when you get your money: within 14 days after the goods arrive.")
        assert sentences(under(line, "Who decided")) == ["The rules alone decided on 2026-03-02."]

    def test_tells_a_promise_by_its_own_last_day(self) -> None:
        """What the law gives beside it may last longer."""
        rests_on = {
            "rule_id": BY_PROMISE.rule_id,
            "policy_ref": BY_PROMISE.policy_ref,
            "reason_codes": ("R_PROMISE_APPLIES",),
        }
        ret = with_decision(
            decided(), considered=(BY_PROMISE,), window_end=date(2028, 9, 6), **rests_on
        )

        (line,) = told(ret).lines

        assert sentences(under(line, "Why")) == [
            "When you bought, it was promised that such goods can be sent back, until 2026-10-06."
        ]

    def test_tells_a_right_by_law_by_its_own_last_day(self) -> None:
        """The shop may give more; the law does not say so."""
        rests_on = {
            "rule_id": BY_LAW.rule_id,
            "policy_ref": BY_LAW.policy_ref,
            "reason_codes": ("R_WITHDRAWAL_IN_WINDOW", "T_DEADLINE_ROLLED"),
        }
        ret = with_decision(
            decided(), considered=(BY_LAW, BY_PROMISE), window_end=BY_PROMISE.last_day, **rests_on
        )

        (line,) = told(ret).lines

        (why,) = sentences(under(line, "Why"))
        assert why.endswith("until 2026-09-21.")
        assert "2026-10-06" not in " ".join(sentences(under(line, "On these terms")))

    def test_says_until_when_its_money_is_due_once_it_is_settled(self) -> None:
        view = seen(settled(graded(Grade.A)))

        (line,) = decision_tree(view, Language.ENGLISH).lines

        due_on = view.settlements[0].due_on
        assert due_on is not None
        assert sentences(under(line, "On these terms"))[-1] == (
            f"Your money is due by {due_on} at the latest."
        )

    def test_says_a_due_day_that_is_known_before_that(self) -> None:
        due = RefundDueView(days=14, counts_from="NOTICE", kind="STATUTORY", on=date(2026, 3, 16))

        (line,) = decision_tree(due_as(due), Language.ENGLISH).lines

        assert sentences(under(line, "On these terms"))[-2:] == [
            "The law says when you get your money: within 14 days after your request.",
            "Your money is due by 2026-03-16 at the latest.",
        ]

    def test_that_is_refused_has_no_terms(self) -> None:
        (line,) = told(decided(of=order(order_line(final_sale=True)))).lines

        assert (line.verdict.text, line.verdict.mood) == ("Not granted", "bad")
        assert [part.text for part in line.parts] == [
            "Why",
            "Rules that were looked at",
            "Who decided",
        ]

    def test_that_waits_for_a_person_says_so(self) -> None:
        asked = RequestedLine("shoes", 1, reason="DEFECTIVE")

        (line,) = told(decided(asked, ground=Ground.NON_CONFORMITY)).lines

        assert (line.verdict.text, line.verdict.mood) == ("A person decides", "person")
        assert sentences(under(line, "Who decided")) == ["A person has not decided yet."]

    def test_says_who_pays_where_no_code_does(self) -> None:
        """As where a law is silent on it."""
        ret = with_decision(decided(), reason_codes=("R_STATE_DEFAULT_POLICY_NOT_POSTED",))

        (line,) = told(ret).lines

        assert "The shop pays the way back." in sentences(under(line, "On these terms"))

    @pytest.mark.parametrize(("by", "counts"), [("human", "A person"), ("timeout", "Nobody")])
    def test_of_a_person_or_the_clock_keeps_what_the_rules_say(self, by: str, counts: str) -> None:
        """Theirs is the verdict, the rules' own stands beside it, and nobody is named."""
        ret = decided()
        authorization = LineAuthorization(
            granted=False,
            by=by,
            decided_by="reviewer:key-7",
            decided_at=NOW,
            reason="worn <b>by</b> a dog",
        )
        ret = replace(ret, lines=(replace(ret.lines[0], authorization=authorization),))

        tree = told(ret)

        (line,) = tree.lines
        assert (line.verdict.text, line.verdict.mood) == ("Not granted", "bad")
        assert line.meaning.text.startswith(counts)
        assert sentences(under(line, "Who decided"))[1:] == [
            "It is not granted.",
            "By the rules alone: Granted",
            "Reason given: worn <b>by</b> a dog",
        ]
        assert sentences(under(line, "What the rules say"))
        assert "key-7" not in " ".join(node.text for node in every(tree))


class TestRules:
    def test_are_told_each_with_its_dates_sources_and_certainty(self) -> None:
        ret = with_decision(decided(), considered=(BY_LAW, BY_PROMISE))

        (line,) = told(ret).lines

        law, promise, policy = under(line, "Rules that were looked at")
        assert (law.text, law.code, law.mood) == (
            "Law: its time is over",
            "EU-WITHDRAWAL-14",
            "bad",
        )
        assert [(node.text, node.href) for node in law.parts] == [
            ("Counted from 2026-09-06, last day 2026-09-21", None),
            ("2026-09-20 was no working day, so the last day moved to 2026-09-21", None),
            ("It stands in EU-CORE@2026-06-19", None),
            (
                "Source: Directive 2011/83/EU on consumer rights (9,13)",
                "https://eur-lex.europa.eu/eli/dir/2011/83",
            ),
            ("Source: EU-1182 (3)", None),
            ("How sure: several sources agree", None),
        ]
        assert (promise.text, promise.mood) == ("Promise of the shop: grants it", "good")
        assert sentences([*promise.parts]) == ["Counted from 2026-09-06, last day 2026-10-06"]
        assert policy.text == "Decided under STANDARD@2024-01-01"

    def test_give_a_reason_of_their_own_where_the_decision_has_another(self) -> None:
        other = replace(BY_LAW, finding=Finding.EXCLUDED, codes=("X_EXCLUDED_PERISHABLE",))

        (line,) = told(with_decision(decided(), considered=(other,))).lines

        (first, *_) = under(line, "Rules that were looked at")
        assert [(node.code, node.mood) for node in first.parts[:1]] == [
            ("X_EXCLUDED_PERISHABLE", "bad")
        ]

    def test_that_do_not_apply_are_only_named_and_all_in_one_place(self) -> None:
        """A place has many, and what they would have said concerns nobody here."""
        one = replace(BY_LAW, finding=Finding.DOES_NOT_APPLY, codes=("X_NO_STATUTORY_RIGHT",))
        two = replace(one, rule_id="EU-SALE", sources=())

        (line,) = told(with_decision(decided(), considered=(one, BY_PROMISE, two))).lines

        promise, others, _ = under(line, "Rules that were looked at")
        assert promise.code == "STD-WITHDRAWAL-30"
        assert others.text == "Does not apply here"
        assert [(node.code, node.text, node.parts) for node in others.parts] == [
            (
                "EU-WITHDRAWAL-14",
                "Source: Directive 2011/83/EU on consumer rights (9,13)",
                (),
            ),
            ("EU-SALE", "Law", ()),
        ]

    def test_of_an_old_decision_are_told_by_its_record(self) -> None:
        """It was kept as a sentence, which is English whatever the reader's language is."""
        tree = told(with_decision(decided(), considered=()), Language.CHINESE)

        (record, policy) = under(tree.lines[0], "查看过的规则")
        assert record.text.startswith("记录原文：STD-WITHDRAWAL-30: delivered 2026-02-28")
        assert [node.text for node in record.parts] == [
            "依据：Standard return promise shipped with Backhaul: 30 days, draft, not legal advice",
            "依据：Directive 2011/83/EU on consumer rights",
        ]
        assert policy.text == "适用的规则：STANDARD@2024-01-01"

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "docs/policy.md", "https://a.example (text read: b)"]
    )
    def test_lead_only_to_addresses_of_the_web(self, url: str) -> None:
        ret = decided()
        source = replace(ret.lines[0].decision.sources[0], url=url)

        tree = told(with_decision(ret, sources=(source,)))

        assert not [node.href for node in every(tree) if node.href]


class TestLanguage:
    def test_chinese_is_chinese_throughout(self) -> None:
        ret = with_decision(decided(), considered=(BY_LAW, BY_PROMISE))

        tree = told(ret, Language.CHINESE)

        assert tree.language == "zh-Hans"
        assert {node.language for node in every(tree)} == {"zh-Hans", None}
        assert tree.closing[0].text == "本页语言：中文。"

    def test_what_is_not_german_yet_is_english_and_marked_so(self) -> None:
        ret = with_decision(decided(), reason_codes=("R_SANBAO_15D",))

        tree = told(ret, Language.GERMAN)

        (reason,) = under(tree.lines[0], "Warum")
        assert reason.language == "en"
        assert tree.title.language == "de"
        assert "steht auf Englisch" in tree.closing[0].text

    def test_a_sentence_is_of_one_language_with_the_names_in_it(self) -> None:
        """Japanese has no text for the line behind which a penalty begins."""
        due = RefundDueView(days=15, counts_from="NOTICE", kind="PENALTY_LIMIT")

        (told_line,) = decision_tree(due_as(due), Language.JAPANESE).lines

        last = under(told_line, "条件")[-1]
        assert last.language == "en"
        assert "not paid back within 15 days after your request" in last.text


class TestAReturn:
    def test_says_why_a_person_chooses_the_way_back(self) -> None:
        view = seen(decided())
        wait = view.waiting_on[0].model_copy(
            update={"detail": "M_KEEP_ITEM, M_NOT_TRANSPORTABLE, HTTP 503"}
        )
        view = view.model_copy(update={"waiting_on": (wait, wait)})

        tree = decision_tree(view, Language.ENGLISH)

        assert [note.code for note in tree.notes if note.code] == [
            "M_KEEP_ITEM",
            "M_NOT_TRANSPORTABLE",
        ]

    def test_that_is_not_decided_says_so(self) -> None:
        view = seen(decided()).model_copy(update={"lines": (), "ground": ""})

        tree = decision_tree(view, Language.CHINESE)

        assert tree.notes[-1].text == "还没有作出决定。"
        assert tree.notes[1].text == "申请日期：2026-03-02"


def test_the_document_mentions_rules_only_where_they_were_kept() -> None:
    old = document(with_decision(decided(), considered=()))
    new = document(with_decision(decided(), considered=(BY_LAW,)))

    assert "considered" not in _decision(old)
    assert _decision(new)["considered"] == [
        {
            "rule_id": "EU-WITHDRAWAL-14",
            "policy_ref": "EU-CORE@2026-06-19",
            "layer": "LAW",
            "finding": "window_over",
            "codes": ["X_WINDOW_EXPIRED"],
            "anchored_on": "2026-09-06",
            "last_day": "2026-09-21",
            "rolled_from": "2026-09-20",
            "sources": ["EU-CRD#9,13", "EU-1182#3"],
            "certainty": "MEDIUM",
        }
    ]


def _decision(shown: Mapping[str, object]) -> Mapping[str, object]:
    lines = shown["lines"]
    assert isinstance(lines, list)
    decision = lines[0]["decision"]
    assert isinstance(decision, dict)
    return decision
