"""What becomes of a document: names, schemas, and what is left out with its place and reason."""

import json
import time
from typing import Any

import pytest

from batuta.capabilities.answers import checker_of
from batuta.capabilities.openapi.cards import alone
from batuta.capabilities.openapi.document import read_document
from batuta.capabilities.openapi.manifest import manifest_of
from batuta.errors import WorkspaceError
from batuta.imports.manifest import Entry, Manifest
from tests.capabilities.openapi.services import OK, document, operation

TEXT = {"type": "string"}


def manifest(data: Any, file: str = "shop.json") -> Manifest:
    content = data if isinstance(data, bytes) else json.dumps(data, indent=1).encode()
    return manifest_of(read_document(content, file))


def entry(act: dict[str, Any], version: str = "3.1.0", method: str = "post", **more: Any) -> Entry:
    made = manifest(document({"/a": {method: act}}, version, **more))
    assert made.left_out == {}
    (one,) = made.entries.values()
    return one


def takes(act: dict[str, Any], value: Any, version: str = "3.1.0", **more: Any) -> bool:
    """True if the body of `act` may be `value`."""
    made = manifest(document({"/a": {"post": act}}, version, **more))
    (one,) = made.entries.values()
    return checker_of(alone(one.input, made.definitions))({"body": value}) is None


def with_body(schema: Any) -> dict[str, Any]:
    return operation(requestBody={"content": {"application/json": {"schema": schema}}})


# -- names ------------------------------------------------------------------------------------------


def test_operations_are_called_by_their_id_or_by_method_and_path() -> None:
    paths = {
        "/pets/{petId}": {"get": {"operationId": "repos/list-for-org", "responses": OK}},
        "/pets": {"get": {"responses": OK}, "post": {"operationId": "twice", "responses": OK}},
        "/cats": {"post": {"operationId": "twice", "responses": OK}},
        "/a/b": {"get": {"responses": OK}},
        "/a-b": {"get": {"responses": OK}},
    }
    found = manifest(document(paths)).entries
    assert sorted(found) == [
        "GET_a-b",
        "GET_a_b",
        "get_pets",
        "post_cats",
        "post_pets",
        "repos_list-for-org",
    ]
    assert found["repos_list-for-org"].called == "repos/list-for-org"


# -- versions ---------------------------------------------------------------------------------------


def test_swagger_2_has_bodies_forms_and_lists_of_its_own() -> None:
    tags = {"name": "tags", "in": "query", "type": "array", "items": TEXT}
    paths = {
        "/a": {
            "get": operation(
                {**tags, "collectionFormat": "multi"},
                {**tags, "name": "csv"},
                {"$ref": "#/parameters/limit"},
                responses={"200": {"schema": {"$ref": "#/definitions/Pet"}}},
            )
        },
        "/b": {
            "post": {
                "operationId": "body",
                "parameters": [
                    {"name": "x", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}
                ],
                "responses": OK,
            }
        },
        "/c": {
            "post": {
                "operationId": "upload",
                "parameters": [
                    {"name": "photo", "in": "formData", "type": "file", "required": True},
                    {"name": "note", "in": "formData", "type": "string"},
                ],
                "responses": OK,
            }
        },
    }
    more = {
        "definitions": {
            "Pet": {"type": "object", "properties": {"n": {"x-nullable": True, **TEXT}}}
        },
        "parameters": {"limit": {"name": "limit", "in": "query", "type": "integer"}},
        "host": "pets.example",
        "basePath": "/v2",
        "schemes": ["http", "https"],
        "securityDefinitions": {
            "flow": {"type": "oauth2", "flow": "application", "tokenUrl": "https://x.example/t"},
            "basic": {"type": "basic"},
        },
    }
    made = manifest(document(paths, "2.0", **more))
    assert made.left_out == {}
    assert made.details == {
        "servers": ({"url": "https://pets.example/v2"}, {"url": "http://pets.example/v2"}),
        "schemes": {
            "flow": {"kind": "oauth2", "token_url": "https://x.example/t"},
            "basic": {"kind": "basic"},
        },
    }
    act, upload = made.entries["act"], made.entries["upload"]
    styles = {one["name"]: one.get("explode", False) for one in act.details["parameters"]}
    assert styles == {"tags": True, "csv": False, "limit": True}
    assert act.output == {"$ref": "#/$defs/Pet"} == made.entries["body"].input["properties"]["body"]
    assert made.definitions["Pet"]["properties"]["n"] == {"type": ["string", "null"]}
    assert upload.details["body"]["kind"] == "multipart"
    assert upload.details["body"]["fields"]["photo"]["file"] is True
    assert upload.input["required"] == ["body"]


