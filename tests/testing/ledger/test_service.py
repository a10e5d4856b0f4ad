import asyncio
import json

import httpx
import pytest

from batuta.testing.ledger import Ledger


def payment(reference: str, amount_cents: int = 5_00, account: str = "A1") -> dict[str, object]:
    return {"account": account, "amount_cents": amount_cents, "reference": reference}


def test_a_payment_is_answered_with_its_entry_in_the_book(ledger: Ledger) -> None:
    status, entry = ledger.request("POST", "/payments", payment("R1"), key="pay-1")
    assert status == 201
    assert ledger.book()[-1] == entry
    assert {name: entry[name] for name in ("key", "kind", *payment("R1"))} == {
        "key": "pay-1",
        "kind": "payment",
        **payment("R1"),
    }


def test_a_payment_raises_the_balance_and_its_reversal_takes_it_back(ledger: Ledger) -> None:
    opened = {"name": "Ada", "balance_cents": -50}
    assert ledger.request("PUT", "/accounts/B1", opened)[0] == 200
    _, paid = ledger.request("POST", "/payments", payment("R", 70, "B1"), key="reversed")
    assert ledger.request("GET", "/accounts/B1") == (
        200,
        {"account": "B1", "balance_cents": 20, "name": "Ada"},
    )
    status, entry = ledger.request("POST", f"/payments/{paid['n']}/reverse", key="reversal")
    assert (status, entry["kind"], entry["reverses"]) == (201, "reversal", paid["n"])
    assert ledger.request("GET", "/accounts/B1")[1]["balance_cents"] == -50


def test_the_same_request_is_applied_again_unless_it_is_asked_to_be_idempotent(
    ledger: Ledger,
) -> None:
    for _ in range(2):
        ledger.request("POST", "/payments", payment("R"), key="twice")
    first = ledger.request("POST", "/payments?idempotent=1", payment("R"), key="once")
    again = ledger.request("POST", "/payments?idempotent=1", payment("R"), key="once")
    assert again == first
    assert (ledger.counts()["twice"], ledger.counts()["once"]) == (2, 1)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/payments?idempotent=1", payment("other")),
        ("/effects/mail?idempotent=1", {"to": 1}),
        ("/effects/note?idempotent=1", {"to": True}),
    ],
)
def test_an_idempotent_key_is_refused_for_something_else(
    ledger: Ledger, target: str, body: object
) -> None:
    key = f"of-another-{target}-{json.dumps(body)}"
    assert ledger.request("POST", "/effects/note?idempotent=1", {"to": 1}, key=key)[0] == 201
    status, answer = ledger.request("POST", target, body, key=key)
    assert (status, answer["remedy"]) == (409, "use a new key for a new effect")
    assert ledger.counts()[key] == 1


def test_one_idempotent_key_sent_at_once_many_times_is_applied_once(ledger: Ledger) -> None:
    async def send() -> list[object]:
        async with httpx.AsyncClient(base_url=ledger.url, trust_env=False) as client:
            headers = {"Idempotency-Key": "at-once"}
            sent = [
                client.post("/effects/mail?idempotent=1", json={"to": "x"}, headers=headers)
                for _ in range(30)
            ]
            return [answer.json()["n"] for answer in await asyncio.gather(*sent)]

    assert len(set(asyncio.run(send()))) == 1
    assert ledger.counts()["at-once"] == 1


def test_an_effect_keeps_any_json_exactly(ledger: Ledger) -> None:
    body = {"n": 123456789012345678901234567890, "s": "é\u2028\ud800", "l": [None, True, 0.1]}
    assert ledger.request("POST", "/effects/exact", body, key="exact")[0] == 201
    assert ledger.request("POST", "/effects/exact")[1]["body"] is None
    entries = ledger.request("GET", "/effects/exact?key=exact")[1]["entries"]
    assert [entry["body"] for entry in entries] == [body]
    assert ledger.book()[-2]["body"] == body


def test_payments_are_found_by_key_and_by_reference(ledger: Ledger) -> None:
    _, entry = ledger.request("POST", "/payments", payment("find me"), key="k &=/?")
    ledger.request("POST", "/effects/mail", {"reference": "find me"}, key="k &=/?")
    found = {"entries": [entry]}
    assert ledger.request("GET", "/payments?key=k%20%26%3D/%3F") == (200, found)
    assert ledger.request("GET", "/payments?reference=find+me") == (200, found)
    assert ledger.request("GET", "/payments?key=unknown") == (200, {"entries": []})


def test_the_book_and_the_counts_say_the_same_over_http_and_in_the_file(ledger: Ledger) -> None:
    ledger.request("POST", "/effects/mail", {"no": "key"})
    assert ledger.request("GET", "/book") == (200, {"entries": ledger.book()})
    assert ledger.request("GET", "/counts") == (200, ledger.counts())
    assert ledger.counts()[""] >= 1


def test_the_root_lists_every_route(ledger: Ledger) -> None:
    routes = ledger.request("GET", "/")[1]["routes"]
    for route in routes:
        *methods, path = route.split(" ")
        target = path.replace("ID", "A1").replace("NAME", "x").replace("/N/", "/1/")
        for method in ("GET", "PUT", "POST", "DELETE"):
            status, _ = ledger.request(method, target, {"bad": None})
            assert (status == 405) == (method not in methods), (method, target)


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/accounts/nobody", None, 404),
        ("GET", "/accounts/", None, 404),
        ("POST", "/payments/999999/reverse", None, 404),
        ("POST", "/payments/0/reverse", None, 404),
        ("POST", "/payments/-1/reverse", None, 404),
        ("POST", "/payments/1/reverse", {"why": 1}, 400),
        ("PATCH", "/payments", None, 405),
        ("POST", "/payments", payment("r", account="nobody"), 404),
        ("POST", "/payments", None, 400),
        ("POST", "/payments", [1], 400),
        ("POST", "/payments", payment("r") | {"currency": "EUR"}, 400),
        ("POST", "/payments", payment("r", 0), 400),
        ("POST", "/payments", payment("r", True), 400),
        ("POST", "/payments", payment("r") | {"amount_cents": 1.5}, 400),
        ("POST", "/payments", payment("r") | {"amount_cents": 10**16}, 400),
        ("POST", "/payments", payment(""), 400),
        ("POST", "/payments", payment("r" * 257), 400),
        ("POST", "/payments?idempotent=1", payment("r"), 400),
        ("POST", "/payments?idempotent=yes", payment("r"), 400),
        ("PUT", "/accounts/A1", {"balance_cents": "5"}, 400),
        ("GET", "/counts?wait=soon", None, 400),
        ("GET", "/counts?wait=nan", None, 400),
        ("GET", "/counts?total=-1", None, 400),
        ("GET", "/stalled?wait=61", None, 400),
    ],
)
def test_wrong_input_gets_what_and_remedy_and_changes_nothing(
    ledger: Ledger, method: str, target: str, body: object, status: int
) -> None:
    before = ledger.path.read_bytes()
    answered, answer = ledger.request(method, target, body)
    assert (answered, sorted(answer)) == (status, ["error", "remedy"])
    assert ledger.path.read_bytes() == before


def test_a_reversal_cannot_be_reversed(ledger: Ledger) -> None:
    _, paid = ledger.request("POST", "/payments", payment("R"), key="rr-1")
    _, reversal = ledger.request("POST", f"/payments/{paid['n']}/reverse", key="rr-2")
    status, _ = ledger.request("POST", f"/payments/{reversal['n']}/reverse", key="rr-3")
    assert status == 409
