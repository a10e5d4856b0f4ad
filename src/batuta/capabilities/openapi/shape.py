"""An operation as a call needs it: this is what the pin of a source keeps, and all that is known of it afterwards."""

from typing import Any, Literal

import msgspec

__all__ = [
    "AnswerKind",
    "Body",
    "BodyKind",
    "Field",
    "Operation",
    "Parameter",
    "Scheme",
    "Server",
    "Service",
    "Style",
    "Where",
]

Where = Literal["path", "query", "header", "cookie", "querystring"]
Style = Literal[
    "simple", "label", "matrix", "form", "space", "pipe", "tab", "deep", "cookie"
]  # fmt: skip
BodyKind = Literal["json", "form", "multipart", "text", "binary"]
AnswerKind = Literal["json", "binary"]


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One argument that goes into path, query, headers or cookies.

    Attributes:
        argument: its name in a plan. name: its name over there.
        media: it is written as a document of that type, instead of in a style.
        reserved: characters that URLs use themselves stay as they are.
    """

    argument: str
    name: str
    where: Where
    style: Style = "form"
    explode: bool = False
    reserved: bool = False
    media: str = ""


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a form. `file`: it is bytes. `many`: a list of it is a part for each item."""

    media: str = ""
    style: Style | None = None
    explode: bool = True
    reserved: bool = False
    file: bool = False
    many: bool = False


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the argument `body` becomes."""

    kind: BodyKind
    media: str
    fields: dict[str, Field] = {}


class Server(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a service is: `{name}` in `url` is one of `variables`, by name with its default."""

    url: str
    variables: dict[str, str] = {}


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation.

    Attributes:
        security: ways to prove who one is, each a list of schemes that go together; None: the document does not say.
        servers: its own, where they are not those of the document.
        key_header: the header that carries its idempotency key, where the document has one for that.
        answer: binary where it answers with bytes that are no text.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    security: tuple[tuple[str, ...], ...] | None = None
    servers: tuple[Server, ...] = ()
    key_header: str = ""
    answer: AnswerKind = "json"


class Scheme(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way to prove who one is. `name` and `where`: of an API key. `token_url`: of client credentials."""

    kind: Literal["key", "bearer", "basic", "oauth2", "other"]
    name: str = ""
    where: Literal["header", "query", "cookie"] = "header"
    token_url: str = ""
    scopes: tuple[str, ...] = ()


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all operations of a document share."""

    servers: tuple[Server, ...] = ()
    schemes: dict[str, Scheme] = {}

    def plain(self) -> dict[str, Any]:
        """The same as JSON."""
        return msgspec.to_builtins(self)
