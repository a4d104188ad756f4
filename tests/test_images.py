"""A person's picture becomes an image like MNIST's, or an error that says why not."""

import contextlib
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from mnistlab import images, pictures
from mnistlab.images import PictureError, as_input, draw, prepare

SEVEN = [[(10, 10), (60, 10), (30, 90)]]
ONE = [[(50, 10), (50, 90)]]


def seven() -> np.ndarray:
    """Return a seven in dark ink on light paper, uint8."""
    picture = np.full((150, 120), 235, np.uint8)
    inked = (255 * draw(SEVEN, size=100)).astype(np.float32) / 255
    picture[30:130, 10:110] = (235 - 200 * inked).astype(np.uint8)
    return picture


def png(picture: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(3, 28, 28), (3, 784)])
def test_raw_pixels_are_scaled_once_to_float32(shape):
    raw = np.arange(3 * 784, dtype=np.uint64).reshape(shape).astype(np.uint8)
    scaled = as_input(raw)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, raw.reshape(3, 28, 28).astype(np.float32) / 255)
    np.testing.assert_array_equal(as_input(scaled), scaled)


def test_one_image_and_none_are_batches_too():
    assert as_input(np.zeros((28, 28), np.uint8)).shape == (1, 28, 28)
    assert as_input(np.zeros((0, 784))).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((3, 32, 32)), "28×28"),
        (np.zeros((28, 28, 1)), "28×28"),
        (np.zeros((1, 28, 28), int), "int64"),
        (np.full((1, 28, 28), 255.0), "Divide raw pixels"),
        (np.full((1, 28, 28), -0.1), "Divide raw pixels"),
        (np.full((1, 28, 28), np.nan), "NaN"),
    ],
)
def test_what_no_network_reads_is_refused_with_a_reason(wrong, said):
    with pytest.raises(ValueError, match=said):
        as_input(wrong)


def test_the_steps_lead_from_the_drawing_to_the_image():
    prepared = prepare(seven())
    names = ["drawing", "even", "ink", "clean", "cropped", "widened", "fitted", "centred"]
    assert [name for name, _ in prepared.steps] == names
    assert prepared.steps[-1][1] is prepared.image
    assert prepared.image.shape == (28, 28)
    assert prepared.image.dtype == np.float32
    np.testing.assert_allclose(prepared.steps[0][1], seven() / 255, atol=1e-6)


def test_the_box_holds_the_ink_of_the_drawing():
    picture = np.ones((60, 80))
    picture[10:50, 22:42] = 0
    assert prepare(picture).box == (22, 10, 42, 50)


def test_the_digit_fills_20_pixels_and_keeps_its_shape():
    picture = np.ones((60, 80))
    picture[10:50, 22:42] = 0
    image = prepare(picture).image
    assert (image.any(axis=1).sum(), image.any(axis=0).sum()) == (20, 10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([1.0, 0.4]))
def test_neither_place_nor_contrast_matters(down, right, contrast):
    page = np.full((200, 200), 235.0)
    page[down : down + 150, right : right + 120] = seven()
    faint = (235 - contrast * (235 - page)).astype(np.uint8)
    np.testing.assert_allclose(prepare(faint).image, prepare(seven()).image, atol=0.05)


@pytest.mark.parametrize("strokes", [SEVEN, ONE])
def test_the_centre_of_mass_is_the_middle_pixel(strokes):
    middle = ndimage.center_of_mass(prepare(strokes).image)
    np.testing.assert_allclose(middle, (14, 14), atol=0.5)


def test_ink_is_found_on_light_and_on_dark_paper():
    np.testing.assert_allclose(prepare(255 - seven()).image, prepare(seven()).image, atol=1e-5)


def test_a_speck_far_away_does_not_shrink_the_digit():
    speckled = seven()
    speckled[2:5, 2:5] = 0
    np.testing.assert_array_equal(prepare(speckled).image, prepare(seven()).image)


def test_a_hairline_becomes_as_dark_as_a_pens_line():
    hairline = prepare(1 - draw(SEVEN, size=400, width=0.004)).image
    pen = prepare(SEVEN).image
    assert hairline.max() > 0.9
    assert np.abs(hairline - pen).mean() < 0.05


def pictures_of_a_seven() -> dict[str, Image.Image]:
    grey = Image.fromarray(seven())
    clear = np.zeros((150, 120, 4), np.uint8)
    clear[..., 3] = 255 - seven()
    white = clear.copy()
    white[..., :3] = 255
    return {
        "grey": grey,
        "rgb": grey.convert("RGB"),
        "palette": grey.convert("P", palette=Image.Palette.ADAPTIVE),
        "grey with alpha": grey.convert("LA"),
        "black ink on nothing": Image.fromarray(clear),
        "white ink on nothing": Image.fromarray(white),
        "16 bits": Image.fromarray(seven().astype(np.uint16) * 257),
        "black and white": grey.convert("1", dither=Image.Dither.NONE),
    }


@pytest.mark.parametrize("kind", pictures_of_a_seven())
def test_every_kind_of_png_gives_the_same_digit(kind, tmp_path):
    picture = pictures_of_a_seven()[kind]
    path = tmp_path / "seven.png"
    path.write_bytes(png(picture))
    wanted = prepare(seven()).image
    for drawing in (path, str(path), path.read_bytes(), picture):
        assert np.abs(prepare(drawing).image - wanted).mean() < 0.02


def test_an_arrays_range_is_understood_from_its_type():
    wanted = prepare(seven()).image
    for array in (seven() / 255, seven().astype(float), seven().astype(np.uint16) * 257):
        np.testing.assert_allclose(prepare(array).image, wanted, atol=1e-3)


