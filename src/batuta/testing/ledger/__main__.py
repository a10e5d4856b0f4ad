"""`python -m batuta.testing.ledger`: run a ledger process."""

import argparse
import asyncio
import sys
from pathlib import Path

from batuta.testing.ledger.book import BookError
from batuta.testing.ledger.server import Settings, loopback, serve


def main(arguments: list[str]) -> int:
    """Run a ledger until it is stopped; return its exit code: 0, or 2 for wrong input."""
    try:
        asyncio.run(serve(_parse(arguments)))
    except (BookError, ValueError, OSError) as error:
        sys.stderr.write(f"ledger: {error}\n")
        return 2
    return 0


def _parse(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m batuta.testing.ledger",
        description="A ledger to test against: counts every effect it applies, on the loopback.",
    )
    parser.add_argument("--book", type=Path, required=True, help="append-only file of JSON lines")
    parser.add_argument("--host", type=_host, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=_port, default=0, help="0 (default) takes a free one")
    parser.add_argument("--port-file", type=Path, help="write the port here once it listens")
    parser.add_argument("--accounts", type=Path, help=".csv or .json: account,name,balance_cents")
    parser.add_argument(
        "--dedupe", choices=("on", "off"), default="off", help="apply each key once (default off)"
    )
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when standard input ends"
    )
    found = parser.parse_args(arguments)
    return Settings(
        book=found.book,
        host=found.host,
        port=found.port,
        port_file=found.port_file,
        accounts=found.accounts,
        dedupe=found.dedupe == "on",
        stop_with_stdin=found.stop_with_stdin,
    )


def _host(text: str) -> str:
    try:
        return loopback(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; use 127.0.0.1 or ::1") from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
