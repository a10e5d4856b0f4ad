"""What a service offers, read from a file or an address, with what it refers to elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.openapi.offering import manifest_of_file, offered
from batuta.errors import InputError, NotFound
from batuta.outbound.exchange import Trouble
from batuta.reading.openapi import OpenapiConfig
from tests.capabilities.openapi.services import OK, document
from tests.outbound.servers import Seen, reply, serving


def answering(reference: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": reference}}}
    return {"get": {"operationId": "act", "responses": {"200": {"content": content}}}}


PARTS = {
    "api/shop.yaml": {
        **document({"/a": {"$ref": "paths/a.json"}}),
        "components": {"schemas": {"Own": {"type": "integer"}}},
    },
    "api/paths/a.json": answering("../schemas.json#/Pet"),
    "api/schemas.json": {
        "Pet": {
            "properties": {
                "owner": {"$ref": "#/Owner"},
                "own": {"$ref": "shop.yaml#/components/schemas/Own"},
                "example": {"$ref": "#/Owner"},
            },
            "example": {"$ref": "nowhere.json"},
        },
        "Owner": {"type": "object", "properties": {"pet": {"$ref": "#/Pet"}}},
    },
}


def written(root: Path, parts: dict[str, Any]) -> None:
    for name, data in parts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(data))


def test_other_files_become_part_of_it(tmp_path: Path) -> None:
    written(tmp_path, PARTS)
    made = manifest_of_file("api/shop.yaml", tmp_path)
    assert made.left_out == {}
    assert made.entries["act"].output == {"$ref": "#/$defs/Pet"}
    properties = made.definitions["Pet"]["properties"]
    assert properties == {
        "owner": {"$ref": "#/$defs/Owner"},
        "own": {"$ref": "#/$defs/Own"},
        "example": {"$ref": "#/$defs/Owner"},
    }
    assert made.definitions["Own"] == {"type": "integer"}


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../outside.json",
        "../../etc/passwd#/x",
        "..%2foutside.json",
        "link.json",
        "https://elsewhere.example/x.json",
        "http://169.254.169.254/latest/meta-data",
        "gone.json",
        "text.json",
    ],
)
def test_nothing_is_read_from_outside_of_the_folder(tmp_path: Path, reference: str) -> None:
    folder = tmp_path / "work"
    secret = {"Secret": {"type": "string", "description": "canary"}}
    written(tmp_path, {"outside.json": secret})
    written(
        folder,
        {"shop.json": document({"/a": answering(reference), "/b": {"get": {"responses": OK}}})},
    )
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "text.json").write_text("{no")
    made = manifest_of_file("shop.json", folder)
    assert sorted(made.entries) == ["act", "get_b"]
    assert made.entries["act"].output in (None, {})
    assert "canary" not in repr(made)
    assert len(made.left_out) == 1 and "anything is taken in its place" in repr(made.left_out)


async def test_an_address_is_read_with_its_parts_from_the_same_server_only(tmp_path: Path) -> None:
    async with serving(reply(200, {"X": {"type": "integer"}})) as other:
        parts = {
            "/api/shop.yaml": document(
                {"/a": answering("part.json#/X"), "/b": {"get": {"responses": OK}}}
            ),
            "/api/part.json": {"X": {"$ref": f"{other.url}/x.json#/X"}},
        }

        async def handler(seen: Seen, writer: Any) -> None:
            writer.write(reply(200, parts[seen.target]) if seen.target in parts else reply(404))

        async with serving(handler) as server:
            config = OpenapiConfig(headers={"X-Key": "env:KEY"})
            origin = {"url": f"{server.url}/api/shop.yaml"}
            made = await offered(config, tmp_path, origin, (), {"KEY": "canary-123456"})
            with pytest.raises(InputError, match="it answered 404"):
                await offered(config, tmp_path, {"url": server.url + "/x"}, (), {"KEY": "k"})
    assert made.origin == origin
    assert sorted(made.entries) == ["act", "get_b"]
    assert next(iter(made.left_out.values())).startswith(f"'{other.url}/x.json' is not part of it")
    assert other.seen == []
    assert {seen.headers["x-key"] for seen in server.seen[:2]} == {"canary-123456"}


@pytest.mark.parametrize("url", ["http://10.1.2.3/x.json", "http://169.254.169.254/"])
async def test_no_description_is_read_from_a_private_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(Trouble, match="not public"):
        await offered(OpenapiConfig(), tmp_path, {"url": url}, (), {})


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no document"):
        manifest_of_file("shop.json", tmp_path)
