"""What `doctor` says of the collector that a workspace tells its traces."""

from batuta.config import Workspace
from batuta.doors.cli.checkup.item import Looked, problem, warning, well
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import WorkspaceError
from batuta.observe.otlp.opening import collector_of

__all__ = ["traces_taken"]


async def traces_taken(config: Workspace) -> list[Looked]:
    """Whether the collector takes what it is sent: a request without a span; nothing if there is none."""
    otlp = config.observe.otlp
    try:
        collector = collector_of(config)
    except WorkspaceError as error:
        return [problem("traces", one_line(error.message, 200), one_line(error.remedy))]
    if collector is None or otlp is None:
        return []
    try:
        told = await collector.tell([])
    finally:
        await collector.close()
    where = one_line(otlp.url, 80)
    if told.word == "taken":
        return [well("traces", f"{where} takes them")]
    said = f"{where}: {one_line(told.why, 200)}"
    remedy = "start it, or correct `observe.otlp`; until then the log keeps what is to be told"
    return [warning("traces", said, remedy)]
