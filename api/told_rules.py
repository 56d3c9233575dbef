"""The rules that were looked at for a line: what each said, by which dates and sources."""

from api.telling import Words, over
from backhaul_client.decision_tree import TreeNode
from backhaul_client.lines import ConsideredView, LineDecision, Source
from domain.considered import Finding

_MOODS: dict[str, str] = {
    Finding.GRANTS: "good",
    Finding.EXCLUDED: "bad",
    Finding.WINDOW_OVER: "bad",
    Finding.NOT_INTACT: "bad",
    Finding.NEEDS_PERSON: "person",
}


def told_rules(words: Words, decision: LineDecision) -> list[TreeNode]:
    """Tell each rule, those that do not apply together, then what the decision was made under.

    A decision of before rules were kept with it is told by the sentence of its record.
    """
    applying = [r for r in decision.considered if r.finding != Finding.DOES_NOT_APPLY]
    others = [r for r in decision.considered if r.finding == Finding.DOES_NOT_APPLY]
    told = [_rule(words, rule, decision) for rule in applying]
    if others:
        names = [_other(words, rule, decision) for rule in others]
        told.append(over(words.say("page.not_applying"), names))
    if not told and decision.explanation:
        record = words.say("page.record", explanation=decision.explanation)
        told = [over(record, [_source(words, source) for source in decision.sources])]
    if decision.policy_ref:
        told.append(words.say("page.policy", policy_ref=decision.policy_ref))
    return told


def _rule(words: Words, rule: ConsideredView, decision: LineDecision) -> TreeNode:
    layer = words.name(f"layer.{rule.layer}", within="page.rule")
    finding = words.name(f"finding.{rule.finding}", within="page.rule")
    mood = _MOODS.get(rule.finding, "plain")
    heading = words.say("page.rule", layer=layer, finding=finding)
    return over(
        heading.model_copy(update={"code": rule.rule_id, "mood": mood}),
        [
            *_reasons(words, rule, decision),
            *_dates(words, rule),
            *_origin(words, rule, decision),
        ],
    )


def _other(words: Words, rule: ConsideredView, decision: LineDecision) -> TreeNode:
    """Name a rule that does not apply: by its first source, or by its layer where it has none."""
    if rule.sources:
        named = _source_of(words, rule.sources[0], decision)
    else:
        named = words.say(f"layer.{rule.layer}")
    return named.model_copy(update={"code": rule.rule_id})


def _reasons(words: Words, rule: ConsideredView, decision: LineDecision) -> list[TreeNode]:
    """Tell what is not said by the decision itself, or by the finding and its dates."""
    said = (*decision.reason_codes, "X_WINDOW_EXPIRED" if rule.last_day else "")
    return [words.reason(code, last_day=rule.last_day) for code in rule.codes if code not in said]


def _dates(words: Words, rule: ConsideredView) -> list[TreeNode]:
    first, last, rolled = rule.anchored_on, rule.last_day, rule.rolled_from
    if last is None:
        return [words.say("page.anchored", anchored_on=first)] if first is not None else []
    told = [words.say("page.window", anchored_on=first, last_day=last)]
    if rolled is not None:
        told.append(words.say("page.rolled", rolled_from=rolled, last_day=last))
    return told


def _origin(words: Words, rule: ConsideredView, decision: LineDecision) -> list[TreeNode]:
    told = [_source_of(words, key, decision) for key in rule.sources]
    if rule.policy_ref != decision.policy_ref:
        told.insert(0, words.say("page.stands_in", policy_ref=rule.policy_ref))
    if rule.certainty:
        certainty = words.name(f"certainty.{rule.certainty}", within="page.certainty")
        told.append(words.say("page.certainty", certainty=certainty))
    return told


def _source_of(words: Words, key: str, decision: LineDecision) -> TreeNode:
    """Tell a source by its title where the decision has it, with the articles that count."""
    name, _, articles = key.partition("#")
    known = next((source for source in decision.sources if source.key == name), None)
    if known is None:
        return words.say("page.source", source=name, articles=articles)
    # A title may name the articles itself.
    return _source(words, known, "" if known.title.endswith(articles) else articles)


def _source(words: Words, source: Source, articles: str = "") -> TreeNode:
    told = words.say("page.source", source=source.title, articles=articles)
    return told.model_copy(update={"href": source.url if _is_address(source.url) else None})


def _is_address(url: str) -> bool:
    """Say whether it is one address of the web: a pack's author may write there what he likes."""
    return url.startswith(("https://", "http://")) and not any(c.isspace() for c in url)
