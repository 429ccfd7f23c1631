"""Pictures that would take minutes or gigabytes are refused by their headers, and no others are."""

import io
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from helpers.pictures.files import PictureError, picture_size, read_picture
from helpers.pictures.limits import excess, has_overlaps
from support import bombs

# With an EXIF block that is passed over, they are pictures like any other.
READ = {"jpeg_exif", "jpeg_index", "png_exif", "png_exif_directory", "png_profile"}


@pytest.fixture
def soon() -> Iterator[None]:
    """Fail if a test takes more than a moment of processor time."""
    started = time.process_time()
    yield
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", sorted(bombs.BOMBS.keys() - READ))
def test_a_bomb_is_refused_in_a_sentence(name: str, soon: None) -> None:
    content = bombs.BOMBS[name](3_000_000)
    for read in (picture_size, read_picture):
        with pytest.raises(PictureError, match=r"^big\.x (is|has) .*: save it again") as caught:
            read(content, "big.x")
        assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Tag data larger than file", "ignore:.*malformed MPO file")
@pytest.mark.parametrize("name", sorted(READ))
def test_a_bomb_in_the_metadata_is_passed_over(name: str, soon: None) -> None:
    assert read_picture(bombs.BOMBS[name](3_000_000)).shape == (40, 40, 3)


def test_deep_colour_takes_no_more_memory_than_its_pixels(soon: None) -> None:
    resource = pytest.importorskip("resource", reason="Windows does not tell")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    side = 3_000
    assert read_picture(bombs.deep_png(0, side)).shape == (side, side, 3)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 12 * side * side


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, kind, **options)
    return file.getvalue()


EXIF = Image.Exif()
EXIF[0x0112] = 6
EXIF[0x010E] = "x" * 60_000
TILED = TiffImagePlugin.ImageFileDirectory_v2()
TILED[278] = 1
ORDINARY = {
    "progressive": encoded("JPEG", progressive=True),
    "camera": encoded("JPEG", exif=EXIF.tobytes()),
    "film behind it": encoded("JPEG") + encoded("GIF") * 3 + b"\xff\xda" * 500,
    "cmyk": encoded("JPEG", "CMYK"),
    "png": encoded("PNG", exif=EXIF.tobytes()),
    "rows": encoded("TIFF", tiffinfo=TILED),
    "lzw": encoded("TIFF", compression="tiff_lzw"),
    "jpeg in tiff": encoded("TIFF", compression="jpeg"),
    "big tiff": encoded("TIFF", big_tiff=True),
    "gif": encoded("GIF", "P", comment=b"x" * 40_000),
    "animation": encoded("GIF", "P", save_all=True, append_images=[Image.new("P", (400, 300))] * 5),
    "bmp": encoded("BMP"),
    "webp": encoded("WEBP"),
    "avif": encoded("AVIF"),
    "p4": encoded("PPM", "1"),
    "p5": encoded("PPM", "L"),
    "p6": encoded("PPM"),
    "commented": encoded("PPM").replace(b"P6\n", b"P6\n# made by hand\n#\n"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_pictures_are_read(name: str) -> None:
    assert excess(ORDINARY[name]) == ""
    assert sorted(read_picture(ORDINARY[name]).shape) == [3, 300, 400]


def test_what_only_begins_like_a_picture_is_left_to_the_decoder() -> None:
    for text in (
        b"Python",
        b"P",
        b"P5",
        b"BM",
        b"BMW",
        b"II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"P6 1",
    ):
        if not text.startswith((b"P5", b"P6")):
            assert excess(text) == ""
        with pytest.raises(PictureError):
            read_picture(text)


def test_every_cut_of_every_picture_is_a_sentence() -> None:
    for content in ORDINARY.values():
        for end in {1, 3, 8, 20, 50, 120, len(content) // 3}:
            with pytest.raises(PictureError):
                read_picture(content[:end])
                raise PictureError  # some formats show what there is


def test_arithmetic_coding_is_named() -> None:
    content = encoded("JPEG")
    with pytest.raises(PictureError, match="arithmetic coding"):
        read_picture(content.replace(b"\xff\xc0\x00\x11", b"\xff\xc9\x00\x11"))


def test_an_entry_that_comes_twice_is_refused() -> None:
    entry = struct.pack("<HHII", 256, 4, 1, 40)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry * 2
    assert "twice" in excess(block)
    assert not has_overlaps(block)


def test_a_header_that_points_beyond_all_files_is_damaged() -> None:
    for content in (
        b"MM\0+\0\x08\0\0" + b"\xff" * 40,
        b"II+\0\x08\0\0\0" + b"\xff" * 40,
        b"II*\0" + b"\xff" * 40,
        b"BM" + b"\xff" * 40,
        b"GIF89a" + b"\xff" * 40,
    ):
        assert excess(content) in {"", "is a BigTIFF of the kind that Pillow can't read"}
        with pytest.raises(PictureError):
            read_picture(content)
    exif = Image.Exif()
    exif[0x0112] = 6
    block = exif.tobytes().replace(b"*\0\x08\0\0\0", b"+\0" + b"\xff" * 12)
    assert not has_overlaps(block.removeprefix(b"Exif\0\0"))
