"""The capabilities of the workspace in which the contract is tested: one of each kind, all counted by the ledger.

The harness copies this file into a workspace and writes the ledger's address beside it. Every call, also of what
is called pure, is one POST of an effect under the call's key, so that the ledger's book says what ran how often.
"""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from batuta.capabilities.function import capability
from batuta.errors import NotDone
from batuta.spec.call import Call, Done, Expand, Outcome, Question, Waiting
from batuta.spec.plan import Plan, Step

_LEDGER = Path(__file__).with_name("ledger.port")


async def ask(method: str, target: str, body: Any = None, key: str = "") -> Any:
    """One request to the ledger over a connection of its own; the JSON of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(_LEDGER.read_text()))
    try:
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        writer.write(head.encode() + b"\r\n" + sent)
        answer = await reader.read()
    finally:
        writer.close()
    status, _, rest = answer.partition(b"\r\n")
    if not rest:
        raise ConnectionError("the ledger hung up")
    if not status.split()[1].startswith(b"2"):
        raise ConnectionError(f"the ledger said {status.decode()}")
    return json.loads(rest.partition(b"\r\n\r\n")[2])


async def apply(effect: str, reference: str, call: Call, query: str = "") -> dict[str, Any]:
    """Have the ledger count one effect, and say what it was."""
    await ask("POST", f"/effects/{effect}{query}", {"reference": reference}, call.key)
    return {"reference": reference}


async def happened(reference: str, call: Call) -> dict[str, Any]:
    """Whether an effect under the key of `call` is in the book."""
    found = await ask("GET", f"/book?key={call.key}")
    if not found["entries"]:
        raise NotDone("the ledger has no such entry")
    return {"reference": reference}


async def nobody_knows(reference: str) -> None:
    """A reconcile function that cannot say."""
    del reference


@capability(effect="pure", reach="local")
async def draw(reference: str, call: Call) -> dict[str, Any]:
    return await apply("pure", reference, call)


@capability(effect="read", reach="local")
async def look(reference: str, call: Call) -> dict[str, Any]:
    return await apply("read", reference, call)


@capability(effect="read", reach="egress", price_usd=0.25)
async def think(reference: str, call: Call) -> dict[str, Any]:
    return await apply("metered", reference, call)


@capability(effect="idempotent", reach="egress")
async def put(reference: str, call: Call) -> dict[str, Any]:
    """Idempotent by its word only: the ledger counts every time it is called."""
    return await apply("idempotent", reference, call)


@capability(effect="idempotent", reach="egress")
async def put_once(reference: str, call: Call) -> dict[str, Any]:
    """Really idempotent: the ledger applies a key once."""
    return await apply("once", reference, call, "?idempotent=1")


@capability(effect="write", reach="egress", in_doubt="ask")
async def pay(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress", price_usd=0.25)
async def pay_metered(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress", reconcile=happened)
async def pay_reconciled(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress", reconcile=nobody_knows)
async def pay_unknowable(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress", in_doubt="retry")
async def pay_retried(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress", in_doubt="fail")
async def pay_failed(reference: str, call: Call) -> dict[str, Any]:
    return await apply("write", reference, call)


@capability(effect="write", reach="egress")
async def pay_breaking(reference: str, call: Call) -> dict[str, Any]:
    """Pays, and breaks while it reads the answer."""
    answer = await apply("write", reference, call)
    return answer["receipt"]


@capability(effect="write", reach="egress", reconcile=happened)
async def pay_breaking_reconciled(reference: str, call: Call) -> dict[str, Any]:
    answer = await apply("write", reference, call)
    return answer["receipt"]


@capability(effect="write", reach="egress", reconcile=happened)
async def pay_nobody(reference: str, call: Call) -> dict[str, Any]:
    """Breaks before it pays."""
    raise ValueError("no such customer")


@capability(effect="write", reach="egress")
async def pay_stubborn(reference: str, call: Call) -> dict[str, Any]:
    """Does not let itself be cancelled."""
    paying = asyncio.ensure_future(apply("write", reference, call))
    while not paying.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([paying])
    return paying.result()


@capability(effect="idempotent", reach="egress")
async def take_back(reference: str, call: Call) -> dict[str, Any]:
    """A compensation that may be asked for twice."""
    return await apply("undo", reference, call, "?idempotent=1")


@capability(effect="write", reach="egress", reconcile=happened)
async def reverse(reference: str, call: Call) -> dict[str, Any]:
    """A compensation that must not happen twice."""
    return await apply("undo", reference, call)


@capability(effect="pure", reach="local")
def join(parts: list[Any]) -> list[Any]:
    """What the steps before gave, in one list."""
    return parts


@capability(effect="write", reach="local")
def break_off(reason: str) -> None:
    """Fails for good, and says why."""
    raise ValueError(reason)


@capability(effect="pure", reach="local")
async def text(words: int) -> str:
    """A value that is stored beside the log."""
    return " ".join(f"word{index}" for index in range(words))


@capability(effect="read", reach="local")
async def hang(until: str) -> str:
    """Waits for ever, unless there is a file with this name in the workspace."""
    if not Path(__file__).with_name(until).exists():
        await asyncio.Event().wait()
    return "there"


@capability(effect="idempotent", reach="egress")
async def go_on(reference: str, call: Call) -> Outcome:
    """Answers with a plan: two payments after each other."""
    await ask("POST", "/effects/planned", {"reference": reference}, call.key)
    first = Step("pay_reconciled", {"reference": f"{reference}-one"})
    second = Step("pay_reconciled", {"reference": f"{reference}-two"}, after=("one",))
    return Expand(
        Plan("more", steps={"one": first, "two": second}, result="${steps.two.reference}")
    )


@capability(effect="idempotent", reach="egress", waits=True)
async def ask_first(reference: str, call: Call) -> Outcome:
    """Counts the call, asks, and is called again with the answer and what it remembered."""
    if not call.answered:
        await ask("POST", "/effects/asked", {"reference": f"{reference}-asked"}, call.key)
        return Waiting(Question("How much?", {"type": "integer"}), state={"seen": call.attempt})
    await ask("POST", "/effects/answered", {"reference": reference}, call.key)
    return Done({"amount": call.answer, "state": call.state})
