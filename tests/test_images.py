"""Reading picture files of every kind, finding ink, and MNIST's form."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from helpers import images
from helpers.images import (
    PictureError,
    centre_by_mass,
    colour_axis,
    crop_to_ink,
    fit_in_box,
    flatten_transparency,
    ink_contrast,
    mnist_form,
    paper_brightness,
    paper_of_two_levels,
    plain_background,
    read_picture,
    smooth_light,
    stroke_width,
    thicken,
    to_working_size,
)
from helpers.photography import Scene, draw_stroke, photograph


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def corner_picture():
    """White, 40 wide and 30 high, with a black block in the upper left corner."""
    pixels = np.full((30, 40, 3), 255, np.uint8)
    pixels[:10, :15] = 0
    return pixels


# --- reading --------------------------------------------------------------------------------------


def test_file_and_bytes_give_the_same_picture(tmp_path):
    path = tmp_path / "corner.png"
    Image.fromarray(corner_picture()).save(path)
    assert (read_picture(path) == corner_picture()).all()
    assert (read_picture(path.read_bytes()) == corner_picture()).all()
    assert read_picture(path).dtype == np.uint8


def turned_for(orientation, upright):
    """Store pixels such that the camera's orientation mark turns them upright again."""
    back = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(back[orientation](upright))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_camera_orientation_is_applied(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(turned_for(orientation, corner_picture()))
    assert (read_picture(encode(stored, exif=exif)) == corner_picture()).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "RGBA", "YCbCr"])
def test_colour_modes_keep_dark_dark_and_light_light(mode):
    image = Image.fromarray(corner_picture()).convert(mode)
    kind = "TIFF" if mode in {"CMYK", "YCbCr"} else "PNG"
    picture = read_picture(encode(image, kind))
    assert picture.shape == (30, 40, 3)
    assert picture[2, 2].mean() < 60
    assert picture[25, 35].mean() > 200


def test_sixteen_bits_are_stretched_to_eight():
    deep = np.full((30, 40), 60_000, np.uint16)
    deep[:10] = 1_000
    picture = read_picture(encode(Image.fromarray(deep)))
    assert picture[2, 2].tolist() == [0, 0, 0]
    assert picture[25, 35].tolist() == [255, 255, 255]


def test_palette_with_transparency_gets_a_background():
    image = Image.new("P", (30, 30), 0)
    image.putpalette([255, 0, 255, 0, 0, 0])
    image.paste(1, (10, 5, 14, 25))
    picture = read_picture(encode(image, transparency=0))
    assert picture[15, 12].tolist() == [0, 0, 0]
    assert picture[15, 2].tolist() == [255, 255, 255]


