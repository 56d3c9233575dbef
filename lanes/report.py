"""What a trial found, as a file that is kept and as tables that are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lanes.trial import MATCHED, Trial

Kept = Mapping[str, Any]
_COLUMNS = (
    *("rule", "threshold", "warned", "false alarms", "precision", "recall"),
    *("a day before", "lead, hours"),
)


def to_json(trial: Trial) -> dict[str, Any]:
    """Return all that was found, rounded to what it can be told to."""
    kept: dict[str, Any] = _rounded(asdict(trial))
    return {**kept, "beats": trial.beats}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4f}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def tables(kept: Kept) -> str:
    """Write a table for each set of seeds, and what the model has more than each threshold."""
    lines: list[str] = []
    for part in kept["parts"]:
        figures = part["judged"][0]["figures"]
        seeds = len(kept["plan"][part["name"].replace("-", "_")])
        lines += [
            _HEADING.format(part["name"], seeds, figures["in_time"], figures["late"]),
            "",
            f"| {' | '.join(_COLUMNS)} |",
            "|---" + "|---:" * (len(_COLUMNS) - 1) + "|",
            *map(_line, part["judged"]),
            "",
            *_gains(part["judged"]),
            _ARRIVALS.format(*(part[what][how] for how in _HOWS for what in _WHATS)),
            "",
        ]
    lines += [*_choices(kept["choices"]), ""]
    beats = "beats" if kept["beats"] else "does not beat"
    lines.append(
        f"By this the model **{beats}** both thresholds, and is "
        f"switched {'on' if kept['beats'] else 'off'}."
    )
    return "\n".join(lines) + "\n"


_WHATS, _HOWS = ("foretold", "promised"), ("on_the_day", "within_a_day")
_ARRIVALS = (
    "- At the first look the day of arrival is foretold right for {:.0%} of what arrives (by the "
    "promise: {:.0%}), and within a day for {:.0%} ({:.0%})."
)
_HEADING = "**{}**, {} seeds, {} parcels in time, {} late:"


def _line(judged: Kept) -> str:
    figures, intervals = judged["figures"], judged["intervals"]

    def share(name: str) -> str:
        low, high = intervals[name]["low"], intervals[name]["high"]
        return f"{figures[name]:.1%} ({low:.1%} to {high:.1%})"

    lead = intervals["lead_hours"]
    cells = (
        judged["rule"],
        f"{judged['threshold']:.3f}" if judged["threshold"] < 2 else f"{judged['threshold']:.1f} h",
        figures["warned"],
        share("false_alarms"),
        share("precision"),
        share("recall"),
        share("notice"),
        f"{figures['lead_hours']:.0f} ({lead['low']:.0f} to {lead['high']:.0f})",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _choices(choices: Sequence[Kept]) -> Iterator[str]:
    """Write what other shares of false alarms would give on the held-out seeds."""
    yield "Other thresholds, chosen on validation for these false alarms, on **held-out** seeds:"
    yield ""
    yield (
        "| false alarms | there | precision | a day before | lead, hours "
        "| a day before, elapsed | lead, elapsed |"
    )
    yield "|---:" * 7 + "|"
    for one in choices:
        model, elapsed = one["model"], one["elapsed"]
        cells = (
            f"{one['false_alarms']:.1%}",
            *(f"{model[name]:.1%}" for name in ("false_alarms", "precision", "notice")),
            f"{model['lead_hours']:.0f}",
            f"{elapsed['notice']:.1%}",
            f"{elapsed['lead_hours']:.0f}",
        )
        yield f"| {' | '.join(cells)} |"


def _gains(judged: list[Kept]) -> Iterator[str]:
    for one in judged:
        if one["gain"] is not None and one["rule"].endswith(MATCHED):
            precision, recall, notice, lead = (
                one["gain"][name] for name in ("precision", "recall", "notice", "lead_hours")
            )
            yield (
                f"- The model less *{one['rule']}*: precision {_points(precision)}, recall "
                f"{_points(recall)}, a day before {_points(notice)} points; lead "
                f"{lead['low']:+.0f} to {lead['high']:+.0f} hours."
            )


def _points(interval: Kept) -> str:
    return f"{interval['low'] * 100:+.1f} to {interval['high'] * 100:+.1f}"
