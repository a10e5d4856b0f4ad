import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from batuta.testing.ledger import Ledger


def pay(ledger: Ledger, key: str, reference: str = "R") -> tuple[int, Any]:
    body = {"account": "A1", "amount_cents": 1, "reference": reference}
    return ledger.request("POST", "/payments", body, key=key)


def applied(ledger: Ledger, key: str) -> int:
    return ledger.counts().get(key, 0)


@pytest.mark.parametrize(("do", "meanwhile"), [("stall_before", 0), ("stall_after", 1)])
def test_a_stalled_request_waits_until_it_is_released(
    ledger: Ledger, do: Any, meanwhile: int
) -> None:
    ledger.faults(do, {"key": do})
    with ThreadPoolExecutor() as threads:
        answer: Future[tuple[int, Any]] = threads.submit(pay, ledger, do)
        stalled = ledger.wait_stalled()
        assert [(stall["key"], stall["do"], stall["connected"]) for stall in stalled] == [
            (do, do, True)
        ]
        assert (applied(ledger, do), answer.done()) == (meanwhile, False)
        assert ledger.release() == 1
        assert answer.result(10)[0] == 201
    assert (applied(ledger, do), ledger.request("GET", "/stalled")[1]) == (1, {"stalled": []})


def test_a_request_whose_client_has_gone_is_still_applied_when_it_is_released(
    ledger: Ledger,
) -> None:
    ledger.faults("stall_before", {"key": "gone"})

    async def leave() -> None:
        async with httpx.AsyncClient(base_url=ledger.url, trust_env=False) as client:
            sent = client.post("/effects/mail", headers={"Idempotency-Key": "gone"})
            call = asyncio.create_task(sent)
            await asyncio.to_thread(ledger.wait_stalled)
            call.cancel()

    asyncio.run(leave())
    before = len(ledger.book())
    (stall,) = ledger.wait_stalled()
    assert (stall["connected"], applied(ledger, "gone")) == (False, 0)
    ledger.release()
    ledger.wait_counts(before + 1)
    assert applied(ledger, "gone") == 1


def test_release_chooses_by_what_it_is_given(ledger: Ledger) -> None:
    ledger.faults("stall_before", {"path": "/payments"}, times=2)
    with ThreadPoolExecutor() as threads:
        one = threads.submit(pay, ledger, "chosen-1", "first")
        two = threads.submit(pay, ledger, "chosen-2", "second")
        ledger.wait_stalled(2)
        assert ledger.release({"reference": "first"}) == 1
        assert one.result(10)[0] == 201
        assert [stall["key"] for stall in ledger.wait_stalled()] == ["chosen-2"]
        assert ledger.release() == 1
        assert two.result(10)[0] == 201


def test_a_stall_with_seconds_ends_by_itself(ledger: Ledger) -> None:
    ledger.faults("stall_before", {"key": "short"}, seconds=0.05)
    assert (pay(ledger, "short")[0], applied(ledger, "short")) == (201, 1)


@pytest.mark.parametrize(("do", "count"), [("fail_before", 0), ("fail_after", 1)])
def test_a_failed_request_gets_the_status_and_the_seconds_to_come_back(
    ledger: Ledger, do: Any, count: int
) -> None:
    ledger.faults(do, {"key": do}, status=503, seconds=7)
    answer = httpx.post(
        f"{ledger.url}/effects/mail", headers={"Idempotency-Key": do}, trust_env=False
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert applied(ledger, do) == count
    assert (pay(ledger, do)[0], applied(ledger, do)) == (201, count + 1)


@pytest.mark.parametrize(("do", "count"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_request_loses_its_connection(ledger: Ledger, do: Any, count: int) -> None:
    ledger.faults(do, {"key": do})
    with pytest.raises(ConnectionError):
        pay(ledger, do)
    assert applied(ledger, do) == count


def test_a_late_answer_comes_after_its_effect(ledger: Ledger) -> None:
    ledger.faults("late", {"key": "late"}, seconds=0.2)
    before = len(ledger.book())
    start_s = time.monotonic()
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(pay, ledger, "late")
        assert ledger.wait_counts(before + 1)["late"] == 1
        assert answer.result(10)[0] == 201
    assert time.monotonic() - start_s >= 0.2


def test_the_nth_matching_request_is_struck_and_as_many_as_times_says(ledger: Ledger) -> None:
    ledger.faults("fail_before", {"reference": "nth", "nth": 2}, times=2)
    statuses = [pay(ledger, f"nth-{index}", "nth")[0] for index in range(5)]
    assert statuses == [201, 500, 500, 201, 201]
    (fault,) = ledger.request("GET", "/faults")[1]["faults"]
    assert (fault["seen"], fault["struck"]) == (5, 2)


def test_faults_match_by_method_and_by_path_with_a_wildcard(ledger: Ledger) -> None:
    ledger.faults("fail_before", {"method": "GET", "path": "/acc*/A1"}, status=429, times=None)
    assert [ledger.request("GET", "/accounts/A1")[0] for _ in range(3)] == [429, 429, 429]
    assert ledger.request("PUT", "/accounts/A1", {"balance_cents": 5})[0] == 200
    assert pay(ledger, "untouched")[0] == 201


def test_cleared_faults_strike_no_more_but_the_stalled_stay_stalled(ledger: Ledger) -> None:
    ledger.faults("stall_before", times=None)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(pay, ledger, "cleared-1")
        ledger.wait_stalled()
        assert ledger.clear() == 1
        assert (pay(ledger, "cleared-2")[0], len(ledger.wait_stalled())) == (201, 1)
        ledger.release()
        assert answer.result(10)[0] == 201


def test_the_book_counts_and_faults_themselves_are_never_disturbed(ledger: Ledger) -> None:
    ledger.faults("fail_before", times=None)
    for target in ("/", "/book", "/counts", "/faults", "/stalled"):
        assert ledger.request("GET", target)[0] == 200


def test_waiting_in_vain_says_what_was_there(ledger: Ledger) -> None:
    with pytest.raises(TimeoutError, match=r"0 requests stalled after 0\.01 s, not 2"):
        ledger.wait_stalled(2, wait_s=0.01)
    with pytest.raises(TimeoutError, match="not 1000000"):
        ledger.wait_counts(1_000_000, wait_s=0.01)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"do": "explode"},
        {"do": ["late"]},
        {"do": "late"},
        {"do": "late", "seconds": -1},
        {"do": "late", "seconds": True},
        {"do": "late", "seconds": 601},
        {"do": "fail_before", "status": 200},
        {"do": "fail_before", "times": 0},
        {"do": "fail_before", "match": []},
        {"do": "fail_before", "match": [1]},
        {"do": "fail_before", "match": {"colour": "red"}},
        {"do": "fail_before", "match": {"key": 1}},
        {"do": "fail_before", "match": {"nth": 0}},
        {"do": "fail_before", "then": "run"},
    ],
)
def test_a_wrong_fault_is_refused_with_a_remedy(ledger: Ledger, fault: object) -> None:
    status, answer = ledger.request("POST", "/faults", fault)
    assert (status, sorted(answer)) == (400, ["error", "remedy"])
    assert ledger.request("GET", "/faults") == (200, {"faults": []})


def test_the_client_says_why_the_ledger_refused_a_fault(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="late without seconds; give the seconds"):
        ledger.faults("late")
