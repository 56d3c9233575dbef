"""What may not stand in a log line does not stand there, whatever goes wrong."""

import json
import logging

import pytest
import structlog

from runtime.logging import configure_logging


def _book(address: str) -> None:
    raise RuntimeError(f"no courier for an address of {len(address)} characters")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values(
    log_format: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Local variables hold keys and addresses; where it happened is enough."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    configure_logging("json" if log_format == "json" else "console", "INFO")
    address = "Beispielweg 7"

    try:
        _book(address)
    except RuntimeError:
        structlog.stdlib.get_logger("tests.fresh").exception("booking.failed")

    line = capsys.readouterr().err
    structlog.reset_defaults()
    assert "no courier" in line
    assert address not in line
    if log_format == "json":
        assert json.loads(line)["event"] == "booking.failed"
