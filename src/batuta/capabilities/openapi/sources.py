"""The services of a workspace that documents describe. Cards are made when somebody looks at them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.openapi.capability import OpenapiCapability, Reached
from batuta.capabilities.openapi.cards import card_of, declared_of
from batuta.capabilities.openapi.document import DOCUMENT_BYTES_MAX
from batuta.capabilities.openapi.offering import manifest_of_file
from batuta.capabilities.openapi.security import Proofs, missing_variable
from batuta.capabilities.openapi.servers import base_of
from batuta.capabilities.openapi.shape import Operation, Service
from batuta.capabilities.openapi.tokens import Tokens
from batuta.errors import Finding, InputError, Place, WorkspaceError
from batuta.imports.difference import Change
from batuta.imports.manifest import Entry, Manifest
from batuta.imports.pin import Pin, pin_path, read_pin
from batuta.imports.quarantine import quarantined
from batuta.outbound.exchange import LazyConnections
from batuta.outbound.headers import HeaderTemplates
from batuta.ports import Capability
from batuta.reading.openapi import OpenapiConfig
from batuta.reading.places import NOWHERE, Places
from batuta.reading.server import is_loopback
from batuta.reading.source import read_bytes
from batuta.spec.call import Call, Failed, Outcome
from batuta.spec.card import Card
from batuta.spec.value import digest

__all__ = ["OpenapiServices", "card_maker", "leads_to", "wanted"]


class _Read:
    """A manifest that was made of a document just now."""

    def __init__(self, manifest: Manifest) -> None:
        self._entries = manifest.entries
        self.names = tuple(manifest.entries)
        self.details = manifest.details
        self.origin = manifest.origin
        self.definitions = manifest.definitions
        self.left_out = manifest.left_out

    def entry(self, name: str) -> Entry:
        return self._entries[name]


Offered = Pin | _Read

# Of what has changed, so much is in the message of a failure.
_CHANGE_CHARS_MAX = 500


class OpenapiServices:
    """`later`: how to get each operation of all services in `configs`, by the name of its capability.

    `troubles` say why there are none of one, by its name. `left_out`: what of a service could not be taken over, and
    why. A server on this machine that an entry names may be reached: nothing but the workspace file chooses its
    address. What else is not public needs `allow_private`.
    """

    def __init__(
        self,
        configs: Mapping[str, OpenapiConfig],
        folder: Folder,
        allow_private: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        *,
        places: Places = NOWHERE,
    ) -> None:
        self.later: dict[str, Callable[[], Capability]] = {}
        self.troubles: dict[str, Finding] = {}
        self.left_out: dict[str, Mapping[str, str]] = {}
        offers: dict[str, Offered] = {}
        for name, config in configs.items():
            offered = _offered(name, config, folder.root, places)
            if isinstance(offered, Finding):
                self.troubles[name] = offered
            else:
                offers[name] = offered
        urls = [url for name in offers for url in _urls(configs[name], offers[name])]
        own = [urlsplit(url).netloc for url in urls if is_loopback(url)]
        self._connections = LazyConnections([*allow_private, *dict.fromkeys(own)], environment)
        for name, offered in offers.items():
            config = configs[name]
            try:
                source = _Source(name, config, offered, self._connections, folder)
            except WorkspaceError as error:
                self.troubles[name] = _finding(name, error, places.at("openapi", name))
                continue
            self.left_out[name] = offered.left_out
            changes = _changes(offered, config, folder.root)
            self.later |= source.later() | source.changed(changes)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()


class _Source:
    def __init__(
        self,
        name: str,
        config: OpenapiConfig,
        offered: Offered,
        connections: LazyConnections,
        folder: Folder,
    ) -> None:
        self._name = name
        self._config = config
        self._offered = offered
        self._connections = connections
        self._folder = folder
        self._service = msgspec.convert(offered.details, Service)
        self._document_url = str(offered.origin.get("url", ""))
        self._proofs = Proofs(config.auth, self._service.schemes)
        self._headers = HeaderTemplates(config.headers)
        self._base = self._base_of(config.server, ())
        self._tokens = self._tokens_of()
        self._made: dict[str, OpenapiCapability] = {}

    @property
    def leads_to(self) -> Mapping[str, str]:
        """Where calls go and, if there are any, tokens are got."""
        tokens = {"tokens": self._tokens.url} if self._tokens is not None else {}
        return {"calls": self._base.text, **tokens}

    def later(self) -> dict[str, Callable[[], Capability]]:
        return {
            f"{self._name}.{name}": partial(self._capability, name)
            for name in self._offered.names
            if wanted(self._config, name)
        }

    def changed(self, changes: Mapping[str, Change]) -> dict[str, Callable[[], Capability]]:
        """The operations that must not be called, for they are not as they were accepted."""
        return {
            f"{self._name}.{name}": partial(ChangedOperation, partial(self._capability, name), one)
            for name, one in changes.items()
        }

    def _capability(self, name: str) -> OpenapiCapability:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make(self._offered.entry(name))
        return made

    def _make(self, entry: Entry) -> OpenapiCapability:
        config = self._config
        declared = declared_of(config, entry)
        operation = msgspec.convert(entry.details, Operation)
        base, refused = self._base, ""
        if declared.server or (operation.servers and not config.server):
            try:
                base = self._base_of(declared.server, operation.servers)
            except WorkspaceError as error:
                refused = error.message
        proofs, token = self._proofs.of(operation.security)
        shows = bool(proofs or token or config.headers)
        if shows and not declared.server and not _same_origin(base.text, self._base.text):
            # The document chose it, for one of many operations: nobody has looked at that.
            refused = (
                f"it is at {base.text[:200]}, not where the service is; what proves who asks goes there"
                f" if `operations: {{{entry.name}: {{server: …}}}}` says so"
            )
        texts = [base.text, *config.headers.values(), *(t for one in proofs for t in one.texts)]
        if token and self._proofs.token is not None:
            texts += [self._proofs.token.client_id, self._proofs.token.client_secret]
        missing = refused or missing_variable(texts, self._connections.environment)
        reached = Reached(
            base,
            refused,
            bool(declared.server or config.server) or _same_origin(base.text, self._document_url),
            self._headers,
            tuple(proofs),
            self._tokens if token else None,
            self._connections,
            self._folder,
        )
        definitions = self._offered.definitions
        card = card_of(self._name, config, entry, operation, definitions, missing)
        return OpenapiCapability(card, operation, reached, declared)

    def _base_of(self, own: str, servers: Sequence[Any]) -> Any:
        servers = servers or self._service.servers
        return base_of(own, servers, self._config.variables, self._document_url)

    def _tokens_of(self) -> Tokens | None:
        client = self._proofs.token
        if client is None:
            return None
        schemes = self._service.schemes.values()
        url = client.token_url or next((one.token_url for one in schemes if one.token_url), "")
        if url and not url.startswith(("http://", "https://", "env:")):
            base = self._base.text if not self._base.variable else ""
            url = urljoin(self._document_url or base + "/", url)
        try:
            return Tokens(client, url, self._connections)
        except InputError:
            raise WorkspaceError(
                "auth.oauth2: the document does not say where tokens are got",
                remedy="write `token_url: https://…` beside `client_id`",
            ) from None


class ChangedOperation:
    """An operation that the document describes otherwise than when it was accepted: it stands in lists, and fails."""

    def __init__(self, accepted: Callable[[], OpenapiCapability], change: Change) -> None:
        self.card = accepted().card
        self._change = change

    async def __call__(self, call: Call) -> Outcome:
        source = self.card.name.partition(".")[0]
        said = "; ".join(line.strip() for line in self._change.text.splitlines())
        return Failed(
            "changed",
            f"it is not called, for its document is not what was accepted: {said[:_CHANGE_CHARS_MAX]};"
            f" `batuta trust {source}` shows what is different, and asks",
        )


def wanted(config: OpenapiConfig, entry: str) -> bool:
    """True if `entry` is taken over."""
    return not config.only or any(fnmatchcase(entry, pattern) for pattern in config.only)


def card_maker(
    name: str, config: OpenapiConfig, manifest: Manifest, root: Path
) -> Callable[[str], Card]:
    """What makes the card of an entry of `manifest`, as the workspace has it. Raises `WorkspaceError`."""
    source = _Source(name, config, _Read(manifest), LazyConnections(), Folder(root))
    later = source.later()
    return lambda entry: later[f"{name}.{entry}"]().card


def leads_to(name: str, config: OpenapiConfig, manifest: Manifest, root: Path) -> Mapping[str, str]:
    """Where `calls` of the service go, and `tokens` are got. Raises `WorkspaceError`."""
    return _Source(name, config, _Read(manifest), LazyConnections(), Folder(root)).leads_to


def _offered(name: str, config: OpenapiConfig, root: Path, places: Places) -> Offered | Finding:
    """What a source offers, by its pin, or by the document that it names; or what is wrong with that."""
    pinned = pin_path(root, name)
    if not config.document or root / config.document == pinned or pinned.exists():
        return read_pin(root, name, places.at("openapi", name))
    try:
        return _Read(manifest_of_file(config.document, root, config.only))
    except InputError as error:
        return _finding(name, error, places.at("openapi", name, "document"))


def _finding(name: str, error: InputError, place: Place) -> Finding:
    text = f"openapi.{name}: {error.message}"
    return Finding("B607", text, place=error.place or place, remedy=error.remedy)


def _changes(offered: Offered, config: OpenapiConfig, root: Path) -> Mapping[str, Change]:
    """What the document describes otherwise than the pin has it; nothing if there is no document besides the pin."""
    if not isinstance(offered, Pin) or not config.document or "digest" not in offered.origin:
        return {}
    try:
        content = read_bytes(root / config.document, "document", DOCUMENT_BYTES_MAX)
        if digest(content) == offered.origin["digest"]:
            return {}
        return quarantined(offered, manifest_of_file(config.document, root, config.only))
    except InputError:
        return {}  # what was accepted is in the pin; the document was only where it came from


def _urls(config: OpenapiConfig, offered: Offered) -> Iterable[str]:
    """The addresses that the operator, or whoever added the source, has named."""
    yield config.server
    yield str(offered.origin.get("url", ""))
    yield from (one.server for one in config.operations.values())
    if config.auth and config.auth.oauth2:
        yield config.auth.oauth2.token_url


def _same_origin(url: str, other: str) -> bool:
    return bool(other) and urlsplit(url)[:2] == urlsplit(other)[:2]
