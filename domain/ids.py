"""Names of things: every id that carries idempotency is derived here and nowhere else."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from typing import Any

RETURN_WORKFLOW = "ReturnWorkflow"
"""The type of the one workflow of a return, in the engine."""
_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMESPACE = uuid.UUID("6f7a1c1e-4f0a-5a53-9d1b-6d2c2b9f5a10")
# No I, L, O, U or Z, so a number survives being read aloud. 31 digits, because the check digit is
# counted modulo 31: with a 32nd, two digits would look the same to it.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
_DIGITS = 6


def return_id_for(tenant_id: str, idempotency_key: str) -> str:
    """Name a return after its request. A caller's key may hold personal data; the id does not."""
    return str(uuid.uuid5(_NAMESPACE, f"{tenant_id}\x00{idempotency_key}"))


def refusal_key(parcel: str) -> str:
    """Return the key of the return that a parcel became which came back; no caller's has a NUL."""
    return f"refusal\x00{parcel}"


def workflow_id_for(return_id: str) -> str:
    return f"return/{return_id}"


def follow_up_id_for(return_id: str) -> str:
    return f"follow-up/{return_id}"


def sweep_id_for(task_queue: str) -> str:
    """Name the one schedule that looks for lost runs in a deployment."""
    return f"sweep/{task_queue}"


def carrier_rounds_id_for(task_queue: str) -> str:
    """Name the one schedule that looks after the carriers of a deployment."""
    return f"carriers/{task_queue}"


def reconciliation_id_for(task_queue: str) -> str:
    """Name the one schedule that compares refunds with the providers' in a deployment."""
    return f"reconcile/{task_queue}"


def comparison_id_for(tenant_id: str, day: date) -> str:
    """Name the comparison of one tenant's day that somebody asked for."""
    return f"reconcile/{tenant_id}/{day.isoformat()}"


def rma_number(serial: int) -> str:
    """Return the human-readable number of a tenant's ``serial``-th return, e.g. ``RMA-0000-01-7``.

    Six base-31 digits and a check digit (weighted sum modulo 31), so one mistyped or two swapped
    characters are noticed.
    """
    base = len(_ALPHABET)
    if not 0 <= serial < base**_DIGITS:
        raise ValueError(f"serial must be within 0..{base**_DIGITS - 1}, found {serial}")
    digits = [serial // base**place % base for place in reversed(range(_DIGITS))]
    check = sum(weight * digit for weight, digit in enumerate(digits, start=2)) % base
    text = "".join(_ALPHABET[digit] for digit in digits)
    return f"RMA-{text[:4]}-{text[4:]}-{_ALPHABET[check]}"


def part_id(return_id: str, *parts: str | int) -> str:
    """Name a part of a return (intent, notice, stock move) so that repeats name the same part."""
    return str(uuid.uuid5(uuid.UUID(return_id), "/".join(str(part) for part in parts)))


def refund_key(intent_id: str, generation: int) -> str:
    """Return the provider's idempotency key: one intent and generation, one effect (§5.4)."""
    return f"backhaul-refund-{intent_id}-{generation}"


def transaction_id_for(tenant_id: str, reference: str) -> str:
    """Name a transaction of the value ledger after what it is for."""
    return str(uuid.uuid5(_NAMESPACE, f"{tenant_id}\x00value\x00{reference}"))


def is_id(text: str | None) -> bool:
    """Say whether a text has the form of the ids that are made here."""
    return text is not None and _FORM.fullmatch(text) is not None


def content_hash(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of canonical JSON: the order of keys does not matter."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def stated(message: object) -> dict[str, object]:
    """Return what a message says: its fields, without those that are as if left out.

    A hash of it stays the same when the message's kind gets another field with a default, so that
    what was hashed by an older version is known again.
    """
    assert is_dataclass(message)
    return {
        field.name: _said(value)
        for field in fields(message)
        if (value := getattr(message, field.name)) != _default_of(field)
    }


def _said(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_said(part) for part in value]
    return stated(value) if is_dataclass(value) else value


def _default_of(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
