"""Reading picture files of every kind."""

import io
import struct
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms

from helpers.pictures import files as images
from helpers.pictures.files import (
    PictureError,
    TooManyPixelsError,
    UnknownFormatError,
    picture_size,
    read_picture,
)
from helpers.pictures.formats import FORMATS, HEIC_BRANDS, counts_as_picture, is_heic
from helpers.pictures.pixels import flatten_transparency


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


def test_no_other_program_is_started_for_a_picture(monkeypatch):
    """Pillow would hand these to Ghostscript."""
    page = (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n%%EndComments\n"
        b"0 0 40 40 rectfill\nshowpage\n%%EOF\n"
    )
    with Image.open(io.BytesIO(page)) as eps:
        assert eps.format == "EPS", "Pillow knows it, so it is we who refuse it"
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    for read in (read_picture, picture_size):
        with pytest.raises(UnknownFormatError):
            read(page)


# --- photos of phones -----------------------------------------------------------------------------


def heic(image, **options):
    """Write a picture as the camera of a phone does."""
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    return encode(image, "HEIF", **options)


def with_claimed_size(content, width, height):
    """Let the header of a HEIC photo claim another size than its pixels have."""
    place = content.index(b"ispe") + 8
    claim = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return content[:place] + claim + content[place + 8 :]


