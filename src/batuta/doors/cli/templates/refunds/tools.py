"""What this workspace can do: look at a request, pay it, and take a payment back."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypedDict

from batuta import Call, NotDone, capability

# Stands for the bank: a line per payment, with the key of the call that made it.
BOOK = Path(__file__).with_name("payments.csv")


class Request(TypedDict):
    """What is paid, if it may be."""

    reference: str
    account: str
    cents: int
    flaw: str


@capability(effect="pure", reach="local")
def look(row: dict[str, str]) -> Request:
    """Read a line of the batch; money becomes whole cents."""
    flaw = ""
    try:
        cents = int(Decimal(row["amount"]) * 100)
    except InvalidOperation:
        cents, flaw = 0, "the amount is no number"
    if not flaw and cents <= 0:
        flaw = "nothing to pay"
    return {"reference": row["reference"], "account": row["account"], "cents": cents, "flaw": flaw}


def find(call: Call) -> str:
    """What became of a call whose answer was lost: the bank is asked by its key."""
    lines = BOOK.read_text(encoding="utf-8").splitlines() if BOOK.exists() else []
    if not any(line.endswith(call.key) for line in lines):
        raise NotDone("there is no such payment")
    return call.key


@capability(effect="write", reach="local", reconcile=find)
def pay(reference: str, account: str, cents: int, call: Call) -> str:
    """Pay: a real effect, which happens once, whatever crashes. The value is the receipt."""
    with BOOK.open("a", encoding="utf-8") as book:
        book.write(f"{reference},{account},{cents},{call.key}\n")
    return call.key


@capability(effect="idempotent", reach="local")
def take_back(receipt: str) -> str:
    """Take a payment back; a second time changes nothing."""
    lines = BOOK.read_text(encoding="utf-8").splitlines() if BOOK.exists() else []
    kept = [line for line in lines if not line.endswith(receipt)]
    BOOK.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    return receipt


@capability(effect="pure", reach="local")
def report(requests: list[Request], receipts: list[str | None]) -> dict[str, Any]:
    """What was paid, and what was not and why."""
    paid = [one for one, receipt in zip(requests, receipts, strict=True) if receipt]
    return {
        "paid": len(paid),
        "paid_cents": sum(one["cents"] for one in paid),
        "not_paid": {one["reference"]: one["flaw"] for one in requests if one["flaw"]},
    }
