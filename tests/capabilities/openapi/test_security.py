"""Who asks: keys, passwords and tokens go where the document says, and nowhere else."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from batuta.reading.openapi import AuthConfig, BasicConfig, ClientConfig, OperationConfig
from batuta.spec.call import Done, Failed
from tests.capabilities.openapi.services import document, operation, service
from tests.outbound.servers import Seen, reply, serving

ENVIRONMENT = {"KEY": "key-canary-1/2", "OTHER": "other-canary-9", "TOKEN": "token-canary-8"}
SCHEMES = {
    "head": {"type": "apiKey", "name": "X-Key", "in": "header"},
    "query": {"type": "apiKey", "name": "key", "in": "query"},
    "cookie": {"type": "apiKey", "name": "session", "in": "cookie"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "Basic"},
    "flow": {"type": "oauth2", "flows": {"authorizationCode": {"tokenUrl": "https://x.example"}}},
}


def secured(*security: dict[str, Any], schemes: dict[str, Any] = SCHEMES) -> dict[str, Any]:
    components = {"securitySchemes": schemes}
    act = operation(security=list(security))
    return document({"/a": {"get": act}}, components=components)


async def seen_with(tmp_path: Path, data: dict[str, Any], auth: AuthConfig) -> Seen:
    async with (
        serving(reply(200, 1)) as server,
        service(tmp_path, data, server.url, ENVIRONMENT, auth=auth) as shop,
    ):
        outcome = await shop.call()
    assert outcome == Done(1)
    return server.seen[0]


async def test_keys_go_into_header_query_and_cookie(tmp_path: Path) -> None:
    auth = AuthConfig(api_key={"head": "env:KEY", "query": "env:KEY", "cookie": "env:OTHER"})
    seen = await seen_with(tmp_path, secured({"head": [], "query": [], "cookie": []}), auth)
    assert seen.headers["x-key"] == "key-canary-1/2"
    assert seen.target == "/a?key=key-canary-1%2F2"
    assert seen.headers["cookie"] == "session=other-canary-9"


@pytest.mark.parametrize("scheme", ["bearer", "flow"])
async def test_a_token_serves_for_bearer_and_for_any_flow(tmp_path: Path, scheme: str) -> None:
    seen = await seen_with(tmp_path, secured({scheme: []}), AuthConfig(bearer="env:TOKEN"))
    assert seen.headers["authorization"] == "Bearer token-canary-8"


async def test_a_name_and_a_password(tmp_path: Path) -> None:
    auth = AuthConfig(basic=BasicConfig("me", "env:TOKEN"))
    seen = await seen_with(tmp_path, secured({"basic": []}), auth)
    said = base64.b64decode(seen.headers["authorization"].removeprefix("Basic "))
    assert said == b"me:token-canary-8"


async def test_the_first_way_that_is_whole_is_taken(tmp_path: Path) -> None:
    auth = AuthConfig(bearer="env:TOKEN", api_key={"head": "env:KEY"})
    seen = await seen_with(tmp_path, secured({"head": [], "query": []}, {"head": []}), auth)
    assert seen.headers["x-key"] == "key-canary-1/2"
    assert "authorization" not in seen.headers


async def test_an_operation_that_wants_nothing_gets_nothing(tmp_path: Path) -> None:
    auth = AuthConfig(bearer="env:TOKEN", api_key={"head": "env:KEY"})
    seen = await seen_with(tmp_path, secured(), auth)
    assert not {"authorization", "x-key"} & seen.headers.keys()


async def test_where_the_document_does_not_say_all_is_sent(tmp_path: Path) -> None:
    data = document({"/a": {"get": operation()}}, components={"securitySchemes": {}})
    seen = await seen_with(tmp_path, data, AuthConfig(bearer="env:TOKEN"))
    assert seen.headers["authorization"] == "Bearer token-canary-8"


async def test_a_missing_variable_stands_on_the_card_and_nothing_is_sent(tmp_path: Path) -> None:
    async with (
        serving(reply()) as server,
        service(tmp_path, secured({"bearer": []}), server.url, auth=AuthConfig("env:GONE")) as shop,
    ):
        assert shop.get().card.missing == "the environment has no GONE"
        outcome = await shop.call()
    assert isinstance(outcome, Failed) and not outcome.in_doubt
    assert server.seen == []


@pytest.mark.parametrize("status", [200, 302, 400, 500])
async def test_no_secret_comes_back(tmp_path: Path, status: int) -> None:
    async def echo(seen: Seen, writer: Any) -> None:
        said = json.dumps([seen.target, seen.headers])
        writer.write(reply(status, {"said": said}, location=f"ftp://x/{seen.target}"))

    auth = AuthConfig(
        bearer="env:TOKEN",
        basic=None,
        api_key={"head": "env:KEY", "query": "env:KEY", "cookie": "env:OTHER"},
    )
    data = secured({"head": [], "query": [], "cookie": [], "bearer": []})
    async with (
        serving(echo) as server,
        service(tmp_path, data, server.url, ENVIRONMENT, auth=auth) as shop,
    ):
        shown = repr(await shop.call()) + repr(shop.get().card)
    assert server.seen
    assert [one for one in (*ENVIRONMENT.values(), "key-canary-1%2F2") if one in shown] == []


async def test_what_is_redirected_elsewhere_takes_no_secret_along(tmp_path: Path) -> None:
    auth = AuthConfig(api_key={"head": "env:KEY", "cookie": "env:OTHER"}, bearer="env:TOKEN")
    data = secured({"head": [], "cookie": [], "bearer": []})
    async with serving(reply(200, 1)) as other:
        elsewhere = reply(302, None, location=f"{other.url}/b")
        async with (
            serving(elsewhere) as server,
            service(
                tmp_path, data, server.url, ENVIRONMENT, auth=auth, variables={"x": "y"}
            ) as shop,
        ):
            # Only the server itself may be reached on this machine; the other one was named by nobody.
            outcome = await shop.call()
    assert isinstance(outcome, Failed) and outcome.code == "denied"
    assert other.seen == []


@pytest.mark.parametrize(
    "auth",
    [AuthConfig("env:TOKEN"), AuthConfig(oauth2=ClientConfig("me", "env:TOKEN", "https://x/t"))],
)
async def test_an_operation_that_the_document_sends_elsewhere_takes_no_secret_along(
    tmp_path: Path, auth: AuthConfig
) -> None:
    async with serving(reply(200, 1)) as home, serving(reply(200, 2)) as other:
        act = operation(servers=[{"url": other.url}], security=[{"bearer": []}])
        paths = {"/a": {"get": act}, "/b": {"get": operation(operationId="open")}}
        schemes = {"bearer": SCHEMES["bearer"]}
        data = document(paths, servers=[{"url": home.url}], components={"securitySchemes": schemes})
        async with service(tmp_path, data, "", ENVIRONMENT, auth=auth) as shop:
            failed = await shop.call()
            missing = shop.get().card.missing
        said = {"act": OperationConfig(server=other.url)}
        if auth.bearer:
            async with service(tmp_path, data, "", ENVIRONMENT, auth=auth, operations=said) as shop:
                assert await shop.call() == Done(2)
                assert len(other.seen) == 1
    assert isinstance(failed, Failed)
    assert (failed.code, failed.in_doubt) == ("denied", False)
    assert "operations: {act: {server: …}}" in failed.message
    assert missing == failed.message
    assert home.seen == []


# -- tokens by client credentials -------------------------------------------------------------------


class Issuer:
    """Gives tokens `t1`, `t2`, …; the service takes the newest only."""

    def __init__(self, *, form_only: bool = False, lasts_s: Any = 3_600) -> None:
        self.count = 0
        self.form_only = form_only
        self.lasts_s = lasts_s
        self.forms: list[dict[str, list[str]]] = []
        self.refused = 0

    async def __call__(self, seen: Seen, writer: Any) -> None:
        if seen.target == "/token":
            form = parse_qs(seen.body.decode())
            self.forms.append(form)
            await asyncio.sleep(0)
            if self.form_only and "client_secret" not in form:
                writer.write(reply(401, {"error": "invalid_client"}))
                return
            self.count += 1
            token = {"access_token": f"t{self.count}-canary-x", "expires_in": self.lasts_s}
            writer.write(reply(200, token))
        elif seen.headers.get("authorization") == f"Bearer t{self.count}-canary-x":
            writer.write(reply(200, {"by": self.count}))
        else:
            self.refused += 1
            writer.write(reply(401, {"error": "expired", "said": seen.headers["authorization"]}))


CLIENT = ClientConfig("shop", "env:TOKEN", scopes=("read", "write"))


def with_flow(method: str = "get") -> dict[str, Any]:
    flow = {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}
    schemes = {"flow": {"type": "oauth2", "flows": flow}}
    act = operation(security=[{"flow": []}])
    return document({"/a": {method: act}}, components={"securitySchemes": schemes})


async def test_one_token_serves_many_calls_and_a_refused_one_is_got_anew(tmp_path: Path) -> None:
    issuer = Issuer()
    async with (
        serving(issuer) as server,
        service(
            tmp_path, with_flow("post"), server.url, ENVIRONMENT, auth=AuthConfig(oauth2=CLIENT)
        ) as shop,
    ):
        outcomes = await asyncio.gather(*(shop.call() for _ in range(5)))
        assert outcomes == [Done({"by": 1})] * 5
        assert (issuer.count, issuer.forms[0]["scope"]) == (1, ["read write"])
        issuer.count += 1  # the token of before holds no longer
        assert await shop.call() == Done({"by": 3})
    assert issuer.refused == 1


@pytest.mark.parametrize(("lasts_s", "tokens"), [(3_600, 1), ("3600", 1), (0, 2), (None, 1)])
async def test_a_token_is_kept_while_it_holds(tmp_path: Path, lasts_s: Any, tokens: int) -> None:
    issuer = Issuer(lasts_s=lasts_s, form_only=True)
    async with (
        serving(issuer) as server,
        service(
            tmp_path, with_flow(), server.url, ENVIRONMENT, auth=AuthConfig(oauth2=CLIENT)
        ) as shop,
    ):
        for _ in range(2):
            assert isinstance(await shop.call(), Done)
    assert issuer.count == tokens
    assert issuer.forms[-1]["client_secret"] == ["token-canary-8"]


@pytest.mark.parametrize(
    ("answer", "code", "may_retry"),
    [
        (reply(400, {"error": "token-canary-8"}), "denied", False),
        (reply(503, None), "unavailable", True),
        (reply(200, {"no": "token"}), "denied", False),
        (reply(200, {"access_token": "a\nb"}), "denied", False),
    ],
)
async def test_without_a_token_nothing_of_the_call_has_left(
    tmp_path: Path, answer: bytes, code: str, may_retry: bool
) -> None:
    async with (
        serving(answer) as server,
        service(
            tmp_path, with_flow("post"), server.url, ENVIRONMENT, auth=AuthConfig(oauth2=CLIENT)
        ) as shop,
    ):
        outcome = await shop.call()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry, outcome.in_doubt) == (code, may_retry, False)
    assert "canary" not in outcome.message
    assert {seen.target for seen in server.seen} == {"/token"}


async def test_a_key_that_the_document_does_not_have_is_told(tmp_path: Path) -> None:
    for auth, said in (
        (AuthConfig(api_key="env:KEY"), "the document has 3 keys: cookie, head, query"),
        (AuthConfig(api_key={"none": "env:KEY"}), "the document has no key 'none'"),
    ):
        with pytest.raises(AssertionError, match=said):
            async with service(tmp_path, secured({"head": []}), auth=auth):
                pass
