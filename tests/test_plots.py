"""Figures say what they show, in words too, and leave no trace in pyplot."""

import base64
import io
import math
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib
import nbformat
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image

from mnistlab import images, plots
from mnistlab.chance import over_seeds
from mnistlab.figure import COLOURS, described, luminance
from mnistlab.photograph import photograph
from mnistlab.report import bin_confidence

HISTORY = {
    "loss": [0.60, 0.31, 0.25],
    "accuracy": [0.85, 0.91, 0.93],
    "val_loss": [0.33, 0.27, 0.29],
    "val_accuracy": [0.912, 0.93, 0.978],
}


def some_images(n):
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 5:24, 10:18] = np.random.default_rng(0).integers(1, 256, (n, 19, 8))
    return images


def some_bins():
    confidence = np.array([0.95, 0.95, 0.95, 0.65])
    return bin_confidence(confidence, np.array([True, False, True, True]))


def some_weights():
    kernel = np.zeros((784, 3))
    kernel[5 * 28 + 7, 0], kernel[20 * 28 + 9, 2] = 0.75, -0.5
    return kernel


def some_curves(lines, x=None):
    return plots.curves(lines, x, xlabel="epoch", ylabel="loss", title="Curves")


# Each figure with facts that must stand in its text alternative, worked out by hand.
FIGURES = {
    "digits": (lambda: plots.digits(some_images(3), [5, 0, 4]), ["3 digits", "5, 0, 4"]),
    "digits with titles": (lambda: plots.digits(some_images(2), titles=["a", "b"]), ["a, b"]),
    "one digit": (lambda: plots.digits(some_images(1)[0]), ["One digit", "without labels"]),
    "pixels": (lambda: plots.pixels(some_images(1)[0]), ["152 of 784", "rows 5 to 23", "255"]),
    "class balance": (
        lambda: plots.class_balance(np.repeat([0, 1, 2], [1200, 100, 100]), classes=3),
        ["unbalanced", "from 100 (1) to 1,200 (0)", "2: 100"],
    ),
    "learning curves": (
        lambda: plots.learning_curves(HISTORY),
        ["rises from 91.2 % to 97.8 % over 3 epochs", "best in epoch 2: 0.270", "to 0.290"],
    ),
    "curves": (
        lambda: plots.curves(
            {"low": [0.5, 0.8, 0.7], "high": [np.nan, 0.2, 0.2]},
            [1, 10, 100],
            xlabel="rate",
            ylabel="accuracy",
            title="Two rates",
            share=True,
            logx=True,
        ),
        [
            "Two rates. accuracy by rate. low: 50.0 % at 1, 70.0 % at 100, highest 80.0 % at 10.",
            "high: 20.0 % at 10, 20.0 % at 100; 1 of 3 values is no number.",
        ],
    ),
    "confusion": (
        lambda: plots.confusion([[90, 1, 0], [0, 80, 7], [2, 0, 20]]),
        ["95.0 % of 200", "1 is read as 2 most often (7)", "2 as 0 (2)"],
    ),
    "weights": (
        lambda: plots.weights(some_weights()),
        ["3 units", "-0.50 to 0.75", "unit 0 at row 5, column 7", "unit 2 at row 20, column 9"],
    ),
    "weights of votes": (
        lambda: plots.weights(some_weights(), quantity="vote"),
        ["The votes of 3 units", "The strongest vote for is that of unit 0"],
    ),
    "gallery": (
        lambda: plots.gallery(some_images(2), [3, 4], [3, 9]),
        ["1 of 2", "3 read rightly, 9 read as 4"],
    ),
    "boxes": (
        lambda: plots.boxes(images.read(photograph([3, 1, 4])), ["three", 1, 4]),
        ["A photo with 3 boxes, in reading order: three, 1, 4."],
    ),
    "reliability": (
        lambda: plots.reliability(some_bins()),
        ["87.5 %", "75.0 %", "0.300", "95.0 % claimed, 66.7 % right (3 answers)"],
    ),
    "comparison": (
        lambda: plots.comparison({"hidden": [0.97, 0.98], "cnn": over_seeds([0.991])}),
        ["Highest mean accuracy: cnn, 99.1 %", "97.50 % ± 0.71 (2 seeds)", "1 seed"],
    ),
    "costs": (
        lambda: plots.costs(
            {"large": [0.97, 0.98], "small": over_seeds([0.991])},
            {"large": 1_000_000, "small": 500, "not shown": 7},
            {"large": 0.25, "small": 60},
        ),
        [
            "Highest mean accuracy: small, with 500 weights",
            "small: 500 weights, 99.10 % (1 seed, spread unknown), 60.0 s; large: 1,000,000",
        ],
    ),
}


