"""The colours of the pages, light and dark: what is read stands out from whatever it may stand on."""

import re
from importlib.resources import files

import pytest

CSS = files("batuta.doors.console").joinpath("static/console.css").read_text(encoding="utf-8")
# Texts, and what they are written on; a state is also written on its own tint.
TEXTS = ("text", "muted", "accent", "good", "bad", "ask", "run", "idle")
GROUNDS = ("ground", "box", "raised", "code", "hover", "ask-tint", "bad-tint")
# By WCAG 2.2: 1.4.3 for texts, 1.4.11 for the edges of fields and for the mark of what has the focus.
TEXT_MIN, EDGE_MIN = 4.5, 3.0


def themes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    assert dark.keys() == light.keys()
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    r, g, b = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    dark, light = sorted(luminance(colour) + 0.05 for colour in (one, other))
    return light / dark


@pytest.mark.parametrize("look", ["light", "dark"])
def test_texts_and_edges_stand_out_from_all_grounds(look: str) -> None:
    theme = themes()[look]
    pairs = [(text, ground, TEXT_MIN) for text in TEXTS for ground in GROUNDS]
    pairs += [(name, f"{name}-tint", TEXT_MIN) for name in TEXTS if f"{name}-tint" in theme]
    pairs += [("on-accent", "accent", TEXT_MIN), ("text", "rule", TEXT_MIN)]
    pairs += [(edge, ground, EDGE_MIN) for edge in ("edge", "accent") for ground in GROUNDS]
    faint = {
        f"{one} on {other}": round(contrast(theme[one], theme[other]), 2)
        for one, other, least in pairs
        if contrast(theme[one], theme[other]) < least
    }
    assert faint == {}


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
