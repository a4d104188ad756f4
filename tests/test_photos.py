"""Digits on photographed paper are found, whatever the light; and any file gives a clear answer."""

import contextlib
import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import Photo, photograph
from PIL import Image

from mnistlab import images, pictures
from mnistlab.images import PictureError, draw, prepare, read

STROKES = {
    0: [[(3, 0), (0, 4), (3, 9), (6, 5), (3, 0)]],
    1: [[(0, 2), (3, 0), (3, 9)]],
    2: [[(0, 2), (3, 0), (6, 2), (0, 9), (6, 9)]],
    4: [[(4, 0), (0, 6), (7, 6)], [(5, 3), (5, 9)]],
    5: [[(0, 0), (0, 4), (4, 4), (5, 7), (0, 9)], [(0, -1.2), (5, -1.2)]],  # its bar is apart
    7: [[(0, 0), (6, 0), (2, 9)]],
}
PHOTOS = {
    "clean": Photo(light=0, shadow=False, noise=0, tilt=0),
    "unevenly lit": Photo(shadow=False),
    "half in shadow": Photo(),
    "ruled": Photo(lines=40),
    "faint": Photo(ink=0.55),
    "noisy": Photo(noise=0.06),
    "turned and ruled": Photo(tilt=-5, lines=40),
    "a blackboard": Photo(white_on_black=True),
    "on a dark table": Photo(table=0.2, shadow=False),
    "on a wooden table": Photo(table=0.45, shadow=False, light=0.3),
    "turned on a table, in its middle": Photo(
        table=0.2, tilt=6, rim=(0.4, 0.4, 0.4, 0.4), shadow=False
    ),
    "with a strip of the table": Photo(table=0.25, rim=(0.05, 0, 0, 0), tilt=0, shadow=False),
    "on a white desk": Photo(table=0.97, paper=0.5, ink=0.1, shadow=False, light=0.2),
    "a blackboard on a wall": Photo(table=0.2, white_on_black=True, shadow=False),
}


def drawn(label):
    return draw(STROKES[label], size=120, width=0.07)


