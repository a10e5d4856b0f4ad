"""URLs with names in them."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import InputError
from batuta.outbound.urls import UrlTemplate, query_of


@pytest.mark.parametrize(
    ("template", "args", "url"),
    [
        ("https://x.example", {}, "https://x.example/"),
        ("HTTPS://X.Example:8443/A", {}, "https://x.example:8443/A"),
        ("https://x.example?a=b", {}, "https://x.example/?a=b"),
        ("https://bücher.example/ö", {}, "https://xn--bcher-kva.example/%C3%B6"),
        ("http://[::1]:80/{a}", {"a": 1}, "http://[::1]:80/1"),
        ("https://x.example/{a}/{b}/{a}", {"a": "1", "b": 2.5}, "https://x.example/1/2.5/1"),
        ("https://x.example/{a}", {"a": "ü/?#&%"}, "https://x.example/%C3%BC%2F%3F%23%26%25"),
        ("https://x.example/q?a={a}", {"a": "x&b=c"}, "https://x.example/q?a=x%26b%3Dc"),
        ("https://x.example/a%20b", {}, "https://x.example/a%20b"),
        ("env:BASE/x", {}, "https://base.example/v1/x"),
        ("env:BASE", {}, "https://base.example/v1"),
        ("env:BASE?a={a}", {"a": True}, "https://base.example/v1?a=true"),
    ],
)
def test_a_template_is_filled(template: str, args: dict[str, Any], url: str) -> None:
    assert UrlTemplate(template).fill(args, {"BASE": "https://base.example/v1/"}) == url


def test_the_names_of_a_template_are_listed_once() -> None:
    assert UrlTemplate("https://x.example/{b}/{a}?c={b}").names == ("b", "a")


@pytest.mark.parametrize(
    "base", ["", "x", "https://", "https://u:p@x/", "https://x/?a=b", "https://x/#a"]
)
def test_a_variable_that_is_no_base_is_refused(base: str) -> None:
    with pytest.raises(InputError):
        UrlTemplate("env:BASE/x").fill({}, {"BASE": base})


def test_a_url_that_grows_too_long_is_refused() -> None:
    with pytest.raises(InputError, match="the URL would have"):
        UrlTemplate("https://x.example/{a}").fill({"a": "x" * 9_000}, {})


@given(st.text(max_size=30))
def test_whatever_an_argument_is_it_stays_in_its_place(text: str) -> None:
    template = UrlTemplate("https://x.example/users/{a}/posts?q={a}")
    try:
        url = template.fill({"a": text}, {})
    except InputError:
        return
    parts = urlsplit(url)
    segments = parts.path.split("/")
    assert (parts.netloc, parts.fragment, len(segments)) == ("x.example", "", 4)
    assert (unquote(segments[2]), unquote(parts.query)) == (text, f"q={text}")


@pytest.mark.parametrize(
    ("args", "query"),
    [
        ({}, ""),
        ({"a": 1, "b": "x y", "c": None, "d": False}, "a=1&b=x%20y&d=false"),
        ({"a": [1, None, "2"], "e&": []}, "a=1&a=2"),
        ({"ä": "="}, "%C3%A4=%3D"),
    ],
)
def test_arguments_become_a_query(args: dict[str, Any], query: str) -> None:
    assert query_of(args) == query


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], "\ud800"])
def test_a_map_is_no_part_of_a_query(value: Any) -> None:
    with pytest.raises(InputError):
        query_of({"a": value})