@pytest.fixture(params=FIGURES, scope="module")
def case(request):
    make, facts = FIGURES[request.param]
    return make(), facts


class Images(HTMLParser):
    """Collects the attributes of every <img>."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs))


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


# What holds for every figure


def test_every_function_of_plots_is_covered_here():
    functions = {name for name in plots.__all__ if name[0].islower()}
    assert functions == {name.replace(" ", "_") for name in FIGURES} & functions


def test_the_text_alternative_holds_the_facts(case):
    figure, facts = case
    for fact in facts:
        assert fact in figure.alt
    assert figure.alt.endswith(".")


def test_the_text_alternative_reaches_the_html_with_the_picture(case):
    figure, _ = case
    (image,) = Images(figure.as_html()).found
    assert image["alt"] == figure.alt
    kind, picture = image["src"].split(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(picture))) as opened:
        # Two picture pixels to each of the page's, so that a sharp screen shows sharp text.
        assert abs(opened.width - 2 * int(image["width"])) <= 2
        assert opened.info["Description"] == figure.alt
        assert opened.convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)


def test_no_figure_touches_pyplot(case):
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_all_text_is_large_enough_and_inside_the_figure(case):
    figure, _ = case
    figure.draw_without_rendering()
    box = figure.bbox.padded(1)
    hidden = [label for axes in figure.axes for label in ticks_out_of_view(axes)]
    for text in texts(figure):
        assert text.get_fontsize() >= 9, text
        if text not in hidden:
            extent = text.get_window_extent()
            assert box.x0 <= extent.x0 <= extent.x1 <= box.x1, text
            assert box.y0 <= extent.y0 <= extent.y1 <= box.y1, text


def ticks_out_of_view(axes):
    """The tick labels that matplotlib keeps but does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not (axes.axison and low <= tick.get_loc() <= high):
                yield tick.label1


def test_a_figure_with_axes_names_what_they_measure():
    for name in ("pixels", "class balance", "learning curves", "curves", "confusion"):
        figure = FIGURES[name][0]()
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes), name


def test_a_dark_notebook_style_changes_nothing():
    plain = plots.learning_curves(HISTORY).as_html()
    with matplotlib.style.context("dark_background"):
        assert plots.learning_curves(HISTORY).as_html() == plain
        assert matplotlib.rcParams["axes.facecolor"] == "black"


# Text alternatives on their way


@example('He said "a < b & c" - it\'s so.')
@given(st.text(max_size=60).filter(lambda text: text.isprintable()))
@settings(max_examples=10, deadline=None)
def test_any_text_alternative_survives_the_html(text):
    figure = described(0.3, 0.3, text)
    assert Images(figure.as_html()).found[0]["alt"] == text


@pytest.mark.parametrize("by", ["path", "name", "format"])
@pytest.mark.parametrize(
    ("kind", "mark"), [("png", b"Description\x00"), ("svg", b"<dc:title>"), ("pdf", b"/Subject (")]
)
def test_a_saved_figure_carries_its_text_alternative(tmp_path, kind, mark, by):
    figure = described(1, 1, "Two curves.")
    path = tmp_path / f"curves.{kind}"
    if by == "format":
        with path.open("wb") as file:
            figure.savefig(file, format=kind)
    else:
        figure.savefig(path if by == "path" else str(path))
    assert mark + b"Two curves." in path.read_bytes()


