"""A Postgres server of our own: in a folder that is thrown away, reachable through a socket and a port of this machine.

It takes whichever server is installed (`apt-get install postgresql`); where there is none, `programs` says so.
"""

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

# Of the tests alone: nothing but the loopback network reaches the server.
PASSWORD = "canary-of-the-tests-31415"
START_S = 60.0
CLUSTER = "-U owner -A scram-sha-256 -E UTF8 --no-sync --locale=C"
FAST = (
    "-c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off"
    " -c full_page_writes=off -c shared_buffers=16MB"
)


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest there is; None if there is none."""
    if os.name == "nt":
        return None
    import pwd  # of POSIX

    if os.getuid() == 0 and not any(one.pw_name == "postgres" for one in pwd.getpwall()):
        return None  # it refuses to be run by root, and there is nobody else
    found = [Path(one).parent for one in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here and shutil.which("postgres") else None


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a fresh server, with a password in it; it is gone afterwards."""
    binaries = programs()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="batuta-pg-"))
    # Postgres refuses to be run by root.
    who: dict[str, Any] = {}
    if os.getuid() == 0:
        who = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    subprocess.run(
        [binaries / "initdb", "-D", data, *CLUSTER.split(), "--pwfile", secret],
        check=True,
        capture_output=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        **who,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, *FAST.split()],
            stdout=log,
            stderr=log,
            cwd=folder,
            **who,
        )
    url = f"postgresql://owner:{PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url, folder / "log")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)
