"""Where the operations of a source go: what the operator says, else what the document says. Pure."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

from batuta.capabilities.openapi.shape import Server
from batuta.errors import InputError, WorkspaceError
from batuta.outbound.urls import UrlTemplate

__all__ = ["base_of"]

_VARIABLE = re.compile(r"\{([^{}]+)\}")


def base_of(
    own: str, servers: Sequence[Server], variables: Mapping[str, str], document_url: str
) -> UrlTemplate:
    """The base of all URLs: `own` if the operator named one, else the first of `servers`.

    Raises:
        WorkspaceError: there is none, or it is no URL.
    """
    url = own or _of_document(servers, variables, document_url)
    try:
        base = UrlTemplate(url.rstrip("/"))
    except InputError as error:
        raise WorkspaceError(
            f"server: {error.message}", remedy="write `server: https://…` beside `document`"
        ) from None
    if base.names or "?" in url:
        raise WorkspaceError(
            f"server: {url[:200]!r} is more than the base of URLs",
            remedy="write `server: https://…` without braces and without a query",
        )
    return base


def _of_document(servers: Sequence[Server], variables: Mapping[str, str], document_url: str) -> str:
    # Where a document says nothing, it is the host that it was read from.
    server = servers[0] if servers else Server("/")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        given = variables.get(name) or server.variables.get(name)
        if not given:
            raise WorkspaceError(
                f"server: {server.url[:200]!r} wants {name}, and nobody says what that is",
                remedy=f"write `variables: {{{name}: …}}` or `server: https://…` beside `document`",
            )
        return given

    url = _VARIABLE.sub(value, server.url)
    if url.startswith(("http://", "https://")):
        return url
    if not document_url.startswith(("http://", "https://")):
        raise WorkspaceError(
            f"the document does not say where the service is: its server is {url[:200]!r}",
            remedy="write `server: https://…` beside `document`",
        )
    return urljoin(document_url, url)
