"""`batuta serve`: the workspace for others, over HTTP."""

import argparse
import time

from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.workspace import folder_of, opened
from batuta.errors import InputError

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `serve`: 0 when it was told to end."""
    began = time.time()
    try:
        from batuta.doors.http.server import serve
        from batuta.doors.http.settings import Settings
    except ImportError as error:
        raise InputError(
            f"serving needs {error.name}", remedy="pip install 'batuta[server]'"
        ) from None
    settings = Settings(
        host=args.host,
        port=args.port,
        names=tuple(args.name),
        issuer=args.issuer,
        audience=args.audience,
        drain_s=args.drain,
        header_s=min(args.patience, 10.0),
        body_s=args.patience,
    )

    async def served() -> int:
        async with opened(folder_of(args), screen) as app:
            return await serve(app, settings, began=began)

    return on_loop(served())
