"""``backhaul policy cases``, ``check``, ``law`` and ``schema``, as people type them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import packs
from cli.main import run
from packs.cases import Case
from packs.library import shipped
from tests.support.builders import STANDARD, pack
from tests.support.worked_cases import case, promise

LAW = Path(packs.__file__).parent / "law"


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command; return its exit status, output and errors."""

    def type_(*words: str | Path) -> tuple[int, str, str]:
        status = run(["policy", *map(str, words)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return type_


def written(one: Case, case_id: str, **expected: Any) -> dict[str, Any]:
    """Return a withdrawal in China as a case's file has it, with what comes out of it."""
    right = {
        "decision": "APPROVE",
        "ground": "WITHDRAWAL",
        "policy_ref": "CN-CORE@2024-07-01",
        "window_end": "2026-09-14",
        "remedies": ["REFUND"],
        "return_shipping_payer": "CONSUMER",
        "refund": {"amount": 100, "currency": "CNY", "due_kind": "STATUTORY"},
        "reason_codes": ["R_WITHDRAWAL_IN_WINDOW", "T_RETURN_SHIPPING_CONSUMER"],
    }
    facts = one.model_dump(mode="json")["input"]
    return {
        "case_id": case_id,
        "title": f"title of {case_id}",
        "input": facts,
        "expected": {**right, **expected},
    }


def file(folder: Path, *cases: dict[str, Any]) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps({"format": "returns-policy-cases/1", "cases": cases}))
    return path


def test_cases_that_come_out_as_expected(typed: Any, tmp_path: Path) -> None:
    """They are counted, and nothing else is said."""
    path = file(tmp_path, written(case("CN"), "CN-A"), written(case("CN"), "CN-B"))

    assert typed("cases", path) == (0, "2 cases, 0 different\n", "")


def test_each_difference_has_its_field_and_both_sides(typed: Any, tmp_path: Path) -> None:
    """What was expected stands before what was found, as the case's file writes it."""
    wrong = written(
        case("CN"),
        "CN-A",
        decision="REJECT",
        window_end="2026-09-13",
        refund={"amount": 99.5, "currency": "CNY", "due_kind": "STATUTORY"},
        reason_codes=["X_WINDOW_EXPIRED"],
    )

    status, out, err = typed("cases", file(tmp_path, wrong, written(case("CN"), "CN-B")))

    head, *lines, last = out.splitlines()
    assert (status, head, last, err) == (1, "CN-A  title of CN-A", "2 cases, 1 different", "")
    assert '  decision: expected "REJECT", found "APPROVE"' in lines
    assert '  window_end: expected "2026-09-13", found "2026-09-14"' in lines
    assert [line.split(":")[0].strip() for line in lines] == [
        "decision",
        "window_end",
        "refund",
        "reason_codes",
    ]
    refund = next(line for line in lines if "refund" in line)
    assert refund.index('"99.5"') < refund.index("found") < refund.index('"100')


def test_what_a_case_does_not_state_is_not_compared(typed: Any, tmp_path: Path) -> None:
    """``null`` states that there is none; a field that is left out states nothing."""
    silent, nothing = written(case("CN"), "CN-A"), written(case("CN"), "CN-B")
    silent["expected"] = {"decision": "APPROVE"}
    nothing["expected"] = {"decision": "APPROVE", "window_end": None, "remedies": None}

    status, out, _ = typed("cases", file(tmp_path, silent, nothing))

    assert (status, out.splitlines()[-1]) == (1, "2 cases, 1 different")
    assert "CN-A" not in out
    assert '  window_end: expected null, found "2026-09-14"' in out
    assert '  remedies: expected [], found ["REFUND"]' in out


def test_two_cases_of_one_name(typed: Any, tmp_path: Path) -> None:
    """The second is not run: nobody could tell whose difference is printed."""
    path = file(tmp_path, written(case("CN"), "CN-A"), written(case("CN"), "CN-A"))

    status, out, _ = typed("cases", path)

    assert status == 1
    assert out.startswith("CN-A  cannot be read\n  case_id: an earlier case has it too\n")


def test_a_case_that_cannot_be_read_hides_no_other(typed: Any, tmp_path: Path) -> None:
    """It is named with its path and counts as different; the others are run."""
    broken = written(case("CN"), "CN-A")
    broken["input"]["request"]["ground"] = "WHIM"
    other = written(case("CN"), "CN-B", decision="REJECT")

    status, out, _ = typed("cases", file(tmp_path, broken, other))

    assert status == 1
    assert out.startswith("CN-A  cannot be read\n  input.request.ground: ")
    assert "CN-B  title of CN-B\n" in out
    assert out.endswith("2 cases, 2 different\n")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("item__traits", ["CUSTOM_MAED"], "input.item.traits[0]: wanted one of "),
        ("buyer_type", "consumer", "input.buyer_type: "),
        ("channel", "ONLINE", "input.channel: "),
        ("order__currency", "cny", "input.order.currency: wanted a currency of ISO 4217"),
        ("item__price_paid", "99.995", "input: item.price_paid: 99.995 is finer than CNY"),
        ("item__price_paid", 101, "input: item.price_paid: more than order.items_total"),
        ("order__contract_at", "9999-01-01T10:00:00Z", "input.order.contract_at: wanted a year"),
        ("promises", [promise(9, layer="LAW")], "input.promises[0].layer: "),
        (
            "promises",
            [promise(9, effective_to="2025-12-31")],
            "input.promises[0]: effective_to: before effective_from",
        ),
        ("order", None, "input.order: Field required"),
        ("order", 7, "input.order: wanted an object"),
    ],
)
def test_a_case_that_says_what_no_case_can_names_the_field(
    typed: Any, tmp_path: Path, path: str, value: object, problem: str
) -> None:
    """A word that nobody knows would else decide something."""
    broken = written(case("CN"), "CN-A")
    *way, name = path.split("__")
    inner = broken["input"]
    for step in way:
        inner = inner[step]
    inner[name] = value

    status, out, _ = typed("cases", file(tmp_path, broken))

    assert status == 1
    assert out.startswith(f"CN-A  cannot be read\n  {problem}")


