"""python -m sandbox: start the outside world."""

import argparse
import sys
from pathlib import Path

from sandbox.server import StartError, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="HTTP port; 0 takes a free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the ledger")
    parser.add_argument(
        "--allow-network",
        action="store_true",
        help="be controlled by, and send webhooks to, other machines (for containers)",
    )
    given = parser.parse_args()
    try:
        run(
            host=given.host,
            port=given.port,
            smtp_port=given.smtp_port,
            data=given.data,
            local_only=not given.allow_network,
        )
    except StartError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