def alike(one, other):
    """The correlation of two images: 1 when they are the same, near 0 for other digits."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def which(prepared):
    """The digit whose drawing an image is most alike."""
    return max(STROKES, key=lambda label: alike(prepared.image, prepare(1 - drawn(label)).image))


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_a_photographed_digit_is_prepared_as_its_drawing_is(photo):
    for label in STROKES:
        one = prepare(photograph([drawn(label)], replace(photo, columns=1), seed=label))
        assert which(one) == label
        assert alike(one.image, prepare(1 - drawn(label)).image) > 0.6


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_all_digits_of_a_sheet_are_found_and_read_in_their_order(photo):
    labels = np.random.default_rng(3).choice(list(STROKES), 15)
    found = read(photograph([drawn(label) for label in labels], photo))
    assert [which(one) for one in found] == labels.tolist()


def test_a_box_of_a_sheet_holds_its_digit():
    sheet = photograph([drawn(4), drawn(1)], PHOTOS["clean"])
    for one in read(sheet):
        left, top, right, bottom = one.box
        names = dict(one.steps)
        assert names["ink"][top:bottom, left:right].max() == 1
        assert names["cropped"].shape == (bottom - top, right - left)


def test_a_sheet_with_one_digit_and_dirt_beside_it_has_one():
    sheet = np.full((300, 300), 255, np.uint8)
    sheet[60:240, 90:210] = (
        255
        - (255 * drawn(2)).astype(np.uint8)[
            np.ix_(np.linspace(0, 119, 180).astype(int), np.linspace(0, 119, 120).astype(int))
        ]
    )
    sheet[20:24, 20:24] = 0
    assert len(read(sheet)) == 1


def test_a_sheet_of_nothing_but_lines_or_light_is_refused():
    for photo in (Photo(lines=40, columns=3), Photo(columns=3)):
        with pytest.raises(PictureError, match="nothing in this picture"):
            read(photograph([np.zeros((50, 50), np.float32)] * 3, photo))


def test_a_sheet_strewn_with_dots_is_refused():
    dots = np.full((1200, 1200), 255, np.uint8)
    dots[::20, ::20] = 0
    with pytest.raises(PictureError, match="too many"):
        read(dots)


def encoded(kind):
    picture = Image.fromarray(255 - (255 * drawn(7)).astype(np.uint8))
    file = io.BytesIO()
    if kind == "GIF":
        picture.save(file, kind, save_all=True, append_images=[picture.rotate(90)])
    else:
        picture.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_every_format_gives_its_first_picture(kind):
    assert which(prepare(encoded(kind))) == which(read(encoded(kind))[0]) == 7


@settings(deadline=None, max_examples=60)
@given(st.data())
@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_a_damaged_file_of_any_format_gives_a_digit_or_a_picture_error(kind, data):
    whole = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    for function in (prepare, read):
        with contextlib.suppress(PictureError):
            function(cut)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 2**31),
    st.sampled_from(["noise", "ramp", "stripes", "blobs"]),
)
def test_any_surface_gives_digits_or_a_picture_error(height, width, seed, kind):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    surface = {
        "noise": random.random((height, width)),
        "ramp": (x + 2 * y) / (width + 2 * height),
        "stripes": ((y // 3) % 2 + random.random((height, width)) / 5) / 1.2,
        "blobs": np.hypot(x - width / 2, y - height / 2) / (height + width),
    }[kind]
    for function in (prepare, read):
        with contextlib.suppress(PictureError):
            function(surface.astype(np.float32))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_camera_that_notes_nonsense_about_itself_changes_nothing(value):
    picture = Image.fromarray(255 - (255 * drawn(7)).astype(np.uint8))
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = value
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif.tobytes())
    assert which(prepare(file.getvalue())) == 7


@pytest.mark.parametrize(("value", "turns"), [(3, 2), (6, 1), (8, 3)])
def test_a_photo_is_turned_upright_before_it_is_read(value, turns):
    picture = Image.fromarray(np.rot90(255 - (255 * drawn(7)).astype(np.uint8), turns).copy())
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = value
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif.tobytes())
    assert which(prepare(file.getvalue())) == 7


HUGE = {
    "PNG with alpha": (5600, "RGBA", "PNG", {"compress_level": 1}),
    "grey PNG": (5600, "L", "PNG", {"compress_level": 1}),
    "palette PNG": (3900, "P", "PNG", {}),
    "JPEG": (5600, "RGB", "JPEG", {"progressive": True}),
    "WebP": (3900, "RGB", "WEBP", {"method": 0}),
    "GIF": (3900, "L", "GIF", {}),
    "TIFF": (5600, "RGB", "TIFF", {"compression": "tiff_lzw"}),
}
MEASURE = """
import resource, sys
from mnistlab import images
images.read(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
images.read(sys.argv[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
@pytest.mark.parametrize(("side", "mode", "kind", "options"), HUGE.values(), ids=HUGE)
def test_the_largest_files_take_300_megabytes_at_the_most(tmp_path, side, mode, kind, options):
    pixels = np.full((side, side), 230, np.uint8)
    pixels[side // 4 : side // 2, side // 2 : side // 2 + side // 40] = 20
    Image.fromarray(pixels).convert(mode).save(tmp_path / "huge", kind, **options)
    (tmp_path / "small").write_bytes(encoded("PNG"))
    command = [sys.executable, "-c", MEASURE, tmp_path / "huge", tmp_path / "small"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(ran.stdout) < 300


def test_what_takes_several_times_its_own_memory_may_be_half_as_large():
    file = io.BytesIO()
    Image.new("P", (5000, 5000)).save(file, "PNG")
    with pytest.raises(PictureError, match="too large: 5000×5000"):
        prepare(file.getvalue())


def test_the_shared_pictures_stay_what_they_were(shared):
    stored = np.load(shared / "pictures" / "stylus.npz")
    one = prepare(stored["x"][0])
    np.testing.assert_array_equal(one.steps[1][1], one.steps[0][1])  # even already
    assert images.as_input(one.image).shape == (1, 28, 28)


@pytest.mark.parametrize("turned", [False, True])
def test_one_long_line_of_writing_is_read_without_a_crash(turned):
    drawings = [drawn(label) for label in STROKES] * 3
    page = np.asarray(Image.open(io.BytesIO(photograph(drawings, Photo(columns=18)))))
    strip = page[len(page) // 2 - 40 : len(page) // 2 + 40]
    for function in (prepare, read):
        with contextlib.suppress(PictureError):
            function(strip.T if turned else strip)
