"""Settings: keys that are shown once, and the switch; and who may do what, on every page that changes something."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from batuta.doors.http.access.principal import EVERY_SCOPE
from tests.doors.console.conftest import Browser

# What a page sends, and the scope that it needs.
CHANGES = {
    "/ask": "plan",
    "/ask/edit": "plan",
    "/ask/step": "plan",
    "/ask/save": "admin",
    "/ask/run": "run",
    "/runs/{run}/cancel": "run",
    "/runs/{run}/fork": "run",
    "/runs/{run}/answer": "answer",
    "/capabilities/{name}": "run",
    "/knowledge/{name}": "knowledge",
    "/settings/stop": "run",
    "/settings/release": "admin",
    "/settings/keys": "admin",
    "/settings/keys/revoke": "admin",
}


async def made(browser: Browser, *scopes: str) -> str:
    """The text of a new key, which is on the page this once."""
    sent = await browser.client.post(
        "/settings/keys", data={"name": "somebody", "scopes": list(scopes), "days": "1"}
    )
    assert sent.status_code == 200, sent.text
    found = re.search(r"batuta_[0-9a-f]{12}_[\w-]+", sent.text)
    assert found is not None
    return found[0]


async def test_the_first_key_locks_the_door_and_whoever_made_it_is_inside(browser: Browser) -> None:
    weak = await browser.send("/settings/keys", name="me", scopes="read", days="1")
    assert weak.status_code == 400 and "may do everything" in weak.text
    key = await made(browser, "admin")
    again = await browser.get("/settings")
    assert again.status_code == 200 and key not in again.text and "somebody" in again.text
    browser.client.cookies.clear()
    out = await browser.get("/settings")
    assert (out.status_code, out.headers["location"]) == (303, "/login?to=/settings")


async def test_a_key_is_revoked_and_counts_no_longer(browser: Browser) -> None:
    await made(browser, "admin")
    other = await made(browser, "read")
    sent = await browser.send("/settings/keys/revoke", key=other.split("_")[1])
    assert sent.status_code == 303
    assert "revoked" in (await browser.get("/settings")).text
    browser.client.cookies.set("batuta_key", other)
    assert (await browser.get("/runs")).status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "days": "1", "scopes": "admin"},
        {"name": "x" * 101, "days": "1", "scopes": "admin"},
        {"name": "x", "days": "ever", "scopes": "admin"},
        {"name": "x", "days": "-1", "scopes": "admin"},
        {"name": "x", "days": "nan", "scopes": "admin"},
    ],
)
async def test_what_is_no_key_is_not_made(browser: Browser, form: dict[str, str]) -> None:
    sent = await browser.client.post("/settings/keys", data=form)
    assert sent.status_code == 400 and 'role="alert"' in sent.text
    assert not (browser.folder / ".batuta" / "keys.json").exists()


async def test_everything_is_stopped_and_every_page_says_so(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    sent = await browser.send("/settings/stop", why="it <b>pays</b> nonsense")
    assert sent.status_code == 303
    for address in ("/", "/runs", f"/runs/{run}", "/settings"):
        page = (await browser.get(address)).text
        assert "everything was stopped" in page and "it &lt;b&gt;pays&lt;/b&gt; nonsense" in page
    refused = await browser.send(
        "/ask/run", _plan="refund", _digest=browser.plan_digest, order="A", amount="1"
    )
    assert refused.status_code == 422 and "everything was stopped" in refused.text
    assert (await browser.send("/settings/release")).status_code == 303
    assert "everything was stopped" not in (await browser.get("/")).text
    await browser.begun(order="A", amount="1")


async def test_each_page_that_changes_something_asks_for_its_scope_and_refuses_other_sites(
    browser: Browser,
) -> None:
    known = {path for path in _posted(browser.server) if not path.startswith(("/api", "/v1"))}
    assert known == {*CHANGES, "/login"}
    admin = await made(browser, "admin")
    keys = {
        scope: await made(browser, *(one for one in EVERY_SCOPE if one not in (scope, "admin")))
        for scope in set(CHANGES.values())
    }
    for path, scope in CHANGES.items():
        address = path.format(run="r1", name="pay")
        browser.client.cookies.clear()
        browser.client.cookies.set("batuta_key", keys[scope])
        lacks = await browser.send(address)
        assert lacks.status_code == 403 and "not allowed" in lacks.text, path
        browser.client.cookies.clear()
        browser.client.cookies.set("batuta_key", admin)
        for origin in ("https://elsewhere.example", "null", "http://localhost:9"):
            strange = await browser.client.post(address, headers={"Origin": origin})
            assert strange.status_code == 403 and "another site" in strange.text, path
        browser.client.cookies.clear()
        nobody: httpx.Response = await browser.send(address)
        assert nobody.status_code == 401, path
    assert not (browser.folder / ".batuta" / "stopped.json").exists()


def _posted(router: Any) -> Iterator[str]:
    """The paths that something can be sent to."""
    for one in router.routes:
        if hasattr(one, "original_router"):
            yield from _posted(one.original_router)
        elif "POST" in (getattr(one, "methods", None) or ()):
            yield one.path
