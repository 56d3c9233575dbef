"""Take out of a history what belongs to the machine that recorded it."""

import base64
import re
from collections.abc import Mapping
from typing import Any

# What the sandbox calls itself in addresses of labels and charges.
_HERE = re.compile(rb"https?://(127\.0\.0\.1|localhost):\d+")
_ELSEWHERE = b"https://sandbox.example"
_FIXED: Mapping[str, str] = {
    "identity": "worker",
    "buildId": "build",
    "binaryChecksum": "build",
    "stackTrace": "",
    "requestId": "request",
}
_QUEUES = ("taskQueue", "stickyTaskQueue")


def scrubbed(value: Any) -> Any:
    """Return a part of a history in JSON without queues, identities, addresses and traces."""
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "metadata" in value and isinstance(value.get("data"), str):
        return {**value, "data": _payload(value["data"])}
    return {
        key: _FIXED[key]
        if key in _FIXED and isinstance(part, str)
        else {"name": "returns", "kind": "TASK_QUEUE_KIND_NORMAL"}
        if key in _QUEUES
        else scrubbed(part)
        for key, part in value.items()
    }


def _payload(data: str) -> str:
    return base64.b64encode(_HERE.sub(_ELSEWHERE, base64.b64decode(data))).decode()
