"""The stylesheet's colours can be told from what they stand on."""

import itertools
import re
from importlib.resources import files

import pytest

CSS = files("layerkeep.api.console").joinpath("static/console.css").read_text()
GROUNDS = ("bg", "surface", "raise")
TINTS = ("bad-bg", "late-bg", "true-bg", "blind-bg", "act-bg")
TEXTS = ("ink", "ink2", "ink3", "act", "bad", "late", "true", "blind")
TEXT_MIN, BORDER_MIN = 4.5, 3.0


def theme(name):
    """The colours of a theme, by token."""
    block = re.search(r"\[data-theme=" + name + r"\]\{(.*?)\}", CSS, re.DOTALL).group(1)
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", block))


def luminance(colour):
    """How bright a colour is, as WCAG 2 reckons it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The contrast of two colours, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast__of_black_and_white__is_twenty_one():
    """Contrast of black and white: is twenty one."""
    assert round(contrast("#000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text__on_every_ground_and_tint__can_be_read(name):
    """Text on every ground and tint: can be read."""
    colours = theme(name)
    faint = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text, ground in itertools.product(TEXTS, GROUNDS + TINTS)
        if contrast(colours[text], colours[ground]) < TEXT_MIN
    }
    assert faint == {}
    assert contrast(colours["act-ink"], colours["act"]) >= TEXT_MIN


@pytest.mark.parametrize("name", ["dark", "light"])
def test_border__of_a_control__can_be_seen(name):
    """Border of a control: can be seen."""
    colours = theme(name)
    for ground in ("bg", "surface"):
        assert contrast(colours["edge"], colours[ground]) >= BORDER_MIN


def test_light__as_the_system_prefers__is_the_light_theme():
    """Light as the system prefers: is the light theme."""
    chosen = re.search(r"\[data-theme=light\]\{(.*?)\}", CSS, re.DOTALL).group(1)
    preferred = re.search(r":root:not\(\[data-theme\]\)\{(.*?)\}", CSS, re.DOTALL).group(1)
    assert chosen == preferred


def test_colours__outside_the_token_block__are_none():
    """Colours outside the token block: are none."""
    folder = files("layerkeep.api.console").joinpath("static")
    rules = "".join(f.read_text() for f in folder.iterdir() if f.name.endswith(".css"))
    rules = re.sub(r"--[\w-]+:[^;}]+", "", rules)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules) == []
    assert "url(" not in rules
