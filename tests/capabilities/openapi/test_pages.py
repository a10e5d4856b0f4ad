"""The pages of a list as one list."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from batuta.reading.openapi import AuthConfig, OperationConfig, PagesConfig
from batuta.spec.call import Done, Failed, Outcome
from tests.capabilities.openapi.services import document, operation, service
from tests.outbound.servers import Seen, Server, reply, serving

ROWS = list(range(7))
ITEM = {"type": "integer"}


def listing(schema: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "schema": {"type": ["integer", "string"]}}
        for name in ("after", "offset", "page")
    ]
    content = {"application/json": {"schema": schema}}
    return operation(*parameters, responses={"200": {"description": "", "content": content}})


async def pages_of(
    tmp_path: Path, handler: Any, pages: PagesConfig, /, **args: Any
) -> tuple[Outcome, Server]:
    schema = {"type": "object", "properties": {"data": {"type": "array", "items": ITEM}}}
    data = document({"/rows": {"get": listing(schema)}})
    operations = {"act": OperationConfig(pages=pages)}
    async with (
        serving(handler) as server,
        service(tmp_path, data, server.url, operations=operations) as shop,
    ):
        assert pages.items != "data" or shop.get().card.output == {"type": "array", "items": ITEM}
        return await shop.call(**args), server


def asked(seen: Seen, name: str) -> str:
    return parse_qs(urlsplit(seen.target).query).get(name, [""])[0]


async def by_cursor(seen: Seen, writer: Any) -> None:
    start = int(asked(seen, "after") or 0)
    following = start + 3 if start + 3 < len(ROWS) else None
    writer.write(reply(200, {"data": ROWS[start : start + 3], "meta": {"next": following}}))


async def by_offset(seen: Seen, writer: Any) -> None:
    start = int(asked(seen, "offset"))
    writer.write(reply(200, {"data": ROWS[start : start + 3]}))


async def by_page(seen: Seen, writer: Any) -> None:
    start = 3 * (int(asked(seen, "page")) - 1)
    writer.write(reply(200, {"data": ROWS[start : start + 3]}))


async def by_link(seen: Seen, writer: Any) -> None:
    start = int(asked(seen, "after") or 0)
    more = f'</rows?after={start + 3}>; rel="next"' if start + 3 < len(ROWS) else ""
    writer.write(reply(200, ROWS[start : start + 3], link=f'</rows>; rel="first", {more}'))


@pytest.mark.parametrize(
    ("handler", "pages", "requests"),
    [
        (by_cursor, PagesConfig("cursor", "after", "data", "meta.next"), 3),
        (by_offset, PagesConfig("offset", "offset", "data"), 4),
        (by_page, PagesConfig("page", "page", "data"), 4),
        (by_link, PagesConfig("link"), 3),
    ],
)
async def test_all_pages_become_one_list(
    tmp_path: Path, handler: Any, pages: PagesConfig, requests: int
) -> None:
    outcome, server = await pages_of(tmp_path, handler, pages)
    assert outcome == Done(ROWS)
    assert len(server.seen) == requests


async def test_what_is_beyond_the_bound_is_not_asked_for(tmp_path: Path) -> None:
    pages = PagesConfig("cursor", "after", "data", "meta.next", at_most=4)
    outcome, server = await pages_of(tmp_path, by_cursor, pages)
    assert outcome == Done([0, 1, 2, 3])
    assert len(server.seen) == 2


async def test_the_last_item_may_lead_to_the_next_page(tmp_path: Path) -> None:
    async def by_item(seen: Seen, writer: Any) -> None:
        start = int(asked(seen, "after") or -1) + 1
        writer.write(reply(200, {"data": [{"id": n} for n in ROWS[start : start + 3]]}))

    pages = PagesConfig("cursor", "after", "data", "data.-1.id")
    outcome, _ = await pages_of(tmp_path, by_item, pages)
    assert outcome == Done([{"id": n} for n in ROWS])


@pytest.mark.parametrize(
    ("answer", "pages", "said"),
    [
        ({"rows": []}, PagesConfig("cursor", "after", "data", "next"), "there is no list at data"),
        (
            {"data": [], "next": "x"},
            PagesConfig("cursor", "after", "data", "next"),
            "its pages go in a circle",
        ),
        (
            {"data": [], "next": "http://169.254.169.254/"},
            PagesConfig("cursor", "", "data", "next"),
            "its next page is at another server",
        ),
        (
            {"data": [], "next": {"a": 1}},
            PagesConfig("cursor", "after", "data", "next"),
            "what is at next leads to no page",
        ),
    ],
)
async def test_pages_that_are_none_fail(
    tmp_path: Path, answer: Any, pages: PagesConfig, said: str
) -> None:
    outcome, _ = await pages_of(tmp_path, reply(200, answer), pages)
    assert outcome == Failed("invalid_answer", said)


async def test_a_key_in_the_query_goes_with_every_page(tmp_path: Path) -> None:
    schemes = {"key": {"type": "apiKey", "name": "key", "in": "query"}}
    data = document(
        {"/rows": {"get": listing({"type": "array"})}}, components={"securitySchemes": schemes}
    )
    more: dict[str, Any] = {
        "operations": {"act": OperationConfig(pages=PagesConfig("link"))},
        "auth": AuthConfig(api_key="env:KEY"),
    }
    async with (
        serving(by_link) as server,
        service(tmp_path, data, server.url, {"KEY": "k-12345678"}, **more) as shop,
    ):
        assert await shop.call() == Done(ROWS)
    assert [asked(seen, "key") for seen in server.seen] == ["k-12345678"] * 3