def test_a_row_that_is_no_case_hides_no_other(typed: Any, tmp_path: Path) -> None:
    rows: list[Any] = ["no case", written(case("CN"), "CN-B", decision="REJECT")]

    _, out, _ = typed("cases", file(tmp_path, *rows))

    assert out.startswith("cases[0]  cannot be read\n  (file): wanted an object\nCN-B  title")


def test_less_than_is_due_was_paid(typed: Any, tmp_path: Path) -> None:
    broken = written(case("CN", order__tenders=[{"type": "CARD", "amount": 40}]), "CN-A")

    _, out, _ = typed("cases", file(tmp_path, broken))

    assert "order.tenders: less was paid than is due" in out


def test_null_says_as_much_as_a_key_that_is_left_out(typed: Any, tmp_path: Path) -> None:
    plain = written(case("CN"), "CN-A")
    nulls = written(case("CN"), "CN-A")
    nulls["input"] |= {"promises": None, "seller": None, "return_leg": None, "history": None}

    assert typed("cases", file(tmp_path, nulls)) == typed("cases", file(tmp_path, plain))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cases.json: wanted a readable file"),
        ("{", "cases.json: wanted a JSON file"),
        ('{"format": "returns-policy-cases/1", "format": 1}', "cases.json: wanted a JSON file"),
        ('{"format": "returns-policy-cases/2", "cases": []}', "cases.json: format: "),
        ("[]", "cases.json: (file): "),
    ],
)
def test_a_file_that_holds_no_cases(
    typed: Any, tmp_path: Path, content: str | None, words: str
) -> None:
    """A missing file is one, too: nothing was compared, so nothing is well."""
    path = tmp_path / "cases.json"
    if content is not None:
        path.write_text(content)

    status, out, err = typed("cases", path)

    assert (status, out) == (1, "")
    assert err.startswith(f"backhaul: {words}")


def test_no_cases_are_not_well(typed: Any, tmp_path: Path) -> None:
    """Whoever compares nothing learns it by the exit status."""
    assert typed("cases", file(tmp_path)) == (
        1,
        "",
        "backhaul: cases.json: cases: there are none\n",
    )


