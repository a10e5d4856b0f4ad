"""Operations of a service as capabilities, against servers that behave and servers that do not."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from batuta.reading.openapi import OperationConfig, ReconcileConfig
from batuta.spec.call import Done, Failed
from tests.capabilities.calls import call_with
from tests.capabilities.openapi.services import OK, document, operation, service
from tests.outbound.servers import reply, serving

TEXT = {"type": "string"}
NAMES = {"type": "array", "items": TEXT}


def body(media: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {media: {"schema": schema, **more}}, "required": True}}


async def test_arguments_go_where_the_document_says(tmp_path: Path) -> None:
    shared = [{"name": "shop", "in": "path", "required": True, "schema": TEXT}]
    act = operation(
        {"name": "tags", "in": "query", "schema": NAMES, "style": "pipeDelimited"},
        {"name": "X-Trace", "in": "header", "schema": NAMES},
        {"name": "lang", "in": "cookie", "schema": TEXT},
        {"name": "shop", "in": "query", "schema": TEXT},
    )
    data = document({"/shops/{shop}/items": {"parameters": shared, "get": act}})
    async with (
        serving(reply(200, {"n": 1})) as server,
        service(tmp_path, data, server.url + "/v1/") as shop,
    ):
        args = {"shop": "a b/c", "query_shop": "q", "tags": ["x", "y"], "X-Trace": ["1", "2"]}
        assert await shop.call(**args, lang="de") == Done({"n": 1})
    seen = server.seen[0]
    assert (seen.method, seen.target) == (
        "GET",
        "/v1/shops/a%20b%2Fc/items?tags=x%7Cy&shop=q",
    )
    assert (seen.headers["x-trace"], seen.headers["cookie"]) == ("1,2", "lang=de")
    assert "idempotency-key" not in seen.headers and seen.body == b""


async def test_a_post_is_a_write_and_carries_its_key(tmp_path: Path) -> None:
    act = operation(**body("application/json", {"type": "object"}))
    async with (
        serving(reply(201, {"id": 7})) as server,
        service(tmp_path, document({"/orders": {"post": act}}), server.url) as shop,
    ):
        assert shop.get().card.effect == "write" and not shop.get().card.declared
        assert await shop.call(body={"item": "tea"}) == Done({"id": 7})
    assert server.seen[0].json() == {"item": "tea"}
    assert server.seen[0].headers["idempotency-key"] == "key-1"


async def test_the_document_or_the_operator_names_the_header_of_the_key(tmp_path: Path) -> None:
    key = {"name": "X-Idempotency-Key", "in": "header", "required": True, "schema": TEXT}
    data = document({"/a": {"post": operation(key)}, "/b": {"post": {"responses": OK}}})
    operations = {"post_b": OperationConfig(key_header="X-Request")}
    async with (
        serving(reply()) as server,
        service(tmp_path, data, server.url, operations=operations) as shop,
    ):
        assert shop.get().card.input["properties"] == {}
        await shop.call()
        await shop.call("post_b")
    assert server.seen[0].headers["x-idempotency-key"] == "key-1"
    assert server.seen[1].headers["x-request"] == "key-1"


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("get", "read"),
        ("head", "read"),
        ("options", "read"),
        ("query", "read"),
        ("put", "write"),
        ("delete", "write"),
        ("patch", "write"),
        ("post", "write"),
    ],
)
async def test_effects_come_from_methods(tmp_path: Path, method: str, effect: str) -> None:
    async with service(tmp_path, document({"/a": {method: operation()}}, "3.2.0")) as shop:
        card = shop.get().card
    assert (card.effect, card.reach, card.kind) == (effect, "egress", "openapi")


async def test_arguments_are_checked_before_anything_is_sent(tmp_path: Path) -> None:
    act = operation({"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}})
    async with (
        serving(reply()) as server,
        service(tmp_path, document({"/a": {"get": act}}), server.url) as shop,
    ):
        for args in ({}, {"n": "x"}, {"n": 1, "more": 2}):
            outcome = await shop.call(**args)
            assert isinstance(outcome, Failed) and outcome.code == "invalid"
    assert server.seen == []


@pytest.mark.parametrize("value", ["..", "a/../b", ".", "\n"])
async def test_no_argument_changes_the_path(tmp_path: Path, value: str) -> None:
    act = operation({"name": "id", "in": "path", "required": True, "schema": TEXT})
    async with (
        serving(reply()) as server,
        service(tmp_path, document({"/u/{id}/posts": {"get": act}}), server.url) as shop,
    ):
        outcome = await shop.call(id=value)
    assert isinstance(outcome, Failed) and outcome.code == "invalid"
    assert server.seen == []


# -- bodies -----------------------------------------------------------------------------------------


async def sent(tmp_path: Path, spec: dict[str, Any], value: Any) -> tuple[str, bytes]:
    """The type and the body that arrive."""
    act = operation(**spec)
    async with (
        serving(reply()) as server,
        service(tmp_path, document({"/a": {"post": act}}), server.url) as shop,
    ):
        outcome = await shop.call(body=value)
    assert isinstance(outcome, Done), outcome
    return server.seen[0].headers["content-type"], server.seen[0].body


async def test_a_form_is_written_as_browsers_do(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": TEXT, "tags": NAMES, "deep": {}, "csv": NAMES}}
    encoding = {"deep": {"style": "deepObject"}, "csv": {"style": "form", "explode": False}}
    spec = body("application/x-www-form-urlencoded", schema, encoding=encoding)
    value = {"a": "x&y", "tags": ["1", "2"], "deep": {"k": 1}, "csv": ["p", "q"], "json": {"z": 1}}
    media, content = await sent(tmp_path, spec, value)
    assert media == "application/x-www-form-urlencoded"
    assert content == (b"a=x%26y&tags=1&tags=2&deep%5Bk%5D=1&csv=p,q&json=%7B%22z%22%3A1%7D")


async def test_a_multipart_body_carries_files_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n")
    file = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "properties": {"name": TEXT, "photo": file, "more": {"type": "array", "items": file}},
    }
    more = [{"base64": base64.b64encode(b"abc").decode(), "name": "a.bin", "type": "x/y"}, "text"]
    value = {"name": "n", "photo": {"path": "photo.png"}, "more": more, "meta": {"a": 1}}
    media, content = await sent(tmp_path, body("multipart/form-data", schema), value)
    boundary = media.removeprefix("multipart/form-data; boundary=").encode()
    parts = content.split(b"--" + boundary)
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    assert [part.strip(b"\r\n").split(b"\r\n\r\n") for part in parts[1:-1]] == [
        [b'Content-Disposition: form-data; name="name"', b"n"],
        [
            b'Content-Disposition: form-data; name="photo"; filename="photo.png"\r\n'
            b"Content-Type: application/octet-stream",
            b"\x89PNG",
        ],
        [
            b'Content-Disposition: form-data; name="more"; filename="a.bin"\r\nContent-Type: x/y',
            b"abc",
        ],
        [
            b'Content-Disposition: form-data; name="more"; filename="file"\r\n'
            b"Content-Type: application/octet-stream",
            b"text",
        ],
        [
            b'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json',
            b'{"a":1}',
        ],
    ]


@pytest.mark.parametrize(
    ("media", "value", "expected"),
    [
        ("application/octet-stream", {"path": "a.bin"}, (b"\0\1", "application/octet-stream")),
        ("image/png", {"base64": "AAE="}, (b"\0\1", "image/png")),
        ("text/csv", "a,b", (b"a,b", "text/csv; charset=utf-8")),
        ("application/xml", "<a/>", (b"<a/>", "application/xml; charset=utf-8")),
        ("application/vnd.shop+json", [1], (b"[1]", "application/vnd.shop+json")),
    ],
)
async def test_other_bodies_are_bytes_or_text(
    tmp_path: Path, media: str, value: Any, expected: tuple[bytes, str]
) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1")
    said, content = await sent(tmp_path, body(media, {}), value)
    assert (content, said) == expected


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "no-such-file", ".hidden"])
async def test_no_file_outside_of_the_workspace_is_sent(tmp_path: Path, path: str) -> None:
    (tmp_path / ".hidden").write_text("secret")
    act = operation(**body("application/octet-stream", {}))
    async with (
        serving(reply()) as server,
        service(tmp_path, document({"/a": {"post": act}}), server.url) as shop,
    ):
        outcome = await shop.call(body={"path": path})
    assert isinstance(outcome, Failed) and not outcome.in_doubt
    assert server.seen == []


# -- answers ----------------------------------------------------------------------------------------


def answering(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {media: {"schema": schema}}}}}


async def test_bytes_come_back_as_base64(tmp_path: Path) -> None:
    act = operation(**answering({"type": "string", "format": "binary"}, "image/png"))
    async with (
        serving(reply(200, b"\x89PNG", content_type="image/png")) as server,
        service(tmp_path, document({"/a": {"get": act}}), server.url) as shop,
    ):
        assert await shop.call() == Done({"content_type": "image/png", "base64": "iVBORw=="})


async def test_a_read_that_answers_something_else_fails_and_a_write_keeps_it(
    tmp_path: Path,
) -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    data = document(
        {"/a": {"get": operation(**answering(schema)), "post": answering(schema)}},
    )
    async with (
        serving(reply(200, {"id": "seven"})) as server,
        service(tmp_path, data, server.url) as shop,
    ):
        read = await shop.call()
        assert isinstance(read, Failed) and read.code == "invalid_answer"
        assert not read.in_doubt and "id" in read.message
        assert await shop.call("post_a") == Done({"id": "seven"})


@pytest.mark.parametrize(
    ("status", "method", "code", "may_retry", "in_doubt"),
    [
        (404, "get", "http_404", False, False),
        (401, "get", "denied", False, False),
        (429, "post", "rate_limited", True, False),
        (500, "get", "unavailable", True, False),
        (500, "post", "unavailable", False, True),
        (302, "post", "redirected", False, True),
    ],
)
async def test_errors_are_those_of_http(
    tmp_path: Path, status: int, method: str, code: str, may_retry: bool, in_doubt: bool
) -> None:
    async with (
        serving(reply(status, {"error": "x"})) as server,
        service(tmp_path, document({"/a": {method: operation()}}), server.url) as shop,
    ):
        outcome = await shop.call()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry, outcome.in_doubt) == (code, may_retry, in_doubt)


async def test_a_write_that_was_not_answered_is_asked_for_by_its_key(tmp_path: Path) -> None:
    answers = {"/done?key=key-1": [{"id": 1}], "/not?key=key-1": []}

    async def handler(seen: Any, writer: Any) -> None:
        writer.write(reply(200, {"entries": answers[seen.target]}))

    act = operation(**body("application/json", {}))
    for path, expected in (("done", Done({"id": 1})), ("not", None)):
        said = ReconcileConfig(f"/{path}?key={{key}}", "entries")
        operations = {"act": OperationConfig(reconcile=said)}
        data = document({"/a": {"post": act}})
        async with (
            serving(handler) as server,
            service(tmp_path, data, server.url, operations=operations) as shop,
        ):
            one: Any = shop.get()
            assert one.card.in_doubt == "reconcile"
            outcome = await one.reconcile(call_with({"body": {}}))
        assert outcome == expected or (isinstance(outcome, Failed) and outcome.may_retry)


# -- hostile peers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "server", ["http://10.0.0.1", "http://169.254.169.254/latest", "http://localhost:9"]
)
async def test_a_document_leads_to_no_private_address(tmp_path: Path, server: str) -> None:
    data = document({"/a": {"post": operation()}}, servers=[{"url": server}])
    (tmp_path / "shop.json").write_text(json.dumps(data))
    async with service(tmp_path, data, "") as shop:
        outcome = await shop.call()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.in_doubt) == ("denied", False)


async def test_an_operation_with_a_server_of_its_own_goes_there_unless_the_operator_says(
    tmp_path: Path,
) -> None:
    async with serving(reply(200, 1)) as own, serving(reply(200, 2)) as said:
        act = operation(servers=[{"url": own.url}])
        data = document({"/a": {"get": act}}, servers=[{"url": "https://elsewhere.example"}])
        async with service(tmp_path, data, said.url) as shop:
            assert await shop.call() == Done(2)
        assert (len(own.seen), len(said.seen)) == (0, 1)