@pytest.mark.parametrize(
    ("schema", "yes", "no"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, [None, "a"], ["b"]),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, [1], [0]),
        ({"nullable": True, "allOf": [{"type": "integer"}]}, [None, 1], ["a"]),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, [1, 1.5], ["a"]),
        ({"type": "string", "pattern": "^(?=a)a$"}, ["a", "b"], [1]),
        (
            {"type": "object", "required": ["id"], "properties": {"id": {"readOnly": True}}},
            [{}],
            [1],
        ),
        ({"type": "integer", "maximum": 18446744073709551615}, [1], ["a"]),
        ({"type": "any", "minLength": "3"}, [1, "a"], []),
    ],
)
def test_schemas_of_3_0_become_json_schema(schema: Any, yes: list[Any], no: list[Any]) -> None:
    act = with_body(schema)
    assert [one for one in yes if not takes(act, one, "3.0.3")] == []
    assert [one for one in no if takes(act, one, "3.0.3")] == []


def test_schemas_of_3_1_are_json_schema_already() -> None:
    act = with_body({"type": ["string", "null"], "const": "a", "$ref": "#/components/schemas/T"})
    more: dict[str, Any] = {"components": {"schemas": {"T": {"maxLength": 1}}}}
    assert [takes(act, value, **more) for value in ("a", "b")] == [True, False]


def test_3_2_has_methods_of_its_own_and_a_whole_query() -> None:
    query = {"in": "querystring", "name": "q", "content": {"application/json": {"schema": {}}}}
    item = {"query": operation(query), "additionalOperations": {"COPY": {"responses": OK}}}
    made = manifest(document({"/a": item}, "3.2.0"))
    assert {one.details["method"] for one in made.entries.values()} == {"QUERY", "COPY"}
    assert made.left_out == {}


# -- what refers to itself, and hostile documents ---------------------------------------------------


def test_recursive_schemas_stay_references() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {}}}}
    tree["properties"]["children"]["items"] = {"$ref": "#/components/schemas/Tree"}
    more: dict[str, Any] = {"components": {"schemas": {"Tree": tree}}}
    act = with_body({"$ref": "#/components/schemas/Tree"})
    assert takes(act, {"children": [{"children": []}]}, **more)
    assert not takes(act, {"children": [{"children": 1}]}, **more)


def test_circles_end_and_say_what_they_are() -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    parameters = {"P": {"$ref": "#/components/parameters/P"}}
    paths = {
        "/a": {"post": with_body({"$ref": "#/components/schemas/A"})},
        "/b": {"get": {"parameters": [{"$ref": "#/components/parameters/P"}], "responses": OK}},
        "/c": {"$ref": "#/paths/~1c"},
    }
    made = manifest(document(paths, components={"schemas": schemas, "parameters": parameters}))
    assert sorted(made.entries) == ["act"]
    assert {name: one.split(": ", 1)[1] for name, one in made.left_out.items()} == {
        "GET /b": "its references go in a circle",
        "/c": "its references go in a circle",
    }