def test_a_heic_photo_is_read(tmp_path):
    content = heic(Image.fromarray(corner_picture()))
    assert is_heic(content)
    assert picture_size(content) == (40, 30)
    picture = read_picture(content)
    assert picture.shape == (30, 40, 3)
    assert picture[2, 2].mean() < 30
    assert picture[25, 35].mean() > 225
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(content)
    assert counts_as_picture(path)
    assert (read_picture(path) == picture).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_heic_photo_is_turned_once(orientation):
    """The container turns the pixels, and the camera's mark says the same once more."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(turned_for(orientation, corner_picture()))
    picture = read_picture(heic(stored, exif=exif.tobytes()))
    assert picture.shape == (30, 40, 3)
    assert picture[2, 2].mean() < 30
    assert picture[25, 35].mean() > 225


@pytest.mark.parametrize("kept", [0.95, 0.5, 0.1])
def test_a_cut_heic_photo_is_a_sentence(kept):
    content = heic(Image.effect_noise((200, 200), 50).convert("RGB"))
    with pytest.raises(PictureError, match=r"x is .*damaged or cut off.*again") as caught:
        read_picture(content[: int(kept * len(content))], "x")
    assert "\n" not in str(caught.value)


def test_a_heic_bomb_is_refused_by_its_header(monkeypatch):
    """Thirty-six megapixels in a file of kilobytes."""
    content = with_claimed_size(heic(Image.new("L", (64, 64), 255)), 6_000, 6_000)
    assert len(content) < 10_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    for read in (read_picture, picture_size):
        with pytest.raises(TooManyPixelsError, match="more than 30 megapixels"):
            read(content)


def test_a_heic_photo_with_more_pixels_than_it_claims_is_refused():
    content = with_claimed_size(heic(Image.new("L", (3000, 2000), 255)), 100, 80)
    assert picture_size(content) == (100, 80)
    with pytest.raises(PictureError, match="damaged"):
        read_picture(content)


def test_an_avif_picture_is_none_of_them():
    assert not is_heic(encode(Image.fromarray(corner_picture()), "AVIF"))
    assert not is_heic(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(40))


@pytest.mark.parametrize("brand", sorted(HEIC_BRANDS))
@pytest.mark.parametrize("installed", [True, False])
def test_every_kind_of_heic_is_told_what_to_do(brand, installed, monkeypatch):
    if installed:
        pytest.importorskip("pillow_heif")
    else:
        monkeypatch.setattr(images, "_knows_heic", lambda: False)
    said = "damaged" if installed else "the package pillow-heif"
    with pytest.raises(UnknownFormatError, match=rf"{said}.*convert it to JPEG"):
        read_picture(b"\0\0\0\x18ftyp" + brand + bytes(100))


# --- every format ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM"])
def test_all_formats_are_read(kind):
    content = encode(Image.fromarray(corner_picture()), kind)
    assert picture_size(content) == (40, 30)
    picture = read_picture(content)
    assert picture[2, 2].mean() < 30
    assert picture[25, 35].mean() > 225


RGB_TO_LAB = ImageCms.buildTransform(
    ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
)
ODD_KINDS = {
    "several in one": ("MPO", "RGB", {}),
    "CMYK in a JPEG": ("JPEG", "CMYK", {}),
    "LAB": ("TIFF", "LAB", {}),
    "fax 3": ("TIFF", "1", {"compression": "group3"}),
    "fax 4": ("TIFF", "1", {"compression": "group4"}),
}


@pytest.mark.parametrize("name", ODD_KINDS)
def test_kinds_that_are_rare_are_read(name):
    kind, mode, options = ODD_KINDS[name]
    image = Image.fromarray(corner_picture())
    drawn = RGB_TO_LAB.apply(image) if mode == "LAB" else image.convert(mode)
    picture = read_picture(encode(drawn, kind, **options))
    assert picture[2, 2].mean() < 30
    assert picture[25, 35].mean() > 225


def test_header_and_pixels_are_read_by_the_same_decoder(monkeypatch):
    """A file that is a small TIFF and a large FLI at once must not be checked as the one only."""
    allowed: list[tuple[str, ...] | None] = []
    really = Image.open

    def opened(file, mode="r", formats=None):
        allowed.append(formats)
        return really(file, mode, formats)

    monkeypatch.setattr(Image, "open", opened)
    content = encode(Image.fromarray(corner_picture()), "TIFF")
    picture_size(content)
    read_picture(content)
    assert allowed == [FORMATS] * 2
    assert "FLI" not in FORMATS and "EPS" not in FORMATS


def test_size_is_read_from_the_header_alone(monkeypatch):
    content, tiny = (encode(Image.new("L", size)) for size in ((20, 10), (1, 1)))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert picture_size(content) == (20, 10)
    assert picture_size(tiny) == (1, 1)
    for read in (picture_size, read_picture):
        with pytest.raises(TooManyPixelsError):
            read(content, max_pixels=199)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(PictureError, match="does not exist"):
        read_picture(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match="folder"):
        read_picture(tmp_path)


def test_unreadable_file(tmp_path, monkeypatch):
    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
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


# --- deep pictures --------------------------------------------------------------------------------


def deep(dtype: type, scale: float, offset: float) -> np.ndarray:
    """A grey page of 60 x 80 with ink and a little noise, in other numbers than 0 to 255."""
    grey = np.random.default_rng(0).normal(200, 2, (60, 80))
    grey[20:40, 30:36] = np.linspace(40, 60, 6)
    return (grey * scale + offset).astype(dtype)


def corner(values, value):
    values[0, 0] = value
    return values


def border(values, value):
    values[[0, 1, -1, -2]] = value
    values[:, [0, 1, -1, -2]] = value
    return values


def half(values, value):
    values[:, :25] = value
    return values


FLT_MAX = float(np.finfo(np.float32).max)
FLOAT, INT, SHORT = (np.float32, 0.01, 3), (np.int32, 10, 0), (np.uint16, 4, 100)


@pytest.mark.parametrize("where", [corner, border, half])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((FLOAT, value) for value in (np.inf, -np.inf, np.nan, -9999, 1e30, -3.4e38, FLT_MAX, 3)),
        *((INT, value) for value in (-(2**31), 2**31 - 1, -9999, 0)),
        *((SHORT, value) for value in (0, 65_535)),
    ],
)
def test_a_value_that_means_no_grey_leaves_the_others_apart(kind, value, where):
    picture = read_picture(encode(Image.fromarray(where(deep(*kind), value)), "TIFF")).astype(int)
    paper, ink = picture[45:55, 40:70], picture[22:38, 31:35]
    assert paper.min() - ink.max() > 30
    assert paper.std() < 0.2 * (paper.mean() - ink.mean())


@pytest.mark.parametrize("ends", [(-9999, 1e30), (-FLT_MAX, FLT_MAX), (FLT_MAX, -3.4e38)])
@pytest.mark.filterwarnings("error")
def test_two_odd_values_at_both_ends(ends):
    values = corner(deep(*FLOAT), ends[1])
    values[-1, -1], values[5, 5] = ends[0], np.inf
    picture = read_picture(encode(Image.fromarray(values), "TIFF")).astype(int)
    assert picture[45:55, 40:70].min() - picture[22:38, 31:35].max() > 30


@pytest.mark.filterwarnings("error")
def test_a_signalling_nan_is_no_grey_either():
    values = half(deep(*FLOAT), 0)
    values.view(np.uint32)[:, :25] = 0x7F800001
    picture = read_picture(encode(Image.fromarray(values), "TIFF")).astype(int)
    assert picture[45:55, 40:70].min() - picture[22:38, 31:35].max() > 30


@pytest.mark.parametrize("levels", [(0, 65_535), (1000, 1001), (0, 60_000, 60_001)])
def test_a_few_clear_levels_stay_what_they_are(levels):
    values = np.full((30, 40), levels[-1], np.uint16)
    values[10:20, 10:14] = levels[0]
    values[25] = levels[-2]
    picture = read_picture(encode(Image.fromarray(values)))
    assert picture[15, 12].max() == 0
    assert picture[5, 5].min() == 255


def test_a_blank_deep_page_is_white():
    for value in (0, 700, 65_535):
        page = np.full((30, 40), value, np.uint16)
        assert read_picture(encode(Image.fromarray(page))).min() == 255
    nothing = np.full((30, 40), np.nan, np.float32)
    assert read_picture(encode(Image.fromarray(nothing), "TIFF")).min() == 255


def test_what_pillow_logs_reaches_no_terminal(caplog):
    grey = np.full((30, 40), 255, np.uint8)
    colours = encode(Image.fromarray(np.dstack([grey] * 3)), "TIFF")
    entry = struct.Struct("<HHIHH")  # a tag of the directory: 277, one SHORT, samples per pixel
    many = colours.replace(entry.pack(277, 3, 1, 3, 0), entry.pack(277, 3, 1, 273, 0))
    assert many != colours
    with pytest.raises(PictureError):
        read_picture(many)
    assert not caplog.records


# --- what is not read, and where it can't be ------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a\xfa", "JPEG XL"),
        (b"qoif", "QOI"),
        (b"8BPS", "Photoshop"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "EPS"),
        (b"\0\0\0\x14ftypqt  ", "film"),
        (b'<?xml version="1.0"?>\n<svg>', "SVG"),
        (b"<svg xmlns=''>", "SVG"),
    ],
)
def test_other_formats_are_called_by_their_name(start, what):
    with pytest.raises(UnknownFormatError, match=rf"x is an? .*{what}.*convert it to"):
        read_picture(start + bytes(200), "x")


@pytest.mark.parametrize(
    "text", [b"qoif is a format", b"8BPS stands for", b"gimp xcf files", b"text ftypes"]
)
def test_a_text_is_no_picture_of_another_kind(text):
    with pytest.raises(
        UnknownFormatError, match="x is not a picture in a known format: give a PNG"
    ):
        read_picture(text * 20, "x")


@pytest.mark.parametrize(
    "root", [b"<svg/>", b"<!-- drawn by hand -->\n<svg:svg>", b"<!DOCTYPE svg><svg>"]
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0"?>\n'])
def test_a_drawing_is_known_by_its_first_element(start, root, tmp_path):
    (tmp_path / "a").write_bytes(start + root)
    assert counts_as_picture(tmp_path / "a")
    (tmp_path / "b").write_bytes(start + b"<html><body>" + root)
    assert not counts_as_picture(tmp_path / "b")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "AVIF"])
def test_a_cut_picture_is_told_to_be_cut(kind):
    content = encode(Image.fromarray(corner_picture()), kind)
    for end in (12, 20, 30, 40, len(content) // 2):
        for read in (picture_size, read_picture):
            try:
                read(content[:end], "x")  # some show what there is
            except PictureError as error:
                assert not isinstance(error, UnknownFormatError)
                assert "x is damaged or cut off" in str(error)


def test_a_damaged_header_is_told_to_be_damaged():
    content = bytearray(encode(Image.fromarray(corner_picture())))
    content[18] ^= 0xFF
    with pytest.raises(PictureError, match="damaged") as caught:
        read_picture(bytes(content))
    assert not isinstance(caught.value, UnknownFormatError)


def test_the_canvas_of_an_animation_counts():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("white", "black")]
    content = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert picture_size(content) == (40, 40)
    at = content.index(b"VP8X") + 12
    content = content[:at] + (12_000 - 1).to_bytes(3, "little") * 2 + content[at + 6 :]
    for limit, said in ((None, 30), (10_000_000, 10)):
        with pytest.raises(TooManyPixelsError, match=f"more than {said} megapixels"):
            read_picture(content, max_pixels=limit)


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 2_500, "a\0b", "folder.png/x.png"])
def test_a_path_that_cannot_be_is_a_sentence(name, tmp_path):
    (tmp_path / "folder.png").write_bytes(b"a file")
    with pytest.raises(PictureError) as caught:
        read_picture(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_endless_and_huge_files_are_not_read_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 1_000_000)
    path = tmp_path / "huge.png"
    path.write_bytes(bytes(1_000_001))
    for file in (path, "/dev/zero") if sys.platform == "linux" else (path,):
        with pytest.raises(PictureError, match="more than 1 MB"):
            read_picture(file)


def test_a_strip_of_any_length_is_read_up_to_a_bound():
    assert read_picture(encode(Image.new("L", (65_535, 8)))).shape == (8, 65_535, 3)
    with pytest.raises(TooManyPixelsError, match="longer than"):
        read_picture(encode(Image.new("L", (65_536, 8))))


def test_formats_that_take_more_memory_may_have_fewer_pixels(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS_OF", {"WEBP": 300})
    picture = Image.new("L", (20, 20))
    assert read_picture(encode(picture)).shape == (20, 20, 3)
    with pytest.raises(TooManyPixelsError, match="megapixels"):
        read_picture(encode(picture.convert("RGB"), "WEBP"))
