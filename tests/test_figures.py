"""Pictures can be read: what is written and drawn stands out, and no front end shows nothing."""

import base64

import matplotlib
import pytest

from capsule_tutor import figures


def test_contrast_is_that_of_the_standard():
    assert figures.contrast("black", "white") == pytest.approx(21)
    assert figures.contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)
    assert figures.contrast("white", "#0072B2") == figures.contrast("#0072B2", "white")


@pytest.mark.parametrize("colour", figures.COLOURS[:5])
def test_lines_and_bars_stand_out_from_white(colour):
    assert figures.contrast(colour, "white") >= 3


@pytest.mark.parametrize("colours", ["RdBu_r", "cividis", "viridis"])
def test_numbers_stand_out_from_every_colour_of_a_map(colours):
    for colour in matplotlib.colormaps[colours](range(256)):
        assert figures.contrast(figures.text_on(colour[:3]), colour[:3]) >= 4.5


@pytest.mark.parametrize("colour", figures.COLOURS)
def test_numbers_stand_out_from_every_block(colour):
    assert figures.contrast(figures.text_on(colour), colour) >= 4.5


def test_a_picture_is_there_with_html_without_it_and_in_words(monkeypatch):
    import IPython.display
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    figure, _ = plt.subplots()
    figures.show(figure, "An empty pair of axes, for a test.")
    (data,) = shown
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert f'src="data:image/png;base64,{data["image/png"]}"' in data["text/html"]
    assert 'alt="An empty pair of axes, for a test."' in data["text/html"]
    assert data["text/plain"] == "[Figure: An empty pair of axes, for a test.]"