def test_a_photo_lying_on_its_side_is_turned_as_its_camera_said():
    picture = Image.fromarray(seven())
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90° clockwise"
    lying = png(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)
    np.testing.assert_array_equal(prepare(lying).image, prepare(seven()).image)


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        (np.full((30, 30), 200, np.uint8), "nothing in this picture"),
        (np.linspace(0.5, 0.55, 900).reshape(30, 30), "nothing in this picture"),
        (np.full((30, 30), np.nan), "not numbers"),
        (np.full((30, 30), "a"), "not numbers"),
        (np.array([[-5.0, 3.0]]), "use 0 to 255"),
        (np.zeros(30), "shape"),
        (np.zeros((0, 30)), "shape"),
        (np.zeros((3, 3, 7)), "shape"),
        (b"", "damaged"),
        (b"%PDF-1.7", "damaged"),
        (png(Image.fromarray(seven()))[:400], "damaged"),
        ("no-such-file.png", "no picture at"),
        (".", "no picture at"),
        (None, "no picture"),
        ([], "nothing in this drawing"),
        ([[]], "nothing in this drawing"),
        ([[(1, 2), (float("nan"), 3)]], "NaN"),
        ([[(1, 2), (1e300, 3)]], "endlessly far"),
        ([(1, 2)], "points"),
        ([[(1, 2), (3,)]], "points"),
        (["seven"], "points"),
        ([[(0, 0)] * 100_001], "too large"),
    ],
)
def test_what_holds_no_digit_is_refused_with_a_reason(drawing, said):
    with pytest.raises(PictureError, match=said):
        prepare(drawing)


def test_a_file_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "seven.png"
    path.write_bytes(png(Image.fromarray(seven())))
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(PictureError, match="too large"):
        prepare(path)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    bomb = png(Image.new("1", (7_000, 7_000)))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(PictureError, match="too large"):
        prepare(bomb)
    with pytest.raises(PictureError, match="too large"):
        prepare(np.broadcast_to(np.uint8(0), (7_000, 7_000)))


def test_a_format_that_is_not_listed_is_not_opened():
    file = io.BytesIO()
    Image.fromarray(seven()).save(file, "PPM")
    with pytest.raises(PictureError, match="damaged"):
        prepare(file.getvalue())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_give_a_digit_or_a_picture_error(noise, place):
    whole = png(Image.fromarray(seven()))
    for data in (noise, whole[:place] + noise + whole[place + len(noise) :]):
        with contextlib.suppress(PictureError):
            assert prepare(data).image.shape == (28, 28)


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(numbers, numbers), max_size=6), max_size=4))
def test_any_strokes_give_a_digit_or_a_picture_error(strokes):
    try:
        image = prepare(strokes).image
    except PictureError:
        return
    assert np.isfinite(image).all()
    assert 0 <= image.min() < image.max() <= 1


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_any_pixels_give_a_digit_or_a_picture_error(pixels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            image = prepare(pixels).image
        except PictureError:
            return
    np.testing.assert_array_equal(as_input(image)[0], image)


def test_strokes_are_drawn_with_smooth_edges_and_the_width_asked_for():
    line = draw([[(0, 0), (0, 100)]], size=100, width=0.1)
    assert line.shape == (100, 100)
    assert line.sum(axis=1)[50] == pytest.approx(100 / 1.2 * 0.1, rel=0.1)
    diagonal = draw([[(0, 0), (100, 70)]])
    assert ((diagonal > 0.1) & (diagonal < 0.9)).any()


def test_one_dot_can_be_drawn():
    assert draw([[(5, 5)]], size=50).max() == 1


def test_a_pens_drawing_and_its_strokes_make_nearly_the_same_digits(shared):
    drawings = np.load(shared / "pictures" / "stylus.npz")["x"][::25]
    strokes = json.loads((shared / "pictures" / "strokes.json").read_text())[::25]
    for drawing, stroke in zip(drawings, strokes, strict=True):
        one, other = prepare(drawing).image, prepare(stroke["segments"]).image
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8


def test_mnists_own_images_come_back_as_they_were(shared: Path):
    with np.load(shared / "mnist.npz") as arrays:
        originals = as_input(arrays["x_train"][:100])
    apart = [np.abs(prepare(original).image - original).mean() for original in originals]
    assert np.median(apart) < 0.04


def test_zeros_and_ones_of_any_type_are_black_and_white():
    drawing = np.ones((40, 40), int)
    drawing[8:32, 18:22] = 0
    expected = images.prepare(drawing.astype(bool)).image
    for dtype in (np.int64, np.uint16, np.float64):
        np.testing.assert_array_equal(images.prepare(drawing.astype(dtype)).image, expected)


def test_a_pil_image_is_turned_as_its_file_is():
    drawing = Image.new("L", (60, 80), 255)
    drawing.paste(0, (20, 10, 26, 70))
    drawing.paste(0, (20, 10, 50, 18))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    file = io.BytesIO()
    drawing.save(file, "PNG", exif=exif)
    from_bytes = images.prepare(file.getvalue()).image
    np.testing.assert_array_equal(images.prepare(Image.open(file)).image, from_bytes)


def test_a_truncated_pil_image_is_refused():
    file = io.BytesIO()
    Image.effect_noise((80, 80), 90).save(file, "PNG")
    with pytest.raises(images.PictureError):
        images.prepare(Image.open(io.BytesIO(file.getvalue()[:2000])))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b.png"])
def test_a_name_that_no_file_can_have_is_refused(name):
    with pytest.raises(images.PictureError):
        images.prepare(name)


@pytest.mark.parametrize("options", [{"size": 0}, {"width": 0}, {"width": float("nan")}])
def test_a_pen_or_a_sheet_that_cannot_be_is_refused(options):
    with pytest.raises(images.PictureError, match="use 28 or more"):
        images.draw([[(0, 0), (1, 1)]], **options)