def test_cases_run_against_other_law(typed: Any, tmp_path: Path) -> None:
    """A folder of packs stands in for the shipped ones; one that is wrong is named."""
    folder = Path(shutil.copytree(LAW, tmp_path / "law"))
    path = file(tmp_path, written(case("CN"), "CN-A"))
    newest = folder / "cn-core" / "2024-07-01.yaml"
    newest.write_text(newest.read_text().replace("days: 7", "days: 8", 1))

    longer = typed("cases", path, "--law", folder)
    newest.write_text("")
    broken = typed("cases", path, "--law", folder)

    assert longer[0] == 1
    assert 'window_end: expected "2026-09-14", found "2026-09-15"' in longer[1]
    assert broken[0] == 1
    assert broken[2].startswith("backhaul: cn-core/2024-07-01.yaml: (file): ")


def test_packs_are_checked(typed: Any, tmp_path: Path) -> None:
    """Those shipped, a folder, one file of law, or a merchant's own."""
    alone = LAW / "cn-core" / "2024-07-01.yaml"
    empty = tmp_path / "empty"
    empty.mkdir()

    versions = sum(map(len, shipped().packs.values()))
    well = f"5 packs in {versions} versions, {len(shipped().places)} places: well\n"
    assert typed("check") == (0, well, "")
    assert typed("check", LAW) == (0, well, "")
    assert typed("check", alone) == (0, "CN-CORE@2024-07-01: well formed\n", "")
    assert typed("check", STANDARD) == (0, "STANDARD@2024-01-01: well formed\n", "")
    assert typed("check", empty) == (1, "", f"backhaul: {empty}: no packs\n")


def merchants(**changes: Any) -> str:
    return json.dumps({**pack(), **changes})


def short() -> str:
    data: Any = pack()
    data["rules"][0]["window"]["days"] = 13
    return json.dumps(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (merchants(pickup_attempts=9), "pickup_attempts: wanted 1 to 5"),
        (short(), "rules[0].window.days: wanted 14 or more, for EU-WITHDRAWAL of EU-DE"),
        (merchants(places=[]), "places: wanted one or more"),
        ("id: [", "wanted a YAML file, found while parsing"),
        ("", "(file): wanted an object"),
        ("id: A", "version: Field required"),
        (None, "wanted a readable file: No such file or directory"),
    ],
)
def test_what_is_wrong_with_a_pack_is_printed(
    typed: Any, tmp_path: Path, content: str | None, message: str
) -> None:
    """Whose it is shows in what it holds; the file and the path are named, and it is status 1."""
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_text(content)

    status, out, err = typed("check", path)

    assert (status, out) == (1, "")
    assert err.startswith(f"backhaul: own.yaml: {message}")


def test_the_shipped_law_is_listed(typed: Any) -> None:
    """Each version with the contracts that it governs, its places, and that it is a draft."""
    status, out, _ = typed("law")

    rows = out.splitlines()[1:]
    assert status == 0
    assert len(rows) == sum(map(len, shipped().packs.values()))
    newest = next(row for row in rows if row.startswith("CN-CORE@2024-07-01"))
    assert newest.split() == ["CN-CORE@2024-07-01", "from", "2024-07-01", "on", "CN", "DRAFT"]
    assert all(row.endswith("DRAFT") for row in rows)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), {"id", "version", "governs", "places", "rules", "sources"}),
        (("law",), {"id", "version", "governs", "places", "rules", "sources"}),
        (("place",), {"id", "of", "time_zone"}),
        (("merchant",), {"id", "version", "governs", "rules", "handling_hours"}),
    ],
)
def test_the_schema_is_that_of_the_files(
    typed: Any, words: tuple[str, ...], names: set[str]
) -> None:
    """It is JSON Schema, and holds what a file of this kind must have; left out, a pack of law."""
    status, out, _ = typed("schema", *words)

    schema = json.loads(out)
    assert status == 0
    assert names <= {*schema["required"]}
    assert schema["additionalProperties"] is False
