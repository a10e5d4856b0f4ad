"""What others notice of an attack: `python benchmarks/server_attack.py [--seconds N] [--only ATTACK]`.

A caller with a key asks at an even pace, alone and while somebody sends what is refused, from a process of their own.
Rounds with and without the attack alternate; the middle p99 of each counts. The first figures are by the clock, and are
those of a quiet machine. The second ones are what the server has used of its processor between a request and its
answer, where Linux tells: what else the machine does, the attacker's own work included, is hardly in them.
"""

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from batuta.serving.keys import Keys
from server import Served, serving
from server_load import request

# Of the attacker.
CONNECTIONS = 32
ROUNDS = 3
# Until the attack is under way: the first refusals on each connection come at once. In seconds.
_BEGINNING_S = 3.0
# Between two requests of the caller, in seconds.
PACE_S = 0.005
ATTACKS: dict[str, bytes] = {
    "no key": request("GET", "/api/v1/runs"),
    "forged key": request("POST", "/api/v1/runs", b"{}", "X-API-Key: batuta_a_b\r\n"),
    "forged token": request("GET", "/api/v1/runs", head="Authorization: Bearer a.b.c\r\n"),
    "oversized": request("POST", "/api/v1/runs", head="Content-Type: application/json\r\n").replace(
        b"Content-Length: 0", b"Content-Length: 9000000"
    ),
    "no HTTP": b"\x00\x01\x02\r\n\r\n",
    "slow": b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Le",
    "nowhere": request("GET", "/nowhere"),
    "open to all": request("GET", "/ready"),
    "gone at once": b"\x00\x01\x02\r\n\r\n",
}


async def attack(port: int, what: str) -> None:
    """Send it for ever, over so many connections; whoever is let go comes again."""

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    while True:
                        writer.write(ATTACKS[what])
                        if what == "gone at once":
                            break
                        if not await reader.read(65_536):
                            break
                finally:
                    writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


@contextmanager
def attacked(port: int, what: str) -> Iterator[None]:
    """While the block runs, somebody else attacks."""
    process = subprocess.Popen([sys.executable, __file__, "--attack", what, "--port", str(port)])
    try:
        time.sleep(_BEGINNING_S)
        yield
    finally:
        process.kill()
        process.wait()


def used_s(pid: int) -> float:
    """What a process has used of its processor; 0.0 where that is not told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


async def p99_ms(server: Served, sent: bytes, seconds: float) -> tuple[float, float]:
    """Of the answers that a caller gets: by the clock, and by the server's processor."""
    took, used = list[float](), list[float]()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        before, began = used_s(server.process.pid), time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head[:16], head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        took.append(time.perf_counter() - began)
        used.append(used_s(server.process.pid) - before)
        await asyncio.sleep(PACE_S)
    writer.close()
    clock, own = (statistics.quantiles(one, n=100)[98] * 1_000 for one in (took, used))
    return clock, own


def measured(server: Served, sent: bytes, what: str, seconds: float) -> list[float]:
    """The p99 without and with the attack, by the clock and by the processor."""
    without, under = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(ROUNDS):
        without.append(asyncio.run(p99_ms(server, sent, seconds)))
        with attacked(server.port, what):
            under.append(asyncio.run(p99_ms(server, sent, seconds)))
    return [
        statistics.median(row[at] for row in rows) for at in (0, 1) for rows in (without, under)
    ]


def main(seconds: float, attacks: Iterable[str]) -> None:
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as server:
        _, key = Keys(name).add("caller", ("read", "run"), time.time())
        sent = request("GET", "/api/v1/runs?limit=1", head=f"X-API-Key: {key}\r\n")
        print(
            f"{'p99, ms':16} {'alone':>7} {'under it':>9} {'times':>6}   of the server: {'times':>6}"
        )
        for what in attacks:
            alone, under, own, own_under = measured(server, sent, what, seconds)
            mine = f"{own:5.1f} {own_under:5.1f} {own_under / own:8.1f}" if own else "not told"
            print(f"{what:16} {alone:7.1f} {under:9.1f} {under / alone:6.1f}   {mine}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", choices=list(ATTACKS), action="append")
    parser.add_argument("--attack", choices=list(ATTACKS))
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.attack:
        asyncio.run(attack(given.port, given.attack))
    else:
        main(given.seconds, given.only or ATTACKS)
