"""The capabilities of a workspace by name."""

from typing import Any

import pytest

from batuta.capabilities.catalog import WorkspaceCatalog, build_catalog
from batuta.capabilities.function import FunctionCapability, capability
from batuta.capabilities.human import HumanCapability
from batuta.errors import NotFound, Place, WorkspaceError
from batuta.ports import Catalog
from batuta.spec.call import Done
from tests.capabilities.calls import call_with
from tests.outbound.servers import reply, serving


@capability(effect="pure", reach="local")
async def double(n: int) -> int:
    """Twice the number."""
    return 2 * n


def test_some_capabilities_are_always_there() -> None:
    cards = build_catalog().cards()
    assert {name: card.kind for name, card in cards.items()} == {
        "human": "human",
        "vote": "vote",
        "merge": "merge",
        "value": "value",
        "check": "check",
        "require": "require",
        "local.answer": "local",
        "local.anomaly": "local",
        "local.classify": "local",
        "local.extract": "local",
        "local.match": "local",
        "local.summarize": "local",
    }
    assert {card.effect for card in cards.values()} == {"read", "pure"}
    assert {card.reach for card in cards.values()} == {"local"}
    assert all(card.declared for card in cards.values())


async def test_functions_and_configured_ones_are_found_by_name() -> None:
    catalog: Catalog = build_catalog({"approve": {"kind": "human", "who": ["ops"]}}, [double])
    assert await catalog.get("double")(call_with({"n": 4})) == Done(8)
    assert catalog.get("approve").card.kind == "human"
    assert catalog.cards()["double"].description == "Twice the number."


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(NotFound) as caught:
        build_catalog().get("humna")
    assert (caught.value.message, caught.value.remedy) == (
        "there is no capability 'humna'",
        "did you mean 'human'?",
    )
    with pytest.raises(NotFound) as caught:
        build_catalog().get("x" * 10_000)
    assert len(str(caught.value)) < 400


def test_a_built_in_may_be_configured_but_not_replaced() -> None:
    catalog = build_catalog({"human": {"kind": "human", "question": "Well?"}})
    assert "required" not in catalog.cards()["human"].input

    @capability
    def vote() -> None: ...

    with pytest.raises(WorkspaceError, match="vote is built in"):
        build_catalog({}, [vote])


async def test_http_is_there_when_it_is_configured_and_closes_with_the_catalog() -> None:
    async with serving(reply(200, "hi")) as server:
        catalog = build_catalog(
            {"web": {"kind": "http", "url": "env:BASE"}},
            allow_private=["127.0.0.1"],
            environment={"BASE": server.url},
        )
        assert await catalog.get("web")(call_with({})) == Done("hi")
        await catalog.close()
        await catalog.close()
        assert await catalog.get("web")(call_with({})) == Done("hi")
        await catalog.close()


def test_all_flaws_are_told_at_once_with_their_places() -> None:
    settings: dict[str, Any] = {
        "a": {"kind": "humn"},
        "b": {"kind": "human", "whom": 1},
        "c": 3,
        "d": {"who": ["x"]},
        "e f": {"kind": "human"},
        "g": {"kind": "http", "url": "x"},
    }
    places = {name: Place("batuta.yaml", line, 3) for line, name in enumerate(settings, 4)}
    with pytest.raises(WorkspaceError) as caught:
        build_catalog(
            settings, [double, double, len], allow_private=["*"], locate=places.__getitem__
        )
    told = [(finding.place.line, finding.message) for finding in caught.value.findings]
    assert told[1:7] == [
        (4, "capabilities.a: there is no kind 'humn'"),
        (5, "capabilities.b: unknown key whom"),
        (6, "capabilities.c: expected a map"),
        (7, "capabilities.d: its kind is missing"),
        (8, "capabilities.e f: 'e f' is not a name for a capability"),
        (9, "capabilities.g: url: 'x' does not begin with http:// or https:// and a host"),
    ]
    assert [message for _, message in (told[0], *told[7:])] == [
        "network.allow_private: '*' is no host, host:port or network",
        "there are two capabilities called double",
        "len is no capability",
    ]


def test_ready_capabilities_are_taken_as_they_are() -> None:
    ready = HumanCapability("boss")
    assert build_catalog({}, [ready]).get("boss") is ready
    assert WorkspaceCatalog([ready]).get("boss") is ready


def test_two_capabilities_of_one_name_are_refused() -> None:
    with pytest.raises(WorkspaceError, match="there are two capabilities called double"):
        WorkspaceCatalog([FunctionCapability(double), FunctionCapability(double)])