def test_metadata_of_ones_own_comes_before_ours(tmp_path):
    figure = described(1, 1, "Two curves.")
    figure.savefig(tmp_path / "a.png", metadata={"Author": "A. Learner"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Author"] == "A. Learner"
        assert image.info["Description"] == "Two curves."


def test_a_kind_of_file_without_room_for_text_is_saved_all_the_same(tmp_path):
    described(1, 1, "Two curves.").savefig(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG"


@pytest.mark.slow
def test_a_notebook_becomes_a_page_with_one_picture_and_its_text(tmp_path, monkeypatch):
    # With the inline backend on, which would add a picture of its own to an ordinary figure.
    code = ["%matplotlib inline\nfrom mnistlab import plots", "plots.class_balance([0, 1, 1, 2])"]
    cells = [nbformat.v4.new_code_cell(source) for source in code]
    notebook = nbformat.v4.new_notebook(cells=cells)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    # In this process, so that the kernel talks as the root's conftest.py says.
    ExecutePreprocessor(timeout=120).preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    page, _ = HTMLExporter().from_notebook_node(notebook)
    (image,) = Images(page).found
    assert image["alt"] == plots.class_balance([0, 1, 1, 2]).alt
    assert image["src"].startswith("data:image/png;base64,")


@pytest.mark.slow
def test_figures_need_no_tensorflow():
    code = "import sys, mnistlab.plots; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Readable without colour


def test_training_and_validation_differ_in_marker_and_line():
    for axes in plots.learning_curves(HISTORY).axes:
        training, validation = axes.get_lines()
        assert training.get_marker() != validation.get_marker()
        assert training.get_linestyle() != validation.get_linestyle()
        assert [text.get_text() for text in axes.get_legend().texts] == ["training", "validation"]


def test_a_mistake_is_crossed_framed_and_spelled_out():
    right, wrong = plots.gallery(some_images(2), [3, 4], [3, 9]).axes
    assert right.get_title() == "3 ✓"
    assert wrong.get_title() == "read 4, is 9 ✗"
    assert len(right.patches) == 0
    assert len(wrong.patches) == 1


def test_each_box_stands_around_its_digit():
    found = images.read(photograph([3, 1, 4]))
    (axes,) = plots.boxes(found).axes
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3"]
    for one, box in zip(found, axes.patches, strict=True):
        left, top, right, bottom = one.box
        assert (box.get_xy(), box.get_width(), box.get_height()) == (
            (left, top),
            right - left,
            bottom - top,
        )
        assert one.steps[0][1][top:bottom, left:right].min() < 0.5  # there is ink in it


def test_weights_grow_lighter_from_against_to_for_with_zero_in_the_middle():
    pictures = [axes.images[0] for axes in plots.weights(some_weights()).axes if axes.images]
    for picture in pictures:
        low, high = picture.get_clim()
        assert low == -high
        colours = picture.get_cmap()(np.linspace(0, 1, 21))[:, :3]
        lightness = colours @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(lightness) > 0).all()


def test_each_pixel_stands_in_its_cell_as_a_number():
    image = some_images(1)[0]
    axes = plots.pixels(image).axes[0]
    written = {(text.get_position()[::-1]): text.get_text() for text in axes.texts}
    assert written == {index: str(value) for index, value in np.ndenumerate(image)}


def test_floats_are_written_with_one_decimal():
    image = np.zeros((28, 28))
    image[3, 4:7] = 0.25, 0.96, 1.0
    written = [text.get_text() for text in plots.pixels(image).axes[0].texts]
    assert written[3 * 28 + 4 : 3 * 28 + 7] == [".2", "1.0", "1.0"]
    assert written[0] == "0"


def test_every_count_of_a_confusion_matrix_is_written_and_rows_are_the_truth():
    axes = plots.confusion([[1500, 3], [0, 20]]).axes[0]
    written = {
        tuple(np.floor(text.get_position()).astype(int)): text.get_text() for text in axes.texts
    }
    assert {(x, y): n for (x, y), n in written.items() if n} == {
        (0, 0): "1,500",
        (1, 0): "3",
        (0, 1): "·",
        (1, 1): "20",
    }
    assert axes.get_ylabel() == "truth"


def test_the_seeds_and_their_spread_are_drawn_where_they_are():
    axes = plots.comparison({"hidden": [0.97, 0.98, 0.99]}).axes[0]
    seeds = next(line for line in axes.get_lines() if line.get_marker() == "o")
    assert seeds.get_xdata().tolist() == [0.97, 0.98, 0.99]
    assert axes.get_xlim()[0] > 0.9
    bar = axes.collections[0].get_segments()[0]
    assert bar[:, 0] == pytest.approx([0.97, 0.99])


# Findings


@pytest.mark.parametrize(
    ("counts", "finding"),
    [
        ([5, 5], "equally large: 5 images each"),
        ([5, 6], "nearly balanced"),
        ([0, 6], "unbalanced, from 0 (0)"),
    ],
)
def test_the_balance_of_classes_is_named(counts, finding):
    assert finding in plots.class_balance(np.repeat([0, 1], counts), classes=2).alt


@pytest.mark.parametrize(
    ("accuracy", "finding"),
    [
        ([0.9], "is 90.0 % after 1 epoch"),
        ([0.9, 0.8], "(best in epoch 1: 90.0 %) falls from 90.0 % to 80.0 %"),
        ([0.9, 0.9], "stays at 90.0 % over 2 epochs"),
        ([0.9, math.nan], "is no number in epoch 2: the training diverged"),
        ([math.nan], "is no number in epoch 1"),
    ],
)
def test_what_a_curve_does_is_named(accuracy, finding):
    figure = plots.learning_curves({"loss": accuracy, "accuracy": accuracy})
    assert f"Training accuracy {finding}" in figure.alt


def test_a_perfect_confusion_matrix_says_so():
    assert "There is no mistake." in plots.confusion(np.eye(10, dtype=int)).alt


def test_empty_and_full_images_are_shown():
    assert "all 784 are 0" in plots.pixels(np.zeros((28, 28))).alt
    assert "784 of 784" in plots.pixels(np.ones((28, 28))).alt
    assert "from 0.00 to 0.00" in plots.weights(np.zeros((784, 1))).alt


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.int8])
def test_a_confusion_matrix_without_signs_names_the_same_mistake(kind):
    matrix = np.array([[5, 1], [3, 5]])
    assert plots.confusion(matrix.astype(kind)).alt == plots.confusion(matrix).alt
    assert "1 is read as 0 most often (3)" in plots.confusion(matrix).alt


