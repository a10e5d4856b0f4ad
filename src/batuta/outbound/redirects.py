"""A request followed to where it is redirected, as far as that is safe."""

import time
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

import msgspec

from batuta.errors import InputError
from batuta.outbound.exchange import Answer, Connections, Request, Trouble
from batuta.outbound.urls import UrlTemplate

__all__ = ["REDIRECTS_MAX", "send_following"]

REDIRECTS_MAX = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_BODIES = frozenset({"content-type", "content-length"})


async def send_following(
    connections: Connections,
    request: Request,
    *,
    until: float,
    answer_bytes_max: int,
    own: Collection[str] = (),
    redirects_max: int = REDIRECTS_MAX,
) -> Answer:
    """The answer to `request`, or to where it was redirected, at most `redirects_max` times.

    `until`: seconds since 1970 when it is too late. `own`: the headers that are for this server and no other.

    Raises:
        Trouble: there is no answer, no time, or no end of redirects.
    """
    origin = _origin(request.url)
    named = request.named
    headers: dict[str, str] = request.headers
    for _ in range(redirects_max + 1):
        left_s = until - time.time()
        if left_s <= 0:
            raise Trouble("no time was left", code="timeout", sent=False)
        host = {"Host": urlsplit(request.url).netloc}
        answer = await connections.send(
            msgspec.structs.replace(request, headers=host | headers),
            timeout_s=left_s,
            answer_bytes_max=answer_bytes_max,
        )
        if not redirects_max or answer.status not in _REDIRECTS:
            return answer
        url = _redirected(request.url, answer.headers.get("location", ""))
        at_home = _origin(url) == origin
        request = msgspec.structs.replace(request, url=url, named=named and at_home)
        if request.body is not None and _asks_anew(answer.status, request.method):
            # "Look there": what was sent stays here.
            request = msgspec.structs.replace(request, method="GET", body=None)
            headers = {k: v for k, v in headers.items() if k.lower() not in _OF_BODIES}
        if request.body is not None and not at_home:
            text = "it redirects what was sent to another server"
            raise Trouble(text, code="redirected", sent=True)
        if not at_home:
            # What was configured for one server is not for another, least of all its credentials.
            headers = {name: value for name, value in headers.items() if name not in own}
    raise Trouble(f"more than {redirects_max} redirects", code="redirected", sent=True)


def _asks_anew(status: int, method: str) -> bool:
    """True if what follows is a plain GET: by RFC 9110, 15.4, and as all clients do it."""
    return status == 303 or (status in (301, 302) and method == "POST")


def _redirected(url: str, location: str) -> str:
    """Where a redirect from `url` leads. Raises `Trouble` if it is not to be followed."""
    try:
        target = urljoin(url, location).partition("#")[0]
        target = UrlTemplate(target.replace("{", "%7B").replace("}", "%7D")).fill({}, {})
    except (InputError, ValueError):
        target = ""
    if not location or not target:
        text = f"it redirects to {location[:100]!r}, which cannot be followed"
        raise Trouble(text, code="redirected", sent=True)
    if url.startswith("https:") and not target.startswith("https:"):
        raise Trouble("it redirects from https to http", code="redirected", sent=True)
    return target


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
