"""What running calls say of themselves, while it is fresh."""

from typing import Any

from batuta.doors.cli.driving.weather import Weather
from batuta.ports import Progress


def said(weather: Weather, *data: Any) -> str:
    for one in data:
        weather(Progress("r1", "draft", 1, one))
    return weather.of("r1").get("draft", "")


def test_the_last_report_counts() -> None:
    assert said(Weather(), {"message": "a third"}, {"done": 2}) == '{"done":2}'


def test_of_a_text_in_pieces_the_end_so_far_is_shown() -> None:
    assert (
        said(Weather(), {"text": "Nine"}, {"text": " lives,\nthey say"}) == "Nine lives, they say"
    )
    long = said(Weather(), *({"text": f" {n}"} for n in range(500)))
    assert long.endswith("498 499")
    assert len(long) <= 200


def test_what_else_is_said_begins_the_text_anew() -> None:
    weather = Weather()
    assert said(weather, {"text": "four"}, {"message": "asks once more"}) == "asks once more"
    assert said(weather, {"text": "{}"}) == "{}"


def test_a_reset_takes_back_what_was_said() -> None:
    weather = Weather()
    said(weather, {"text": "half an ans"})
    weather(Progress("r1", "draft", 2, reset=True))
    assert weather.of("r1") == {}
    assert said(weather, {"text": "Whole"}) == "Whole"
