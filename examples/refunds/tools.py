"""What this workspace adds in Python: two pure functions."""

from decimal import Decimal
from typing import Any

from batuta import capability


@capability(effect="pure", reach="local")
def decide(request: dict[str, str], account: dict[str, Any], limit_cents: int) -> dict[str, Any]:
    """Pay, ask or refuse one refund request."""
    amount_cents = int(Decimal(request["amount"]) * 100)
    if amount_cents <= 0:
        action = "refuse"
    elif amount_cents > limit_cents:
        action = "ask"
    else:
        action = "pay"
    return {
        "reference": request["reference"],
        "account": request["account"],
        "name": account["name"],
        "amount": f"${request['amount']}",
        "amount_cents": amount_cents,
        "reason": request["reason"],
        "action": action,
    }


@capability(effect="pure", reach="local")
def report(
    decisions: list[dict[str, Any]], payments: list[dict[str, Any] | None]
) -> dict[str, Any]:
    """Merge decisions and payments into one report."""
    paid = [decision for decision, payment in zip(decisions, payments, strict=True) if payment]
    unpaid = [
        decision for decision, payment in zip(decisions, payments, strict=True) if not payment
    ]
    return {
        "requests": len(decisions),
        "paid": len(paid),
        "paid_cents": sum(decision["amount_cents"] for decision in paid),
        "not_paid": [
            {"reference": one["reference"], "amount": one["amount"], "why": one["action"]}
            for one in unpaid
        ],
    }
