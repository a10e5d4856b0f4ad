"""The commands and their words. Nothing here imports what costs time: help is answered from these tables."""

from batuta.doors.cli.words import connecting as _connecting
from batuta.doors.cli.words import keeping as _keeping
from batuta.doors.cli.words import knowing as _knowing
from batuta.doors.cli.words import looking as _looking
from batuta.doors.cli.words import planning as _planning
from batuta.doors.cli.words import remembering as _remembering
from batuta.doors.cli.words import running as _running
from batuta.doors.cli.words import serving as _serving
from batuta.doors.cli.words import starting as _starting
from batuta.doors.cli.words import versions as _versions
from batuta.doors.cli.words.command import Command as _Command

__all__ = ["COMMANDS", "GROUPS"]

# Heading of the help -> its commands, in the order in which one meets them.
GROUPS: dict[str, dict[str, _Command]] = {
    "begin": _starting.COMMANDS,
    "connect": _connecting.COMMANDS,
    "run and continue": _running.COMMANDS,
    "serve": _serving.COMMANDS,
    "plan": _planning.COMMANDS,
    "look": _looking.COMMANDS,
    "change safely": _versions.COMMANDS,
    "know": {**_knowing.COMMANDS, **_remembering.COMMANDS},
    "keep": _keeping.COMMANDS,
}
COMMANDS: dict[str, _Command] = {
    name: command for group in GROUPS.values() for name, command in group.items()
}