def test_what_cannot_be_taken_over_is_listed_with_its_place_and_the_rest_works() -> None:
    text = b"""
openapi: 3.0.0
info: {title: x, version: 1}
paths:
  /good:
    get: {operationId: good, responses: {200: {description: ok}}}
  /bad:
    get:
      parameters:
      - {name: x, in: nowhere}
      responses: {}
  /style:
    get:
      parameters:
      - {name: x, in: header, style: matrix, schema: {}}
  /gone:
    get:
      parameters:
      - {$ref: '#/components/parameters/none'}
  /trace:
    trace: {}
  no-slash:
    get: {responses: {}}
  /mixed:
    post: {requestBody: {content: {multipart/mixed: {schema: {}}}}}
  /dots/../x:
    get: {}
  /list:
    get: []
"""
    made = manifest(text, "shop.yaml")
    assert sorted(made.entries) == ["good"]
    assert made.left_out == {
        "GET /bad": "shop.yaml:8:5: the parameter 'x' is in 'nowhere', which is no place for one",
        "GET /style": "shop.yaml:13:5: the parameter 'x' in header has matrix, which is not for there",
        "GET /gone": "shop.yaml:17:5: '#/components/parameters/none' leads to nothing",
        "TRACE /trace": "shop.yaml:21:5: TRACE sends back what proves who one is",
        "GET no-slash": "shop.yaml:23:5: its path is 'no-slash', and a path begins with /",
        "POST /mixed": "shop.yaml:25:5: its body is multipart/mixed, which has no names for its parts",
        "GET /dots/../x": "shop.yaml:27:5: an operation is a map with something in it",
        "GET /list": "shop.yaml:29:5: an operation is a map with something in it",
    }


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("openapi: 3.0.0\npaths: {a: [}\n", "shop.yaml:2:13", "this is not YAML"),
        ("openapi: 3.0.0\npaths: {}\npaths: {}\n", "shop.yaml:3:1", "is given twice"),
        ('{"openapi": "3.0.0",\n "paths": {"/a" 1}}', "shop.yaml:2:", "this is not"),
        ("openapi: 4.0.0\n", "shop.yaml:1:1", "version '4.0.0' is not known"),
        ("title: x\n", "shop.yaml:1:1", "it has no `openapi` and no `swagger`"),
        ("[1, 2]\n", "shop.yaml:1:1", "it is not a map"),
        ("", "shop.yaml:1:1", "there is nothing in it"),
        ("a: &a [x]\nopenapi: *b\n", "shop.yaml:2:10", "the alias *b"),
        ("\x00", "shop.yaml:1:1", "control character"),
    ],
)
def test_a_malformed_document_names_the_place(text: str, place: str, said: str) -> None:
    with pytest.raises(WorkspaceError) as raised:
        read_document(text.encode(), "shop.yaml")
    assert str(raised.value.place).startswith(place), raised.value.place
    assert said in raised.value.message


def _bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return ("openapi: 3.0.0\n" + "\n".join(lines)).encode()


@pytest.mark.parametrize(
    "content",
    [
        _bomb(),
        b"[" * 1_000_000,
        b'{"openapi": "3.0.0", "paths": ' + b'{"a":' * 1_000_000,
        b"openapi: 3.0.0\npaths: " + b"{a: " * 100_000,
        b"openapi: 3.0.0\npaths: &p {a: *p}",
        b"\xff\xfe\x00",
    ],
    ids=["aliases", "brackets", "maps", "flow", "itself", "bytes"],
)
def test_a_hostile_document_is_refused_at_once(content: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(WorkspaceError):
        read_document(content, "shop")
    assert time.process_time() - begun < 5


def test_deep_schemas_are_cut_and_never_followed_without_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    act = with_body(schema)
    value: Any = "x"
    for _ in range(60):
        value = {"a": value}
    assert takes(act, value)
    assert not takes(act, {"a": {"a": 1}})


def test_what_a_card_refers_to_is_bounded() -> None:
    wide: dict[str, Any] = {
        f"T{n}": {
            "type": "object",
            "properties": {
                f"p{m}": {"$ref": f"#/components/schemas/T{(n * 7 + m) % 400}"} for m in range(20)
            },
        }
        for n in range(400)
    }
    act = with_body({"$ref": "#/components/schemas/T0"})
    made = manifest(document({"/a": {"post": act}}, components={"schemas": wide}))
    whole = alone(made.entries["act"].input, made.definitions)
    assert len(json.dumps(whole)) < 128 * 1_024
    check = checker_of(whole)
    assert check({"body": {"p1": {"p1": {}}}}) is None
    assert check({"body": {"p1": 5}}) is not None


def test_a_thousand_operations_are_read_in_three_seconds() -> None:
    schemas = {
        f"S{n}": {"type": "object", "properties": {f"f{m}": TEXT for m in range(30)}}
        for n in range(500)
    }
    paths = {
        f"/things/{n}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
            method: {
                "operationId": f"{method}{n}",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": f"#/components/schemas/S{n}"}}
                    }
                },
                "responses": OK,
            },
        }
        for n in range(500)
        for method in ("put", "post")
    } | {f"/more/{n}": {"get": {"operationId": f"get{n}", "responses": OK}} for n in range(500)}
    content = json.dumps(document(paths, components={"schemas": schemas})).encode()
    begun = time.process_time()
    made = manifest(content)
    assert len(made.entries) == 1_000
    assert time.process_time() - begun < 3