@given(arrays.arrays(np.int64, (3, 3), elements=st.integers(0, 2000)))
@settings(max_examples=15, deadline=None)
def test_any_confusion_matrix_with_a_count_is_drawn(matrix):
    if matrix.sum() == 0:
        with pytest.raises(ValueError, match="no images"):
            plots.confusion(matrix)
    else:
        assert f"of {matrix.sum():,}" in plots.confusion(matrix).alt


@given(st.integers(1, 24), st.one_of(st.none(), st.integers(1, 12)))
@example(100, None)
@settings(max_examples=10, deadline=None)
def test_a_grid_shows_every_image_once_in_square_cells_that_fit(n, columns):
    figure = plots.digits(np.full((n, 28, 28), 7, np.uint8), columns=columns)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == n
    for axes in shown:
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height, rel=0.01)
    assert figure.get_figwidth() <= 9.4


# What is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plots.digits(np.zeros((0, 28, 28))), "1 to 100 images"),
        (lambda: plots.digits(some_images(101)), "1 to 100 images"),
        (lambda: plots.digits(some_images(2), [1]), "2 images but 1 labels"),
        (lambda: plots.digits(some_images(2), [1.5, 2.0]), "whole number"),
        (lambda: plots.digits(some_images(2), columns=0), "columns"),
        (lambda: plots.digits(np.full((1, 28, 28), np.nan)), "NaN"),
        (lambda: plots.pixels(some_images(2)), "one image"),
        (lambda: plots.class_balance([]), "one at least"),
        (lambda: plots.class_balance([0, 10]), "0 to 9"),
        (lambda: plots.learning_curves({}), "at least"),
        (lambda: plots.learning_curves({"loss": [1.0, 2.0], "accuracy": [1.0]}), "each epoch"),
        (lambda: plots.learning_curves({"loss": [1.0]}), "accuracy"),
        (lambda: some_curves({}), "1 to 6 curves"),
        (lambda: some_curves({str(i): [1.0] for i in range(7)}), "these are 7"),
        (lambda: some_curves({"a": [1.0, 2.0], "b": [1.0]}), "'b' has the shape (1,)"),
        (lambda: some_curves({"a": [1.0, 2.0]}, [1.0]), "'x' has the shape (1,)"),
        (lambda: some_curves({"a": []}), "one at least"),
        (lambda: plots.confusion(np.zeros((10, 10), int)), "no images"),
        (lambda: plots.confusion([[1, 2]]), "as many rows"),
        (lambda: plots.confusion([[0.5]]), "whole numbers"),
        (lambda: plots.confusion(np.zeros((0, 0), int)), "no images"),
        (lambda: plots.weights(np.zeros((100, 10))), "(784, units)"),
        (lambda: plots.weights(np.zeros((784, 101))), "100"),
        (lambda: plots.weights(np.full((784, 1), np.nan)), "diverged"),
        (lambda: plots.weights(np.zeros((784, 2)), ["a"]), "2 units but 1 titles"),
        (lambda: plots.gallery(some_images(2), [1, 2], [1]), "same length"),
        (lambda: plots.boxes([]), "0 digits"),
        (lambda: plots.boxes(images.read(photograph([3, 1])), ["a"]), "2 digits but 1 titles"),
        (lambda: plots.reliability(bin_confidence(np.zeros(0), np.zeros(0, bool))), "empty"),
        (lambda: plots.comparison({}), "nothing to compare"),
        (lambda: plots.comparison({"hidden": [97.6]}), "percentage"),
        (lambda: plots.costs({}, {}, {}), "there is none"),
        (lambda: plots.costs({"a": [0.9]}, {"a": 0}, {"a": 1}), "lack them: a"),
        (lambda: plots.costs({"a": [0.9], "b": [1.0]}, {"a": 1, "b": 1}, {"a": 1}), "them: b"),
    ],
)
def test_what_cannot_be_drawn_gets_a_sentence(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([1.0, 3.0, 2.0], "1 at 1, 2 at 3, highest 3 at 2"),
        ([2.0, 1.0, 2.0], "2 at 1, 2 at 3, lowest 1 at 2"),
        ([2.0], "2 at 1"),
        ([np.nan, np.inf], "no number anywhere"),
        ([1.0, np.inf, 2.0, np.nan], "1 at 1, 2 at 3; 2 of 4 values are no numbers"),
    ],
)
def test_the_course_of_a_line_is_told(line, told):
    assert f"a: {told}." in some_curves({"a": line}).alt


