"""Makes the golden runs that began with words, as this version records them.

    python tests/journal/golden/words/make.py

Written once per change of what is recorded; every later version reads it.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

from batuta.app import JOURNAL_FILE, App
from batuta.desk import Desk
from batuta.journal.file.backup import copy_journal
from batuta.planning.candidate import Guess, Route
from batuta.planning.proposal import Proposal
from batuta.planning.slots import Inputs, Slot
from batuta.planning.understood import Understood
from batuta.plans.build import plan_from_yaml
from batuta.serving.figures import Figures

HERE = Path(__file__).parent
WORDS = "greet Ada"
PLAN = """
name: greet
examples: ["greet {who}"]
inputs: {who: string}
steps: {greet: {use: value, with: {value: "Hello ${inputs.who}"}}}
result: ${steps.greet}
"""
FAILING = """
name: read-it
steps: {read: {use: file.read, with: {file: nothing.txt}}}
result: ${steps.read}
"""


async def make() -> None:
    folder = Path(tempfile.mkdtemp())
    (folder / "batuta.yaml").write_text("plans: [greet.yaml]\n")
    (folder / "greet.yaml").write_text(PLAN)
    async with await App.open(folder) as app:
        slot = Slot("who", "Ada", "Ada", 6, 9)
        route = Route("greet", 0.93, "words: greet", alternatives=(Guess("leave", 0.1),))
        understood = Understood(WORDS, Proposal("route", route, inputs=Inputs((slot,))))
        composed = Proposal("compose", route, plan_from_yaml(PLAN), Inputs((slot,)))
        made = Understood(WORDS, composed, autonomy="autonomous")
        for one in (understood, made):
            run = await Desk(app).accept(one, {"who": "Ada"}, author="golden", who="golden")
            await app.resume(run)
        await Figures(app).score(run, 0.5, "golden")
        failing = Proposal("compose", route, plan_from_yaml(FAILING), Inputs(()))
        understood = Understood(WORDS, failing, autonomy="autonomous")
        run = await Desk(app).accept(understood, {}, author="golden", who="golden")
        await app.resume(run)
        await Desk(app).follow(run)  # nothing else reads files: its log says so
    target = HERE / "journal.sqlite"
    target.unlink(missing_ok=True)
    copy_journal(folder / JOURNAL_FILE, target)
    shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(make())
