"""Which documents a search is about."""

from typing import Any

import pytest

from batuta.errors import InputError
from batuta.knowledge.filters import documents_that_fit

DOCUMENTS: list[tuple[int, str, dict[str, Any]]] = [
    (1, "docs/a.md", {"format": "markdown", "tags": ["x", "Y"], "year": 2024}),
    (2, "docs/b.pdf", {"format": "pdf", "draft": True}),
    (3, "faq/c.md", {"format": "markdown", "year": 2025.0}),
]


@pytest.mark.parametrize(
    ("filters", "fitting"),
    [
        ({}, [1, 2, 3]),
        ({"source": "docs/*"}, [1, 2]),
        ({"source": ["docs/a.md", "faq/*"]}, [1, 3]),
        ({"tags": "y"}, [1]),
        ({"year": "2025"}, [3]),
        ({"year": [2024, 2025]}, [1, 3]),
        ({"draft": True}, [2]),
        ({"format": "markdown", "year": 2024}, [1]),
        ({"author": "ada"}, []),
    ],
)
def test_every_filter_must_fit(filters: dict[str, Any], fitting: list[int]) -> None:
    assert documents_that_fit(DOCUMENTS, filters) == fitting


@pytest.mark.parametrize("wrong", [{"a": {}}, {"a": None}, {"a": [[]]}, {"a": ["x"] * 101}])
def test_what_is_no_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"filters\.a"):
        documents_that_fit(DOCUMENTS, wrong)
