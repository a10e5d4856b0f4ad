"""The container file, the compose file and the unit say what the program does: flags, ports, paths, times, pins."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from batuta.doors.cli.parser import parse
from batuta.doors.cli.words.serving import PORT

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "batuta.service").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICE: dict[str, Any] = COMPOSE["services"]["batuta"]
# What a server may need after its two drains: it gives up calls, tells its traces, and closes what is open.
AFTERWARDS_S = 15


def instructions() -> list[tuple[str, str]]:
    """Those of the container file, in order."""
    text = re.sub(r"^\s*#.*\n", "", CONTAINERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    parted = [line.partition(" ") for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, _, rest in parted]


def the(word: str) -> str:
    """What the last `word` instruction says."""
    return [rest for name, rest in instructions() if name == word][-1]


def unit() -> dict[str, list[str]]:
    """Settings of the unit, by name; a name may be there more than once."""
    found: dict[str, list[str]] = {}
    for line in UNIT.splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def commands() -> Iterator[tuple[list[str], float]]:
    """The words of each command that serves, and the seconds until it would be killed."""
    (start,) = unit()["ExecStart"]
    yield shlex.split(start)[1:], float(unit()["TimeoutStopSec"][0])
    yield SERVICE["command"], float(SERVICE["stop_grace_period"].removesuffix("s"))


def test_what_is_started_is_understood_and_has_the_time_to_end_in_order() -> None:
    for words, killed_after_s in commands():
        args = parse(words)
        assert (args.command, args.port) == ("serve", PORT)
        assert killed_after_s >= 2 * args.drain + AFTERWARDS_S


def test_ports_and_what_is_asked_for_health_are_those_of_the_server() -> None:
    pytest.importorskip("fastapi")
    from batuta.doors.http.routes.health import router

    routes = {getattr(route, "path", "") for route in router.routes}
    asked = [" ".join(SERVICE["healthcheck"]["test"]), the("HEALTHCHECK")]
    for text in asked:
        (port, path) = re.findall(r"http://127\.0\.0\.1:(\d+)(/[a-z]+)'", text)[0]
        assert (int(port), path in routes) == (PORT, True)
    assert SERVICE["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert the("EXPOSE") == str(PORT)
    checked = json.loads(the("HEALTHCHECK").partition(" CMD ")[2])
    assert checked == SERVICE["healthcheck"]["test"][1:]
    compile(checked[-1], "health", "exec")


def test_nothing_but_the_workspace_is_written_and_nobody_is_root() -> None:
    user = the("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert (SERVICE["user"], SERVICE["read_only"], SERVICE["cap_drop"]) == (user, True, ["ALL"])
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert the("WORKDIR") == the("VOLUME") == SERVICE["volumes"][0].partition(":")[2]
    assert set(COMPOSE["volumes"]) == {SERVICE["volumes"][0].partition(":")[0]}
    home = next(word for word in the("ENV").split() if word.startswith("HOME="))
    assert home.removeprefix("HOME=") in SERVICE["tmpfs"][0]
    assert the("STOPSIGNAL") == SERVICE["stop_signal"] == unit()["KillSignal"][0] == "SIGTERM"

    words = shlex.split(unit()["ExecStart"][0])
    state = f"/var/lib/{unit()['StateDirectory'][0]}"
    assert parse(words[1:]).workspace == unit()["WorkingDirectory"][0] == state
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert unit()[name] == ["yes"]
    assert unit()["ProtectSystem"] == ["strict"]
    assert unit()["CapabilityBoundingSet"] == [""]
    assert unit()["User"][0] not in ("", "root")


def test_an_image_is_made_of_what_is_there_and_of_what_is_pinned() -> None:
    given = (ROOT / ".containerignore").read_text(encoding="utf-8")
    assert given == (ROOT / ".dockerignore").read_text(encoding="utf-8")
    let_in = {line.removeprefix("!") for line in given.splitlines() if line.startswith("!")}
    own = [
        rest.split()[:-1]
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
    ]
    copied = {name for names in own for name in names}
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []

    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert "--require-hashes --only-binary :all: -r requirements-run.lock" in installs[0]
    assert "--no-deps --no-build-isolation --no-index ." in installs[1]
    program = shlex.split(unit()["ExecStart"][0])[0]
    assert f"python -m venv {Path(program).parents[1]}" in CONTAINERFILE
    assert json.loads(the("ENTRYPOINT")) == [Path(program).name]


def test_the_python_of_the_image_is_one_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (version,) = re.findall(r"^ARG PYTHON=\S+/python:(3\.\d+)-slim", CONTAINERFILE, re.MULTILINE)
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    assert COMPOSE["services"]["batuta"]["build"]["dockerfile"] == "Containerfile"
    assert (ROOT / "deploy" / SERVICE["build"]["context"] / "Containerfile").is_file()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_understands_the_unit_and_finds_it_well_shut(tmp_path: Path) -> None:
    # The program stands elsewhere here, or nowhere.
    file = tmp_path / "batuta.service"
    program = shlex.split(unit()["ExecStart"][0])[0]
    file.write_text(UNIT.replace(program, shutil.which("true") or "/bin/true"))
    words = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    own = [line for line in done.stderr.splitlines() if "batuta.service" in line]
    assert own == []

    words = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(file)]
    shut = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if "unrecognized option" in shut.stderr:
        pytest.skip("this systemd-analyze looks at running services only")
    assert shut.returncode == 0, shut.stdout[-300:]
