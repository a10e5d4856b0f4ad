"""A server that is started here: what it says, what it does not, and that nothing of it is left."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig
from batuta.spec.call import Done, Failed
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld
from tests.capabilities.mcp.served import READ, exists, gone, raw, served
from tests.hurry import LATER_S, hurry

pytest.importorskip("mcp")

# Runs a script that will not end: neither at the end of its input nor when it is told to.
DEAF = (
    "import signal,runpy,sys; signal.signal(15, signal.SIG_IGN); sys.argv=sys.argv[1:]; "
    "import time,atexit; atexit.register(time.sleep, 600); runpy.run_path(sys.argv[0], run_name='__main__')"
)


async def test_a_tool_is_called_and_answers(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        assert await s.call("echo", {"a": None, "b": [1, None]}) == Done(
            '{"a": null, "b": [1, null]}'
        )
        assert await s.call("find_note_all") == Done("find note/all")
        assert await s.call("blocks") == Done(
            {
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image", "data": "aGk=", "mimeType": "image/png"},
                ]
            }
        )
        assert len(await _text(s.call("bigger"))) == 7_000_000


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_each_version_that_shakes_hands_is_spoken(tmp_path: Path, version: str) -> None:
    async with served(tmp_path, raw(version)) as s:
        assert await s.call("echo", {}) == Done("{}")
    pinned = json.loads((tmp_path / "imports" / "s.json").read_text())
    assert pinned["protocol"]["version"] == version


async def test_calls_at_once_share_one_process(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        pids = await asyncio.gather(*(_text(s.call("pid", key=str(n))) for n in range(20)))
        assert len(set(pids)) == 1
        (pid,) = set(pids)
        assert exists(int(pid))
    assert not exists(int(pid))


async def test_what_is_printed_among_the_messages_does_no_harm(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        assert await s.call("noise") == Done("after the noise")


FAILURES: list[tuple[str, Any]] = [
    ("fails", Failed("tool_error", "there is no such note")),
    ("refuses", Failed("invalid", "it answered with error -32602: no such size")),
    ("unknown", Failed("refused", "it answered with error -31999: \u202eodd")),
]


@pytest.mark.parametrize(("tool", "expected"), FAILURES)
async def test_what_a_server_says_no_to_is_final(
    tmp_path: Path, tool: str, expected: Failed
) -> None:
    async with served(tmp_path, raw()) as s:
        assert await s.call(tool) == expected


UNREADABLE = ["deep", "shapeless", "not_a_number", "lies", "silent", "huge"]


@pytest.mark.parametrize("tool", [*UNREADABLE, "broken", "die", "endless", "flood"])
async def test_what_cannot_be_read_leaves_a_write_in_doubt_and_others_go_on(
    tmp_path: Path, tool: str
) -> None:
    async with served(tmp_path, raw()) as s:
        assert isinstance(await s.call("echo"), Done)
        failed = await s.call(tool)
        assert isinstance(failed, Failed)
        assert (failed.in_doubt, failed.may_retry) == (True, False)
        expected = "invalid_answer" if tool in (*UNREADABLE, "endless", "flood") else "unavailable"
        assert failed.code == expected, failed.message
        assert await s.call("echo") == Done("{}")


async def test_what_cannot_be_read_may_be_read_again(tmp_path: Path) -> None:
    async with served(tmp_path, raw(tools={"lies": READ, "die": READ})) as s:
        lies, died = await s.call("lies"), await s.call("die")
    assert isinstance(lies, Failed)
    assert isinstance(died, Failed)
    assert lies.may_retry
    assert died.may_retry
    assert "its process ended with 3; it said: out of paper" in died.message


async def test_no_answer_in_time_leaves_a_write_in_doubt(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        assert isinstance(await s.call("echo"), Done)
        failed = await s.call("hang", within_s=LATER_S, report=lambda _: hurry())
        assert isinstance(failed, Failed)
        assert (failed.code, failed.in_doubt) == ("timeout", True)
        assert await s.call("echo") == Done("{}")


async def test_what_does_not_start_has_not_left(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        pass
    for command in (("no-such-program-anywhere",), (str(tmp_path),)):
        async with served(tmp_path, McpConfig(command=command), pin=False) as s:
            failed = await s.call("write", within_s=20)
            assert isinstance(failed, Failed)
            assert (failed.code, failed.in_doubt, failed.may_retry) == ("unavailable", False, True)
            assert "cannot be started" in failed.message


async def test_without_a_path_the_python_that_runs_batuta_is_named_by_a_word_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, *words = raw().command
    async with served(tmp_path, McpConfig(command=("batuta:python", *words))) as s:
        assert await s.call("echo") == Done("{}")
    async with served(tmp_path, McpConfig(command=("python", *words)), pin=False) as s:
        failed = await s.call("echo")
    assert isinstance(failed, Failed)
    assert "'batuta:python' is the Python that runs Batuta" in failed.message


async def test_a_server_that_never_answers_at_all_costs_the_time_of_the_call(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, raw()) as s:
        pass
    mute = McpConfig(command=("sleep", "600"))
    async with served(tmp_path, mute, pin=False) as s:
        failed = await s.call("write", within_s=0.5)
        assert isinstance(failed, Failed)
        assert (failed.code, failed.in_doubt, failed.may_retry) == ("timeout", False, True)
        assert "no connection within" in failed.message


async def test_a_cancelled_call_ends_and_the_server_lives(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        pid = await _text(s.call("pid"))
        heard = asyncio.Event()
        task = asyncio.create_task(s.call("hang", report=lambda _: heard.set()))
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
        assert await _text(s.call("pid")) == pid


async def test_a_process_that_was_killed_is_started_again(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        first = int(await _text(s.call("pid")))
        os.kill(first, signal.SIGKILL)
        assert await gone(first)
        # Whether the connection has been seen to end when the next call comes is a matter of moments.
        outcome = await s.call("pid")
        if isinstance(outcome, Failed):
            assert (outcome.may_retry, outcome.in_doubt) == (True, False)
            outcome = await s.call("pid")
        assert isinstance(outcome, Done), outcome
        second = int(outcome.value)
        assert second != first
    assert not exists(second)


async def test_what_a_server_has_started_ends_with_it(tmp_path: Path) -> None:
    async with served(tmp_path, raw()) as s:
        child = int(await _text(s.call("child")))
        assert exists(child)
    assert not exists(child)


async def test_a_server_that_ignores_its_end_is_killed(tmp_path: Path) -> None:
    command = raw().command
    config = McpConfig(command=(command[0], "-S", "-c", DEAF, *command[2:]))
    async with served(tmp_path, raw()):
        pass
    async with served(tmp_path, config, pin=False) as s:
        pid = int(await _text(s.call("pid")))
    assert not exists(pid)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes")
async def test_whoever_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    ours = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from batuta.reading.mcp import McpConfig\n"
        "from tests.capabilities.mcp.served import served\n"
        "async def main():\n"
        "    config = McpConfig(command=tuple(sys.argv[2:]))\n"
        "    async with served(Path(sys.argv[1]), config, pin=False) as s:\n"
        "        for tool in ('pid', 'child'):\n"
        "            print((await s.call(tool)).value, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    python, _, script, *words = raw().command
    async with served(tmp_path, raw()):
        pass
    command = [python, "-S", "-c", DEAF, script, *words]
    process = await asyncio.create_subprocess_exec(
        python, "-c", ours, str(tmp_path), *command, stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert process.stdout is not None
    left = [int(await process.stdout.readline()) for _ in range(2)]
    assert all(exists(pid) for pid in left)
    process.kill()
    await process.wait()
    assert [await gone(pid) for pid in left] == [True, True]


async def test_its_environment_is_empty_but_for_what_is_named(tmp_path: Path) -> None:
    config = raw(environment={"TOKEN": "env:MY_TOKEN", "MODE": "plain"})
    known = {"MY_TOKEN": "s3cr3t-t0ken", "OTHER_SECRET": "must not be seen"}
    os.environ["OTHER_SECRET_OF_THIS_PROCESS"] = "must not be seen"
    try:
        async with served(tmp_path, config, known) as s:
            found = json.loads(await _text(s.call("environ")))
    finally:
        del os.environ["OTHER_SECRET_OF_THIS_PROCESS"]
    found.pop("LC_CTYPE", None)  # Python's own
    assert found.pop("") == str(tmp_path)
    assert found == {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "TOKEN": "[secret]",
        "MODE": "plain",
    }


async def test_a_secret_is_in_no_message(tmp_path: Path) -> None:
    config = raw(environment={"TOKEN": "env:MY_TOKEN"}, tools={"whisper": Declared(effect="read")})
    async with served(tmp_path, config, {"MY_TOKEN": "s3cr3t-t0ken"}) as s:
        failed = await s.call("whisper")
    assert isinstance(failed, Failed)
    assert "cannot log in with [secret]" in failed.message
    assert "s3cr3t" not in (tmp_path / "imports" / "s.json").read_text()


async def test_without_its_variable_nothing_is_started(tmp_path: Path) -> None:
    async with served(tmp_path, raw()):
        pass
    config = raw(environment={"TOKEN": "env:NO_SUCH_VARIABLE"})
    async with served(tmp_path, config, pin=False) as s:
        assert s.capabilities["echo"].card.missing == "the environment has no NO_SUCH_VARIABLE"
        failed = await s.call("echo")
    assert failed == Failed("no_key", "the environment has no NO_SUCH_VARIABLE, which s needs")


async def test_a_command_is_no_shell(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    async with served(tmp_path, raw("2025-11-25", f"; touch {canary}", f"$(touch {canary})")) as s:
        assert await s.call("echo") == Done("{}")
    assert not canary.exists()


@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
async def test_a_tool_obeys_the_laws_of_capabilities(tmp_path: Path, law: Any) -> None:
    ledger = tmp_path / "effects"
    ledger.touch()

    async def effects() -> int:
        return len(ledger.read_text().splitlines())

    async def arrived() -> None:
        await asyncio.sleep(0.2)

    async with served(tmp_path, raw("2025-11-25", "--ledger", str(ledger))) as s:
        await s.call("echo")
        tool = s.capabilities["write"]
        await law(CapabilityWorld(tool, {"n": 1}, effects=effects))
        hang = s.capabilities["hang"]
        if law.__name__ == "cancelling_ends_a_call_promptly":
            await law(CapabilityWorld(hang, {}, slow={}, arrived=arrived))


async def _text(calling: Any) -> str:
    outcome = await calling
    assert isinstance(outcome, Done), outcome
    return outcome.value
