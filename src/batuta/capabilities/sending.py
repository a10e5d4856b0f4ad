"""The one way in which a capability sends an HTTP request and reads what comes back.

What every request carries is added here, and here the secrets that were sent are taken out of all that is said of it.
"""

from collections.abc import Collection, Sequence

import msgspec

from batuta.capabilities.replies import failure_without_answer, outcome_of, reconciled
from batuta.errors import InputError
from batuta.outbound.exchange import Answer, LazyConnections, Request, Trouble
from batuta.outbound.headers import removed
from batuta.outbound.redirects import REDIRECTS_MAX, send_following
from batuta.spec.call import Call, Failed, Outcome
from batuta.spec.card import Effect

__all__ = ["REQUEST_BYTES_MAX", "Outgoing", "Sender"]

REQUEST_BYTES_MAX = 1_024 * 1_024
_ANSWER_BYTES_MAX = 8 * 1_024 * 1_024
# So much earlier than the caller do we stop waiting, to say ourselves whether the request had left.
_GRACE_S = 0.05


class Outgoing(msgspec.Struct, frozen=True):
    """A request as its capability knows it.

    Attributes:
        url: absolute and encoded.
        headers: its own; they go before those that every request has.
        secrets: what stands in it and may not be told.
        body_bytes_max: how long its body may be.
        named: the operator named its host, and no document did.
    """

    method: str
    url: str
    headers: dict[str, str] = {}
    body: bytes | None = None
    content_type: str = "application/json"
    secrets: Sequence[str] = ()
    body_bytes_max: int = REQUEST_BYTES_MAX
    named: bool = True


class Sender:
    """Sends the requests of one capability.

    `own`: the headers that are for its server and no other. `key_header`: the one that carries the idempotency key.
    """

    def __init__(
        self,
        connections: LazyConnections,
        own: Collection[str] = (),
        key_header: str = "Idempotency-Key",
    ) -> None:
        self._connections = connections
        self._own = own
        self._key_header = key_header

    async def outcome(self, call: Call, effect: Effect, outgoing: Outgoing) -> Outcome:
        """What `outgoing` comes to, sent for `call`."""
        answer = await self.answer(call, effect, outgoing)
        return answer if isinstance(answer, Failed) else self.read(effect, outgoing, answer)

    def read(self, effect: Effect, outgoing: Outgoing, answer: Answer) -> Outcome:
        """What `answer` to `outgoing` comes to."""
        outcome = outcome_of(effect, outgoing.method, answer)
        # A header that is quoted, like the one of a redirect, may hold a secret, too.
        return _scrubbed(outcome, outgoing.secrets) if isinstance(outcome, Failed) else outcome

    async def answer(self, call: Call, effect: Effect, outgoing: Outgoing) -> Answer | Failed:
        """The answer to `outgoing`, or to where it was redirected, without the secrets that were sent."""
        reads = effect in ("read", "pure")
        body = outgoing.body
        if body is not None and len(body) > outgoing.body_bytes_max:
            message = f"the body has {len(body):,} bytes, at most {outgoing.body_bytes_max:,}"
            return Failed("invalid", message)
        try:
            answer = await self._send(call, outgoing, "" if reads else call.key, follow=reads)
        except Trouble as trouble:
            return _scrubbed(failure_without_answer(effect, trouble), outgoing.secrets)
        return _without(answer, outgoing.secrets)

    async def reconciled(self, call: Call, outgoing: Outgoing, field: str) -> Outcome:
        """What became of `call`, by the answer to `outgoing`, in which `field` leads to what counts."""
        try:
            answer = await self._send(call, outgoing, "", follow=False)
        except (InputError, Trouble) as error:
            return _scrubbed(Failed("unknown", error.message, in_doubt=True), outgoing.secrets)
        return reconciled(_without(answer, outgoing.secrets), field)

    async def _send(self, call: Call, outgoing: Outgoing, key: str, *, follow: bool) -> Answer:
        request = Request(
            outgoing.method,
            outgoing.url,
            self._headers(outgoing, key),
            outgoing.body,
            outgoing.named,
        )
        return await send_following(
            self._connections,
            request,
            until=call.deadline - _GRACE_S,
            answer_bytes_max=_ANSWER_BYTES_MAX,
            own=self._own,
            redirects_max=REDIRECTS_MAX if follow else 0,
        )

    def _headers(self, outgoing: Outgoing, key: str) -> dict[str, str]:
        headers = {"Accept": "application/json, text/*;q=0.5, */*;q=0.1", "User-Agent": "batuta"}
        if outgoing.body is not None:
            if outgoing.content_type:
                headers["Content-Type"] = outgoing.content_type
            headers["Content-Length"] = str(len(outgoing.body))
        known = {name.lower(): name for name in headers}
        for name, value in outgoing.headers.items():
            headers.pop(known.get(name.lower(), ""), None)
            headers[name] = value
        headers["Accept-Encoding"] = "gzip, identity"
        if key:
            headers[self._key_header] = key
        return headers


def _without(answer: Answer, secrets: Sequence[str]) -> Answer:
    """`answer` without the secrets that were sent, should a server echo them."""
    return msgspec.structs.replace(answer, body=removed(answer.body, secrets))


def _scrubbed(failed: Failed, secrets: Sequence[str]) -> Failed:
    message = removed(failed.message.encode("utf-8", "replace"), secrets).decode()
    return msgspec.structs.replace(failed, message=message)
