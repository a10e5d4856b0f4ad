import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import batuta.testing.ledger as door
from batuta.testing.ledger import Ledger
from batuta.testing.ledger.faults import Do


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "batuta.testing.ledger", *map(str, arguments)]


def test_the_door_is_a_list() -> None:
    assert door.__all__ == ["Ledger"]


def test_a_killed_ledger_comes_back_on_the_same_address_with_every_answered_effect() -> None:
    with Ledger(accounts={"A1": 0}) as ledger, ThreadPoolExecutor(8) as threads:
        body = {"account": "A1", "amount_cents": 1, "reference": "R"}

        def pay(number: int) -> list[str]:
            answered: list[str] = []
            for index in range(1_000):
                key = f"{number}-{index}"
                try:
                    status, _ = ledger.request("POST", "/payments", body, key=key)
                except OSError:
                    return answered
                assert status == 201
                answered.append(key)
            return answered

        url = ledger.url
        payers = [threads.submit(pay, number) for number in range(8)]
        ledger.wait_counts(100)
        ledger.kill()
        answered = {key for payer in payers for key in payer.result(30)}
        book = ledger.counts()
        ledger.restart()
        assert ledger.url == url
        assert ledger.request("GET", "/counts") == (200, book)
        assert answered <= set(book)
        assert set(book.values()) == {1}
        assert len(book) - len(answered) <= 8  # at most one applied and unanswered per payer
        assert ledger.request("GET", "/accounts/A1")[1]["balance_cents"] == len(book)


@pytest.mark.parametrize(("do", "count"), [("stall_before", 0), ("stall_after", 1)])
def test_a_ledger_killed_during_a_stall_has_applied_what_the_stall_says(do: Do, count: int) -> None:
    with Ledger() as ledger, ThreadPoolExecutor() as threads:
        ledger.faults(do)
        call = threads.submit(ledger.request, "POST", "/effects/mail", key="k")
        ledger.wait_stalled()
        ledger.kill()
        assert isinstance(call.exception(10), ConnectionError)
        assert ledger.counts().get("k", 0) == count
        ledger.restart()
        assert ledger.request("GET", "/faults") == (200, {"faults": []})
        assert ledger.counts().get("k", 0) == count


def test_an_idempotent_key_is_still_known_after_a_restart() -> None:
    with Ledger(dedupe=True) as ledger:
        first = ledger.request("POST", "/effects/mail", {"to": "x"}, key="k")
        ledger.restart()
        assert ledger.request("POST", "/effects/mail", {"to": "x"}, key="k") == first
        assert ledger.request("POST", "/effects/mail", {"to": "y"}, key="k")[0] == 409
        assert ledger.request("POST", "/effects/mail?idempotent=0", {"to": "y"}, key="k")[0] == 201


def test_opening_balances_are_not_given_again_by_a_restart(tmp_path: Path) -> None:
    seeds = tmp_path / "accounts.csv"
    seeds.write_text("account,name,balance_cents\nA1,Ada,100\nB2,,\n")
    with Ledger(tmp_path / "book", accounts=seeds) as ledger:
        body = {"account": "A1", "amount_cents": 5, "reference": "R"}
        ledger.request("POST", "/payments", body, key="k")
        ledger.restart()
        assert ledger.request("GET", "/accounts/A1")[1] == {
            "account": "A1",
            "balance_cents": 105,
            "name": "Ada",
        }
        assert ledger.request("GET", "/accounts/B2")[1]["name"] == "B2"
    assert len((tmp_path / "book").read_text().splitlines()) == 3


def test_a_closed_ledger_leaves_a_given_book_and_no_process(tmp_path: Path) -> None:
    with Ledger(tmp_path / "book") as ledger:
        ledger.request("POST", "/effects/mail", key="k")
        ledger.faults("stall_after")
        with ThreadPoolExecutor() as threads:
            call = threads.submit(ledger.request, "POST", "/effects/mail", key="stalled")
            ledger.wait_stalled()
            ledger.close()
            assert isinstance(call.exception(10), ConnectionError)
    with pytest.raises(ConnectionError):
        ledger.request("GET", "/")
    assert ledger.counts() == {"k": 1, "stalled": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_ledger_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        command("--book", tmp_path / "book"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"ledger listening on http://127.0.0.1:")
        process.send_signal(number)
        assert (process.wait(90), process.stderr.read()) == (0, b"")


def test_a_ledger_does_not_outlive_the_killed_process_that_started_it() -> None:
    code = (
        "from batuta.testing.ledger import Ledger; ledger = Ledger(); ledger.start();"
        "print(ledger.url, flush=True); input()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with starter:
        assert starter.stdout is not None
        port = urlsplit(starter.stdout.readline().decode().strip()).port
        with socket.create_connection(("127.0.0.1", port or 0), timeout=90) as connection:
            starter.kill()
            assert connection.recv(1) == b""  # the ledger ended its connections


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "0.0.0.0 is not a loopback address; use 127.0.0.1 or ::1"),
        (["--host", "example.org"], "use 127.0.0.1 or ::1"),
        (["--port", "70000"], "'70000' is no port"),
        (["--accounts", "nowhere.csv"], "No such file or directory"),
        (["--accounts", "accounts.csv"], "accounts.csv, line 3: balance_cents is not a whole"),
        (["--accounts", "accounts.json"], "accounts.json, account 1: account is missing"),
        (["--accounts", "list.json"], "list.json: not a list of objects"),
        (["--book", "damaged"], "book damaged, line 1: not JSON"),
        (["--port-file", "no/such/port"], "No such file or directory"),
    ],
)
def test_wrong_arguments_get_one_message_and_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "accounts.csv").write_text("account,balance_cents\nA,1\nB,one\n")
    (tmp_path / "accounts.json").write_text('[{"name": "Ada"}]')
    (tmp_path / "list.json").write_text('{"A": 1}')
    (tmp_path / "damaged").write_text("{\n")
    ended = subprocess.run(
        command("--book", "book", *arguments),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_ledger_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("{\n")
    ledger = Ledger(tmp_path / "book")
    with pytest.raises(RuntimeError, match=r"did not start: ledger: book .*, line 1: not JSON"):
        ledger.start()
    ledger.close()