def test_a_line_of_many_points_has_no_markers():
    few, many = (some_curves({"a": np.ones(n)}).axes[0].lines[0] for n in (30, 31))
    assert (few.get_marker(), many.get_marker()) == ("o", "")


@given(
    st.dictionaries(
        st.sampled_from(["hidden", "cnn-fast", "deep-dropout"]),
        st.tuples(st.integers(1, 10**9), st.floats(0, 1000), st.floats(0, 1)),
        min_size=1,
    )
)
@settings(max_examples=10, deadline=None)
def test_costs_name_every_network_within_the_figure(found):
    accuracies, weights, seconds = ({name: of[i] for name, of in found.items()} for i in (2, 0, 1))
    figure = plots.costs({name: [each] for name, each in accuracies.items()}, weights, seconds)
    figure.canvas.draw()
    for text in figure.axes[0].texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1 + 1, text
    named = [text.get_text().partition(":")[0] for text in figure.axes[0].texts]
    assert sorted(named) == sorted(found)


def test_the_palette_is_dark_enough_on_white():
    # The contrast that the Web Content Accessibility Guidelines ask of graphics is 3, of text 4.5.
    for name in COLOURS:
        least = 3 if name in ("orange", "green") else 4.5
        assert 1.05 / (luminance(COLOURS[name]) + 0.05) >= least, name


@pytest.mark.parametrize("colour", ["white", "black", "#0072B2", (0.2, 0.4, 0.6)])
def test_luminance_is_that_of_the_guidelines(colour):
    parts = to_rgb(colour)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    assert luminance(colour) == pytest.approx(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_the_numbers_of_a_confusion_matrix_stand_out_from_their_cells():
    counts = np.arange(100).reshape(10, 10)  # from the lightest shade to the darkest
    axes = plots.confusion(counts).axes[0]
    axes.figure.canvas.draw()
    cells = [cell for i, cell in enumerate(axes.collections[0].get_facecolors()) if i % 11]
    numbers = [text for text in axes.texts if text.get_color() in ("black", "white")]
    for text, cell in zip(numbers, cells, strict=True):
        shades = (luminance(text.get_color()), luminance(cell[:3]))
        assert (max(shades) + 0.05) / (min(shades) + 0.05) >= 4.5, text
