"""The services of a workspace that an OpenAPI document describes: `openapi: {shop: {document: shop.yaml}}`."""

from typing import Any

import msgspec

from batuta.reading.declared import Declared, declared_keys, read_pattern
from batuta.reading.paths import below
from batuta.reading.report import Report
from batuta.reading.server import VARIABLE, read_headers, read_url
from batuta.reading.shapes import (
    FLAWED,
    Read,
    anything,
    choice,
    duration,
    form_of,
    formed,
    integer,
    mapping,
    matching,
    one_or_more,
    record,
    text,
)
from batuta.reading.tree import Node

__all__ = [
    "AuthConfig",
    "BasicConfig",
    "ClientConfig",
    "OpenapiConfig",
    "OperationConfig",
    "PagesConfig",
    "ReconcileConfig",
    "read_openapi",
]

SOURCES_MAX = 200
OPERATIONS_MAX = 10_000
PATTERNS_MAX = 1_000
VARIABLES_MAX = 100
SCHEMES_MAX = 100
ITEMS_MAX = 1_000_000
_DAY_S = 86_400.0


class BasicConfig(msgspec.Struct, frozen=True):
    """A name and a password. Both may be `env:NAME`, the password has to be."""

    user: str
    password: str


class ClientConfig(msgspec.Struct, frozen=True):
    """How a token is got by client credentials (OAuth 2). `token_url`: where the document does not say."""

    client_id: str
    client_secret: str
    token_url: str = ""
    scopes: tuple[str, ...] = ()


class AuthConfig(msgspec.Struct, frozen=True):
    """Who asks. `api_key`: of the one scheme of that kind, or by the name of the scheme."""

    bearer: str = ""
    basic: BasicConfig | None = None
    api_key: str | dict[str, str] = ""
    oauth2: ClientConfig | None = None


class PagesConfig(msgspec.Struct, frozen=True):
    """How the pages of a list are put together.

    Attributes:
        by: link (the header `Link`), cursor (a field of the answer), offset or page (a number that grows).
        parameter: the argument that takes cursor, offset or page.
        items: leads to the list inside of an answer, "" if the answer is the list.
        next: leads to the cursor, or the URL of the next page, inside of an answer.
        first: of the offset or the page.
        at_most: items in all; what is beyond is not asked for.
    """

    by: str
    parameter: str = ""
    items: str = ""
    next: str = ""
    first: int | None = None
    at_most: int = 10_000


class ReconcileConfig(msgspec.Struct, frozen=True):
    """Where to ask what became of a write: `url` has `{key}` in it, and begins with / if it is of the same server."""

    url: str
    field: str = ""


class OperationConfig(Declared, frozen=True):
    """What is said of one operation, besides what can be declared of anything.

    `key_header`: the header that takes the idempotency key. `output`: schema of the answer, instead of that of the
    document.
    """

    server: str = ""
    key_header: str = ""
    pages: PagesConfig | None = None
    reconcile: ReconcileConfig | None = None
    output: dict[str, Any] | None = None


class OpenapiConfig(msgspec.Struct, frozen=True, rename={"timeout_s": "timeout"}):
    """One entry of `openapi`.

    Attributes:
        document: the file, relative to the workspace; "" is the pin, `imports/NAME.json`.
        server: where the service is, whatever the document says.
        variables: of the server that the document names.
        headers: sent with each request; `env:NAME` in a value is that variable.
        only: names, or patterns of names, of what is taken over; empty: all.
        operations: what is declared of each operation, by its name.
        timeout_s: longest time of one call, in seconds, unless the operation says another.
    """

    document: str = ""
    server: str = ""
    variables: dict[str, str] = {}
    auth: AuthConfig | None = None
    headers: dict[str, str] = {}
    only: tuple[str, ...] = ()
    operations: dict[str, OperationConfig] = {}
    timeout_s: float = 60.0
    concurrency: int = 0


_read_secret = matching(VARIABLE, "a variable of the environment", "env:SHOP_TOKEN")


def _either(first: Read, second: Read) -> Read:
    """What `first` reads, or, if it is a map, `second`."""

    def read(node: Node, report: Report) -> Any:
        return (first if node.map is None else second)(node, report)

    return formed(read, "any", first, second)


_read_auth = record(
    AuthConfig,
    {
        "bearer": _read_secret,
        "basic": record(
            BasicConfig,
            {"user": text(1, 1_024), "password": _read_secret},
            required=("user", "password"),
            what="basic: a map with `user` and `password`",
        ),
        "api_key": _either(_read_secret, mapping(text(1, 256), _read_secret, SCHEMES_MAX)),
        "oauth2": record(
            ClientConfig,
            {
                "client_id": text(1, 1_024),
                "client_secret": _read_secret,
                "token_url": read_url,
                "scopes": one_or_more(text(1, 256), SCHEMES_MAX),
            },
            required=("client_id", "client_secret"),
            what="oauth2: a map with `client_id` and `client_secret`",
        ),
    },
    what="who asks: a map with bearer, basic, api_key or oauth2",
)

_read_pages = record(
    PagesConfig,
    {
        "by": choice("link", "cursor", "offset", "page"),
        "parameter": text(1, 256),
        "items": text(0, 256),
        "next": text(1, 256),
        "first": integer(0, 1_000_000),
        "at_most": integer(1, ITEMS_MAX),
    },
    required=("by",),
    what="pages: a map with `by`",
)


def _pages(node: Node, report: Report) -> Any:
    read = _read_pages(node, report)
    if not isinstance(read, PagesConfig):
        return read
    wanted = {"cursor": ("next",), "offset": ("parameter",), "page": ("parameter",)}
    for key in wanted.get(read.by, ()):
        if not getattr(read, key):
            said = f"pages by {read.by} need the key {key!r}"
            report.flaw("B021", said, at=node.start, remedy=f"add `{key}: …`")
            return FLAWED
    return read


formed(_pages, *form_of(_read_pages))

_read_operation = record(
    OperationConfig,
    {
        **declared_keys,
        "in_doubt": choice("ask", "fail", "retry", "reconcile"),
        "server": read_url,
        "key_header": matching(r"[A-Za-z0-9-]{1,100}", "the name of a header", "Idempotency-Key"),
        "pages": _pages,
        "reconcile": record(
            ReconcileConfig,
            {"url": text(1, 4_096), "field": text(0, 256)},
            required=("url",),
            what="reconcile: a map with `url`",
        ),
        "output": anything,
    },
    what="what you declare of it: a map like {effect: read}",
)


def _operation(node: Node, report: Report) -> Any:
    read = _read_operation(node, report)
    if isinstance(read, OperationConfig) and read.in_doubt == "reconcile" and not read.reconcile:
        said = "in_doubt: reconcile needs the key 'reconcile'"
        report.flaw("B021", said, at=node.start, remedy="add `reconcile: {url: /orders?key={key}}`")
        return FLAWED
    return read


formed(_operation, *form_of(_read_operation))

read_openapi = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a source", "shop"),
    record(
        OpenapiConfig,
        {
            "document": below(
                frozenset({".json", ".yaml", ".yml"}), "a document", ".json, .yaml or .yml"
            ),
            "server": read_url,
            "variables": mapping(text(1, 256), text(1, 1_024), VARIABLES_MAX),
            "auth": _read_auth,
            "headers": read_headers,
            "only": one_or_more(read_pattern, PATTERNS_MAX),
            "operations": mapping(text(1, 256), _operation, OPERATIONS_MAX),
            "timeout": duration(0.001, _DAY_S),
            "concurrency": integer(0, 10_000),
        },
        what="a service: a map with `document`",
    ),
    SOURCES_MAX,
)
