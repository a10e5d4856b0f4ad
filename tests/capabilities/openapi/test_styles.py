"""Arguments in every place and style, against the expansions of RFC 6570 and the tables of OpenAPI."""

from typing import Any

import pytest

from batuta.capabilities.openapi.shape import Parameter, Style, Where
from batuta.capabilities.openapi.styles import cookie_of, header_of, path_piece, query_of
from batuta.errors import InputError

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


def parameter(where: Where, style: Style, explode: bool = False, **more: Any) -> Parameter:
    return Parameter("color", "color", where, style, explode, **more)


# RFC 6570: {color}, {color*}, {.color}, {.color*}, {;color}, {;color*}
@pytest.mark.parametrize(
    ("style", "explode", "text", "items", "pairs"),
    [
        ("simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
        ("simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
        ("label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        ("label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        ("matrix", False, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        (
            "matrix",
            True,
            ";color=blue",
            ";color=blue;color=black;color=brown",
            ";R=100;G=200;B=150",
        ),
    ],
)
def test_styles_of_the_path(style: Style, explode: bool, text: str, items: str, pairs: str) -> None:
    one = parameter("path", style, explode)
    assert [path_piece(one, value) for value in ("blue", COLORS, RGB)] == [text, items, pairs]


# RFC 6570: {?color}, {?color*}; the others are OpenAPI's own.
@pytest.mark.parametrize(
    ("style", "explode", "text", "items", "pairs"),
    [
        ("form", False, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("form", True, "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        (
            "space",
            False,
            "color=blue",
            "color=blue%20black%20brown",
            "color=R%20100%20G%20200%20B%20150",
        ),
        (
            "pipe",
            False,
            "color=blue",
            "color=blue%7Cblack%7Cbrown",
            "color=R%7C100%7CG%7C200%7CB%7C150",
        ),
        ("tab", False, "color=blue", "color=blue%09black%09brown", None),
        ("space", True, "color=blue", "color=blue&color=black&color=brown", None),
        (
            "deep",
            True,
            "color=blue",
            "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
    ],
)
def test_styles_of_the_query(
    style: Style, explode: bool, text: str, items: str, pairs: str | None
) -> None:
    one = parameter("query", style, explode)
    assert [query_of(one, value) for value in ("blue", COLORS)] == [text, items]
    assert pairs is None or query_of(one, RGB) == pairs


@pytest.mark.parametrize(
    ("explode", "text", "items", "pairs"),
    [
        (False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
        (True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ],
)
def test_the_style_of_headers(explode: bool, text: str, items: str, pairs: str) -> None:
    one = parameter("header", "simple", explode)
    assert [header_of(one, value) for value in ("blue", COLORS, RGB)] == [text, items, pairs]


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", True, "a b", "color=a%20b"),
        ("form", False, COLORS, "color=blue,black,brown"),
        ("form", True, COLORS, "color=blue; color=black; color=brown"),
        ("cookie", True, "a=b", "color=a=b"),
        ("cookie", True, RGB, "R=100; G=200; B=150"),
    ],
)
def test_styles_of_cookies(style: Style, explode: bool, value: Any, expected: str) -> None:
    assert cookie_of(parameter("cookie", style, explode), value) == expected


# The examples of RFC 6570, 3.2.2 and 3.2.3, as parts of a query.
@pytest.mark.parametrize(
    ("value", "plain", "reserved"),
    [
        ("Hello World!", "Hello%20World%21", "Hello%20World!"),
        ("50%", "50%25", "50%25"),
        ("%2F", "%252F", "%2F"),
        ("/foo/bar", "%2Ffoo%2Fbar", "/foo/bar"),
        ("a&b=c", "a%26b%3Dc", "a%26b%3Dc"),
        ("fräulein#1", "fr%C3%A4ulein%231", "fr%C3%A4ulein%231"),
        (True, "true", "true"),
        (1.5, "1.5", "1.5"),
    ],
)
def test_what_is_encoded(value: Any, plain: str, reserved: str) -> None:
    assert query_of(parameter("query", "form", True), value) == f"color={plain}"
    assert query_of(parameter("query", "form", True, reserved=True), value) == f"color={reserved}"


@pytest.mark.parametrize("value", [None, [], {}])
def test_what_is_nothing_is_not_sent(value: Any) -> None:
    assert query_of(parameter("query", "form", True), value) == ""
    assert cookie_of(parameter("cookie", "form", True), value) == ""


def test_deep_maps_go_as_deep_as_they_are() -> None:
    value = {"price": {"from": 1, "to": None}, "tags": ["a", "b"]}
    assert query_of(parameter("query", "deep", True), value) == (
        "color%5Bprice%5D%5Bfrom%5D=1&color%5Btags%5D%5B0%5D=a&color%5Btags%5D%5B1%5D=b"
    )


def test_a_parameter_may_be_a_document() -> None:
    json = Parameter("filter", "filter", "query", media="application/json")
    whole = Parameter("all", "all", "querystring", media="application/x-www-form-urlencoded")
    assert query_of(json, {"a": [1]}) == "filter=%7B%22a%22%3A%5B1%5D%7D"
    assert query_of(whole, {"a": "x y", "b": 1}) == "a=x%20y&b=1"
    assert header_of(Parameter("h", "H", "header", media="application/json"), [1]) == "[1]"


@pytest.mark.parametrize(
    "value",
    [
        "..",
        ".",
        "",
        "a/../b",
        "..\\x",
        "a\nb",
        "a\0",
        None,
        [],
        {},
        ["a", ".."],
        {"..": 1},
        ["a", ""],
    ],
)
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
def test_no_argument_changes_the_path(style: Style, value: Any) -> None:
    with pytest.raises(InputError):
        path_piece(parameter("path", style), value)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "ä", ["a\n"]])
def test_no_argument_makes_another_header(value: Any) -> None:
    with pytest.raises(InputError, match="header"):
        header_of(parameter("header", "simple"), value)


@pytest.mark.parametrize("value", ["a; b=c", 'a"', "a,b", "a\\", "a\n"])
def test_no_argument_makes_another_cookie(value: str) -> None:
    with pytest.raises(InputError, match="cookie"):
        cookie_of(parameter("cookie", "cookie", True), value)
