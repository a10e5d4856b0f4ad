"""Servers that others have written, as they are published. `make servers` brings them; without them, skipped.

They are looked for in the folders of `MCP_SERVERS` (separated as in PATH), then in PATH.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig
from batuta.spec.call import Done, Failed
from tests.capabilities.mcp.served import READ, served

pytest.importorskip("mcp")

PATH = os.pathsep.join([os.environ.get("MCP_SERVERS", ""), os.environ.get("PATH", "")])


def program(name: str, *words: str, **more: Any) -> McpConfig:
    """The server `name`, if this machine has it."""
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"there is no {name}; `make servers` brings it, where npm and the network are")
    environment = {"PATH": PATH} | more.pop("environment", {})
    return McpConfig(command=(found, *words), environment=environment, **more)


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


async def test_time(tmp_path: Path) -> None:
    config = program("mcp-server-time", "--local-timezone", "UTC", tools={"convert_time": READ})
    async with served(tmp_path, config) as s:
        args = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}
        done = await s.call("convert_time", args)
        assert isinstance(done, Done)
        assert "21:00" in str(done.value)
        failed = await s.call("convert_time", {**args, "target_timezone": "Mars/Olympus"})
        assert isinstance(failed, Failed)
        assert failed.code in ("tool_error", "invalid")


async def test_git(tmp_path: Path) -> None:
    config = program("mcp-server-git", "--repository", str(tmp_path))
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "a@b.c")
    git(tmp_path, "config", "user.name", "A")
    (tmp_path / "note.txt").write_text("one")
    async with served(tmp_path, config) as s:
        repo = {"repo_path": str(tmp_path)}
        status = await s.call("git_status", repo)
        assert isinstance(status, Done)
        assert "note.txt" in str(status.value)
        await s.call("git_add", {**repo, "files": ["note.txt"]})
        committed = await s.call("git_commit", {**repo, "message": "a note"})
        assert isinstance(committed, Done)
    assert "a note" in git(tmp_path, "log", "--oneline")


async def test_sqlite(tmp_path: Path) -> None:
    config = program("mcp-server-sqlite", "--db-path", str(tmp_path / "a.db"))
    async with served(tmp_path, config) as s:
        made = await s.call("create_table", {"query": "create table t (n integer)"})
        assert isinstance(made, Done)
        await s.call("write_query", {"query": "insert into t values (41), (1)"})
        found = await s.call("read_query", {"query": "select sum(n) as n from t"})
        assert isinstance(found, Done)
        assert "42" in str(found.value)
        refused = await s.call("read_query", {"query": "drop table t"})
        assert "drop" not in str(refused) or "rror" in str(refused)
        assert {"resources", "read"} <= set(s.capabilities)


async def test_fetch_offers_what_it_fetches_with(tmp_path: Path) -> None:
    async with served(tmp_path, program("mcp-server-fetch")) as s:
        assert {"fetch", "prompt.fetch"} <= set(s.capabilities)
        failed = await s.call("fetch", {"url": "http://127.0.0.1:9/"})
        assert isinstance(failed, Failed)


async def test_everything(tmp_path: Path) -> None:
    config = program(
        "mcp-server-everything", tools={"trigger-elicitation-request": Declared(waits=True)}
    )
    async with served(tmp_path, config) as s:
        assert await s.call("echo", {"message": "hi"}) == Done("Echo: hi")
        added = await s.call("get-sum", {"a": 40, "b": 2})
        assert isinstance(added, Done)
        assert "42" in added.value
        structured = await s.call("get-structured-content", {"location": "New York"})
        assert isinstance(structured, Done)
        assert set(structured.value) == {"temperature", "conditions", "humidity"}
        image = await s.call("get-tiny-image")
        assert isinstance(image, Done)
        assert {one["type"] for one in image.value["content"]} == {"text", "image"}
        long = await s.call("trigger-long-running-operation", {"duration": 1, "steps": 2})
        assert isinstance(long, Done)
        assert [one["progress"] for one in s.reports] == [1.0, 2.0]
        resources = await s.call("resources")
        assert isinstance(resources, Done)
        first = resources.value["resources"][0]["uri"]
        assert isinstance(await s.call("read", {"uri": first}), Done)
        assert isinstance(await s.call("prompt.simple-prompt"), Done)


async def test_filesystem(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with served(tmp_path, program("mcp-server-filesystem", str(data))) as s:
        written = await s.call("write_file", {"path": str(data / "a.txt"), "content": "hi"})
        assert isinstance(written, Done)
        assert (data / "a.txt").read_text() == "hi"
        read = await s.call("read_text_file", {"path": str(data / "a.txt")})
        assert isinstance(read, Done)
        assert "hi" in str(read.value)
        outside = await s.call("read_text_file", {"path": "/etc/passwd"})
        assert isinstance(outside, Failed)
        assert outside.code == "tool_error"


async def test_memory(tmp_path: Path) -> None:
    file = {"MEMORY_FILE_PATH": str(tmp_path / "memory.json")}
    async with served(tmp_path, program("mcp-server-memory", environment=file)) as s:
        ann = {"name": "Ann", "entityType": "person", "observations": ["likes tea"]}
        assert isinstance(await s.call("create_entities", {"entities": [ann]}), Done)
        found = await s.call("search_nodes", {"query": "tea"})
        assert isinstance(found, Done)
        assert "Ann" in str(found.value)


def test_the_public_conformance_suite() -> None:
    """What of it passes is on the page docs/reference/mcp.md; this is a part of that."""
    suite = shutil.which("conformance", path=PATH)
    if suite is None:
        pytest.skip("there is no conformance; `make servers` brings it")
    client = Path(__file__).with_name("conformance_client.py")
    command = f"{sys.executable} {client}"
    credentials = ("auth/client-credentials-basic", "auth/client-credentials-jwt")
    for scenario in ("tools_call", *credentials):
        done = subprocess.run(
            [suite, "client", "--command", command, "--scenario", scenario, "--timeout", "60000"],
            env=os.environ | {"PATH": PATH, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "OVERALL: PASSED" in done.stdout, done.stdout[-2_000:]
