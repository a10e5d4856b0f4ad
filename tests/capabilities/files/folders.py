"""How the tests of files make a folder and call what reads and writes in it."""

from pathlib import Path
from typing import Any

from batuta.capabilities.files.built_in import file_capabilities
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.threads import Threads
from batuta.errors import CallFailed
from batuta.reading.files import FilesConfig
from batuta.spec.call import Done
from tests.capabilities.calls import call_with


class Files:
    """A folder with its capabilities."""

    def __init__(self, root: Path, settings: FilesConfig | None = None) -> None:
        self.root = root
        self.folder = Folder(root, settings)
        self._known = {one.card.name: one for one in file_capabilities(self.folder, Threads())}

    def put(self, path: str, content: str | bytes) -> str:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def call(self, name: str, **args: Any) -> Any:
        """The value of a call."""
        done = await self._known[f"file.{name}"](call_with(args))
        assert isinstance(done, Done), done
        return done.value

    async def refusal(self, name: str, **args: Any) -> tuple[str, str]:
        """Code and message of a call that fails."""
        try:
            outcome = await self._known[f"file.{name}"](call_with(args))
        except CallFailed as error:
            return error.code, error.message
        raise AssertionError(f"it does not fail: {outcome}")
