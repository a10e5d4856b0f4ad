"""A model as a capability: a prompt in; text, or a value that fits a schema, out."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from batuta.capabilities.answers import checker_of
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.model.card import Asked, card_of, price_nusd, read_asked, tokens_at_most
from batuta.capabilities.model.heard import Heard
from batuta.capabilities.model.prices import prices_of
from batuta.errors import InputError, WorkspaceError
from batuta.language.rescue import Check
from batuta.outbound.alarm import Alarm
from batuta.outbound.exchange import LazyConnections
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.urls import UrlTemplate
from batuta.reading.models import ModelConfig
from batuta.reading.providers import key_header, key_of, url_of
from batuta.spec.call import Call, Failed, Outcome, Waiting
from batuta.spec.model_call import ModelCall

__all__ = ["ModelCapability"]

# So much earlier than the caller do we stop waiting, to say ourselves what happened (s).
_GRACE_S = 0.05


class _Ready(NamedTuple):
    """The parts that take a second to import."""

    answering: Any
    made: Any


class ModelCapability:
    """One model. `folder`: where the files of a question are. Raises `WorkspaceError` if a setting is wrong.

    Attributes:
        config: what the workspace says of it.
    """

    def __init__(
        self, name: str, config: ModelConfig, connections: LazyConnections, folder: Folder
    ) -> None:
        self.config = config
        self._connections = connections
        self._folder = folder
        self._prices = prices_of(config)
        header, word = key_header(config)
        key = key_of(config)
        own = {header: f"{word}{key}"} if key else {}
        try:
            self._headers = HeaderTemplates(own | config.headers)
            self._url = UrlTemplate(url_of(config))
        except InputError as error:
            raise WorkspaceError(error.message, remedy=error.remedy) from None
        self._variables = [one for one in (key.removeprefix("env:"), self._url.variable) if one]
        self._readying: asyncio.Task[_Ready] | None = None
        card = card_of(name, config, self._prices)
        missing = f"the environment has no {self._lacking}" if self._lacking else ""
        self.card = msgspec.structs.replace(card, missing=missing)

    def price(self, args: Mapping[str, Any]) -> int:
        """The most that a call with `args` costs, in nano-dollars; never more than the card says."""
        config = self.config
        try:
            asked = read_asked(dict(args))
        except (msgspec.ValidationError, InputError):
            return 0  # it will not leave
        if asked.files:
            return self.card.price_nusd
        longest = min(asked.max_tokens or config.max_tokens, config.max_tokens)
        return self.price_of(tokens_at_most(asked), longest, repaired=asked.schema is not None)

    def price_of(self, input_tokens: int, output_tokens: int, *, repaired: bool) -> int:
        """The most that a question of so many tokens costs, with an answer of so many, in nano-dollars."""
        if self._prices is None:
            return 0
        most = price_nusd(self._prices, input_tokens, output_tokens, repaired=repaired)
        return min(most, self.card.price_nusd)

    async def __call__(self, call: Call) -> Outcome:
        """Ask the model."""
        try:
            asked = read_asked(call.args)
            check = checker_of(asked.schema) if asked.schema is not None else None
        except msgspec.ValidationError as error:
            return Failed("invalid", str(error).replace(" - at `$.", ": `").replace("`", ""))
        except InputError as error:
            return Failed("invalid", f"schema: {error.message}")
        flaw = self._too_long(asked)
        if flaw is not None:
            return flaw
        return await self.ask(call, asked, partial(_nothing_around, check))

    async def ask(self, call: Call, asked: Asked, talk: Callable[[], Any]) -> Outcome:
        """Put a question to the model; `talk` makes the `answering.Talk` around it, once the library is there."""
        if self._lacking:
            return Failed(
                "no_key",
                f"the environment has no {self._lacking}, which {self.card.name} needs; set it"
                " (`batuta doctor` shows what is missing)",
            )
        heard = Heard(call.report)
        ledger: list[ModelCall] = []
        outcome = await self._outcome(call.deadline, asked, talk, heard, ledger)
        if not ledger or isinstance(outcome, Waiting):
            return outcome
        return msgspec.structs.replace(outcome, asked=tuple(ledger))

    async def _outcome(
        self,
        deadline: float,
        asked: Asked,
        talk: Callable[[], Any],
        heard: Heard,
        ledger: list[ModelCall],
    ) -> Outcome:
        left_s = deadline - time.time() - _GRACE_S
        alarm = Alarm(left_s)
        try:
            ready = self._at_hand
            if ready is None:
                try:
                    ready = await self._ready()
                except InputError as error:  # of the address, if that is in the environment
                    return Failed("no_key", error.message)
            return await ready.answering(asked, talk(), heard, ledger)
        except (asyncio.CancelledError, TimeoutError) as error:
            if not (alarm.off() or isinstance(error, TimeoutError)):
                raise
            text = f"no whole answer within {max(left_s, 0):.3g} s"
            return heard.told_in(Failed("timeout", text, may_retry=True, cost_nusd=-1))
        except ImportError as error:
            return Failed(
                "unsupported", f"models need {error.name}; pip install 'batuta[models]' brings it"
            )
        finally:
            alarm.off()

    @property
    def _lacking(self) -> str:
        """The variable that the environment has to have, and has not; "" if it has all."""
        environment = self._connections.environment
        return next((name for name in self._variables if not environment.get(name)), "")

    @property
    def client(self) -> Any:
        """The HTTP client, once there is one."""
        ready = self._at_hand
        return None if ready is None else ready.made.client

    @property
    def _at_hand(self) -> _Ready | None:
        readying = self._readying
        if readying is None or not readying.done() or readying.cancelled() or readying.exception():
            return None
        return readying.result()

    async def close(self) -> None:
        """Close the client."""
        if self._readying is not None:
            self._readying.cancel()  # what is being imported then is of no use any more
            await asyncio.wait([self._readying])
        client, self._readying = self.client, None
        if client is not None:
            await client.aclose()

    def _too_long(self, asked: Asked) -> Failed | None:
        tokens, most = tokens_at_most(asked), self.config.max_input
        if tokens <= most:
            return None
        return Failed(
            "too_long",
            f"the question may have {tokens:,} tokens, at most {most:,}; shorten it, or raise `max_input`",
        )

    async def _ready(self) -> _Ready:
        if self._readying is None:
            self._readying = asyncio.create_task(self._made())
        try:
            return await asyncio.shield(self._readying)
        except Exception:
            self._readying = None  # what is installed, or set, in the meantime counts
            raise

    async def _made(self) -> _Ready:
        # In a thread: a second of importing would be a second in which no other run goes on.
        return await asyncio.to_thread(self._make)

    def _make(self) -> _Ready:
        from batuta.capabilities.model.answering import Answering
        from batuta.capabilities.model.providers import make_model

        connections, config = self._connections, self.config
        url = self._url.fill({}, connections.environment).rstrip("/")
        made = make_model(config, url, self._headers, connections, connections.environment)
        return _Ready(Answering(made.model, config, self._prices, self._folder), made)


def _nothing_around(check: Check | None) -> Any:
    from batuta.capabilities.model.answering import Talk, read_answer

    return Talk(partial(read_answer, check=check))
