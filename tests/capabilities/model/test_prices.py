"""What models cost at most, from the stored table."""

import msgspec
import pytest

from batuta.capabilities.model.price_table import table_from_library
from batuta.capabilities.model.prices import TABLE_FILE, Prices, Row, matches, prices_of
from batuta.reading.models import ModelConfig, ModelPrices


def test_the_stored_table_is_what_the_library_has() -> None:
    stored = msgspec.json.decode(TABLE_FILE.read_bytes(), type=dict[str, list[Row]])
    assert stored == table_from_library()  # else: python -m batuta.capabilities.model.price_table


def test_a_known_model_has_the_price_of_its_dearest_tier() -> None:
    assert prices_of(ModelConfig("openai", "gpt-5-mini")) == Prices(250_000_000, 2_000_000_000)
    # $1.25 up to 200,000 tokens, $2.50 above.
    gemini = prices_of(ModelConfig("google", "gemini-2.5-pro"))
    assert gemini == Prices(2_500_000_000, 15_000_000_000)


def test_what_nobody_knows_is_not_free() -> None:
    assert prices_of(ModelConfig("openai", "no-such-model")) is None
    assert prices_of(ModelConfig("openai-compatible", "gpt-5-mini", url="http://x/v1")) is None


def test_what_the_workspace_says_counts() -> None:
    given = ModelConfig("openai", "gpt-5-mini", prices=ModelPrices(0.1, 0.4))
    assert prices_of(given) == Prices(100_000_000, 400_000_000)
    assert prices_of(ModelConfig("openai", "gpt-5-mini", prices="free")) == Prices(0, 0)


def test_costs_are_rounded_up() -> None:
    assert Prices(1, 0).cost_nusd(1, 1) == 1
    assert Prices(250_000_000, 2_000_000_000).cost_nusd(1_000, 10) == 270_000


@pytest.mark.parametrize(
    ("clause", "name", "fits"),
    [
        ({"equals": "a"}, "a", True),
        ({"starts_with": "a"}, "ab", True),
        ({"ends_with": "b"}, "ab", True),
        ({"contains": "x"}, "ab", False),
        ({"regex": "^a.$"}, "ab", True),
        ({"or": [{"equals": "x"}, {"equals": "ab"}]}, "ab", True),
        ({"and": [{"contains": "a"}, {"contains": "x"}]}, "ab", False),
    ],
)
def test_names_are_matched(clause: dict[str, object], name: str, fits: bool) -> None:
    assert matches(clause, name) is fits