def test_first_frame_of_an_animation_and_first_page_of_a_tiff():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("white", "black")]
    for kind in ("GIF", "TIFF"):
        picture = read_picture(encode(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert picture.min() == 255, kind


def bomb():
    """A PNG whose header claims 20,000 x 20,000 pixels."""
    content = bytearray(encode(Image.new("1", (8, 8))))
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


JPEG = encode(Image.effect_noise((200, 200), 50), "JPEG")
BAD = {
    "empty": (b"", "empty"),
    "text": (b"this is no picture\n" * 20, "known format"),
    "truncated": (JPEG[: len(JPEG) // 2], "damaged or cut off"),
    "bomb": (bomb(), "megapixels"),
    "one pixel": (encode(Image.new("L", (1, 1))), "too few"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(100), "JPEG"),
    "half a header": (encode(Image.new("L", (30, 30)))[:20], ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_content_is_one_sentence_that_names_the_file(tmp_path, name):
    content, says = BAD[name]
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    message = str(caught.value)
    assert "bad.png" in message
    assert says in message
    assert "\n" not in message


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(PictureError, match="does not exist"):
        read_picture(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match="folder"):
        read_picture(tmp_path)


def test_unreadable_file(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(PictureError, match="permission"):
        read_picture(tmp_path / "secret.png")


def test_a_large_picture_is_refused_before_it_is_decoded(monkeypatch):
    content = encode(Image.new("L", (20, 20)))
    monkeypatch.setattr(images, "MAX_PIXELS", 100)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="megapixels"):
        read_picture(content)


@pytest.mark.parametrize(("ink", "expected"), [(0, 255), (255, 0)])
def test_transparent_layer_contrasts_with_its_drawing(ink, expected):
    layer = np.zeros((20, 20, 4), np.uint8)
    layer[5:15, 9:11] = [ink, ink, ink, 255]
    flat = flatten_transparency(layer)
    assert flat[10, 9].tolist() == [ink] * 3
    assert flat[0, 0].tolist() == [expected] * 3


# --- finding the ink ------------------------------------------------------------------------------


def test_working_size_bounds_both_ends():
    large, scale = to_working_size(np.zeros((3000, 4000, 3), np.uint8))
    assert max(large.shape) == images.WORKING_SIDE
    assert scale == pytest.approx(0.4)
    tiny, scale = to_working_size(np.zeros((28, 28, 3), np.uint8))
    assert tiny.shape[0] == 28 * scale >= images.ENLARGED_SIDE
    _, scale = to_working_size(np.zeros((300, 200, 3), np.uint8))
    assert scale == 1


def digit_picture(digit, **scene):
    scene = Scene(width=300, height=300, digit_height=150, **scene)
    return photograph(draw_stroke(digit, 150), scene, np.random.default_rng(0), (0.5, 0.5))


def test_colour_axis_is_grey_for_grey_ink_and_finds_yellow(mnist):
    grey = colour_axis(digit_picture(mnist.x_train[0]))
    assert grey == pytest.approx([0.299, 0.587, 0.114])
    yellow = colour_axis(digit_picture(mnist.x_train[0], ink=(236, 225, 20)))
    assert abs(yellow[2]) > 0.8


def test_smooth_light_follows_the_lamp_and_not_the_ink():
    light = np.linspace(120, 240, 200, dtype=np.float32)[np.newaxis].repeat(150, axis=0)
    grey = light.copy()
    grey[60:90, 80:120] = 20
    assert np.abs(smooth_light(grey.astype(np.uint8)) - light).max() < 6


def test_paper_keeps_a_hard_shadow_and_loses_the_ink():
    paper = np.full((300, 300), 220, np.uint8)
    paper[:, 180:] = 110
    written = paper.copy()
    written[100:200, 60:70] = 30
    written[100:200, 230:240] = 15
    estimated = paper_brightness(written).astype(int)
    away_from_edge = np.abs(np.arange(300) - 180) > 4
    assert np.abs(estimated - paper)[:, away_from_edge].max() <= 6


@pytest.mark.parametrize("light_ink", [False, True])
def test_paper_of_a_squared_page_loses_a_broad_stroke(light_ink):
    page = np.random.default_rng(0).normal(225, 2, (300, 330))
    page[15::45], page[:, 15::45] = 180, 180
    page[120:250, 200:222] = 60
    page = (page * np.linspace(0.7, 1, 330)).astype(np.uint8)
    estimated = paper_brightness(255 - page if light_ink else page)
    lit = 225 * np.linspace(0.7, 1, 330)[202:220]
    expected = 255 - lit if light_ink else lit
    assert np.abs(estimated[125:245, 202:220] - expected).max() <= 25


def test_paper_under_thick_ink():
    grey = np.full((100, 100), 230, np.uint8)
    grey[5:95, 20:80] = 40
    assert np.abs(paper_of_two_levels(grey).astype(int) - 230).max() <= 2


def test_plain_background_is_for_drawings():
    drawing = np.full((100, 100), 255, np.uint8)
    drawing[20:80, 45:55] = 0
    assert plain_background(drawing) == 255
    lit = np.linspace(100, 250, 100, dtype=np.uint8)[np.newaxis].repeat(100, axis=0)
    assert plain_background(lit) is None
    pasted = np.full((100, 100), 255, np.uint8)
    pasted[20:80, 20:80] = 150
    assert plain_background(pasted) is None


@pytest.mark.parametrize("light_ink", [False, True])
def test_contrast_is_high_on_ink_of_either_polarity(light_ink):
    picture = np.full((200, 200, 3), 30 if light_ink else 230, np.uint8)
    picture[50:150, 95:105] = 230 if light_ink else 30
    ink = ink_contrast(picture)
    assert ink.contrast[100, 100] > 0.6
    assert abs(ink.contrast[100, 30]) < 0.05


def test_contrast_in_the_shadow_is_as_high_as_in_the_light():
    picture = np.full((300, 300, 3), 220, np.float32)
    picture[100:200, 60:70] *= 0.4
    picture[100:200, 230:240] *= 0.4
    picture[:, 150:] *= 0.5
    contrast = ink_contrast(picture.astype(np.uint8)).contrast
    assert contrast[150, 65] == pytest.approx(0.6, abs=0.05)
    assert contrast[150, 235] == pytest.approx(0.6, abs=0.05)


# --- MNIST's form ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [4, 9, 20])
def test_stroke_width_of_a_bar(width):
    bar = np.zeros((120, 60), np.uint8)
    bar[10:110, 20 : 20 + width] = 255
    assert stroke_width(bar) == pytest.approx(width, rel=0.3)
    assert stroke_width(np.zeros((5, 5), np.uint8)) == 0


def test_thicken_widens_by_about_that_much():
    bar = np.zeros((60, 60), np.uint8)
    bar[10:50, 30:32] = 255
    assert (thicken(bar, 4)[30 + 2] > 127).sum() == 6
    assert thicken(bar, 0) is bar


def test_crop_fit_and_centre():
    ink = np.zeros((100, 100), np.uint8)
    ink[30:70, 50:60] = 255
    crop = crop_to_ink(ink)
    assert crop.shape == (40, 10)
    box = fit_in_box(crop)
    assert box.shape == (20, 5)
    image = centre_by_mass(box)
    moments = cv2.moments(image)
    assert image.shape == (28, 28)
    assert moments["m10"] / moments["m00"] == pytest.approx(14, abs=0.51)
    assert moments["m01"] / moments["m00"] == pytest.approx(14, abs=0.51)


def test_mnist_form_of_nothing_is_black():
    assert not mnist_form(np.zeros((50, 50), np.uint8)).any()


def test_mnist_form_of_mnist_is_almost_unchanged(mnist):
    differences = [
        np.abs(mnist_form(image).astype(int) - image).mean() for image in mnist.x_train[:100]
    ]
    assert np.median(differences) < 1
    assert np.percentile(differences, 95) < 3


def test_hair_thin_strokes_are_thickened():
    ring = np.zeros((600, 600), np.uint8)
    cv2.circle(ring, (300, 300), 250, 255, 1)
    image = mnist_form(ring)
    assert image.max() == 255
    assert 1.5 < stroke_width(image) < 4
