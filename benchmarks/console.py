"""What a person waits for: `python benchmarks/console.py [--loads N] [--json FILE]`. It needs Chromium and playwright.

Every page of a served workspace, small and huge, is loaded in headless Chromium with nothing cached: when something
is first painted, reckoned from the click, and what all that was loaded for it weighs as it came over the wire.
Server and browser share the machine. Each load is one of a pair, the other being that of a page of one word, which is
what the browser itself takes here and now; the medians of both are printed. Then a run of 300 steps is watched: what
the page is told, and the time that it spends with that. Last, how soon the last effect of a run is there after
everything was stopped.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, async_playwright

from console_workspace import PAGES, SETTINGS, begun, filled, furnish, marked
from server import Served, serving
from server_load import asked, request
from sizing import workspace

LOADS, STOPS = 7, 5
PAINT_GOAL_MS, WEIGHT_GOAL_BYTES = 500.0, 150_000
# When the head of the answer came, and when something was painted, from the click on.
_TIMES = """
() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByType("paint").find((one) => one.name === "first-contentful-paint");
    if (!paint) return setTimeout(look, 10);
    done([performance.getEntriesByType("navigation")[0].responseStart, paint.startTime]);
  };
  look();
})
"""


class Opened(NamedTuple):
    """One load of a page: milliseconds until its head came and until something was painted, bytes over the wire.

    `word_ms`: until something was painted of a page of one word, loaded just before.
    """

    answered_ms: float
    painted_ms: float
    weight: int
    word_ms: float = 0.0


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """The browser, without a window."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        sys.exit("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def opened(browser: Browser, address: str) -> Opened:
    """The page at `address`, in a tab that knows nothing."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    tab = await context.new_page()
    client = await context.new_cdp_session(tab)
    await client.send("Network.enable")
    weights: list[int] = []

    def loaded(event: dict[str, Any]) -> None:
        weights.append(int(event["encodedDataLength"]))

    client.on("Network.loadingFinished", loaded)
    await tab.goto(address, wait_until="load")
    answered, painted = await tab.evaluate(_TIMES)
    await context.close()
    return Opened(answered, painted, sum(weights))


async def measure(folder: Path, loads: int, only: str) -> dict[str, list[Opened]]:
    """All pages, a table of them printed."""
    furnish(folder)
    found: dict[str, list[Opened]] = {}
    with serving(folder, SETTINGS) as server:
        runs = await filled(server)
        print(
            f"{'page':24} {'answered':>9} {'painted':>9} {'slowest':>9} {'one word':>9} {'weight':>9}"
        )
        word = f"http://127.0.0.1:{server.port}/health"
        async with chromium() as browser:
            await opened(browser, f"http://127.0.0.1:{server.port}/")  # the browser is warm now
            for name, path in PAGES.items():
                if only not in name:
                    continue
                address = f"http://127.0.0.1:{server.port}{path.format(**runs)}"
                found[name] = []
                for _ in range(loads):
                    floor = await opened(browser, word)
                    one = await opened(browser, address)
                    found[name].append(one._replace(word_ms=floor.painted_ms))
                print(_row(name, found[name]), flush=True)
            if not only:
                print(await watched(browser, server))
                late = [await stopped(server, folder) for _ in range(STOPS)]
                print(
                    f"last effect after a stop: {statistics.median(late):.2f} s, {max(late):.2f} s at most"
                )
    return found


async def watched(browser: Browser, server: Served) -> str:
    """What the page of a run of 300 steps is told, and what it makes of that."""
    context = await browser.new_context(base_url=f"http://127.0.0.1:{server.port}")
    tab = await context.new_page()
    client = await context.new_cdp_session(tab)
    await client.send("Performance.enable")
    await client.send("Network.enable")
    told: list[int] = []

    def heard(event: dict[str, Any]) -> None:
        told.append(len(event["data"]))

    client.on("Network.eventSourceMessageReceived", heard)
    run = await begun(server, "large", wait_s=0)
    cpu_s = server.cpu_s()
    await tab.goto(f"/runs/{run}")
    await tab.wait_for_selector("#run-end section", timeout=120_000)
    metrics = (await client.send("Performance.getMetrics"))["metrics"]
    spent = {one["name"]: one["value"] for one in metrics}
    await context.close()
    scripts, layout = (
        spent["ScriptDuration"],
        spent["LayoutDuration"] + spent["RecalcStyleDuration"],
    )
    return (
        f"300 steps watched: {len(told)} messages, {sum(told) / 1_000:.0f} kB; the page: {scripts:.2f} s of scripts, "
        f"{layout:.2f} s of layout; the server: {server.cpu_s() - cpu_s:.2f} s of CPU, the run included"
    )


async def stopped(server: Served, folder: Path) -> float:
    """Seconds from the order to stop to the last effect of a run that has one every ten milliseconds."""
    for line in marked(folder):
        line.unlink()
    await begun(server, "marks", {"numbers": list(range(5_000))}, wait_s=0)
    while not marked(folder):
        await asyncio.sleep(0.01)
    ordered = time.time()
    await asked(server.port, request("PUT", "/api/v1/stop", b'{"why": "measured"}'))
    await asyncio.sleep(3)
    last = float(marked(folder)[0].read_text().split()[-1])
    await asked(server.port, request("DELETE", "/api/v1/stop"))
    return max(last - ordered, 0.0)


def _row(name: str, each: list[Opened]) -> str:
    painted = [one.painted_ms for one in each]
    weight = max(one.weight for one in each)
    answered = statistics.median(one.answered_ms for one in each)
    missed = statistics.median(painted) > PAINT_GOAL_MS or weight > WEIGHT_GOAL_BYTES
    word = statistics.median(one.word_ms for one in each)
    figures = f"{answered:6.0f} ms {statistics.median(painted):6.0f} ms {max(painted):6.0f} ms {word:6.0f} ms"
    figures += f" {weight / 1_000:6.0f} kB"
    return f"{name:24} {figures}{'  missed' if missed else ''}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=LOADS)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--json", type=Path, default=None, help="every load goes there")
    given = parser.parse_args()
    with workspace() as place:
        every = asyncio.run(measure(place, given.loads, given.only))
    if given.json is not None:
        given.json.write_text(json.dumps(every, indent=1))
