"""Small files that would take minutes or gigabytes if their headers were believed."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image


def _encoded(size: tuple[int, int], kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, kind, **options)
    return file.getvalue()


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg_scans(size: int, side: int = 2000) -> bytes:
    """A progressive JPEG with thousands of scans in which there is nothing."""
    start = _encoded((side, side), "JPEG", progressive=True, quality=50).removesuffix(b"\xff\xd9")
    scan = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0x10]))
    return start + scan * ((size - len(start)) // len(scan)) + b"\xff\xd9"


def jpeg_refinements(size: int, side: int = 2000) -> bytes:
    """The same with scans that go through all coefficients, again and again."""
    start = _encoded((side, side), "JPEG", progressive=True, quality=50).removesuffix(b"\xff\xd9")
    # One code of one bit, for a run of 16,384 blocks: EOB14 with 14 zero bits.
    table = _segment(0xC4, bytes([0x10, 1, *[0] * 15, 0xE0]))
    blocks = ((side + 7) // 8) ** 2
    bits = "".join("0" + f"{0:014b}" for _ in range(blocks // 16_384 + 1))
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    scan = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0x10])) + data.replace(b"\xff", b"\xff\0")
    return start + table + scan * ((size - len(start)) // len(scan)) + b"\xff\xd9"


def jpeg_segments(size: int) -> bytes:
    """A JPEG with as many empty segments as there is room for."""
    picture = _encoded((40, 40), "JPEG")
    return picture[:2] + _segment(0xE1, b"") * (size // 4) + picture[2:]


def jpeg_junk(size: int) -> bytes:
    """A JPEG with fill bytes between its segments."""
    picture = _encoded((40, 40), "JPEG")
    return picture[:20] + b"\xff" * size + picture[20:]


def jpeg_exif(size: int) -> bytes:
    """A JPEG whose EXIF block has thousands of entries that all claim the whole block."""
    picture = _encoded((40, 40), "JPEG")
    block = _directory_of_overlaps(60_000)
    return picture[:2] + _segment(0xE1, b"Exif\0\0" + block) * (size // 60_000) + picture[2:]


def _directory_of_overlaps(size: int, entries: int = 4_000) -> bytes:
    fields = b"".join(struct.pack("<HHII", tag, 7, size // 2, 8) for tag in range(entries))
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + fields).ljust(size, b"\0")


def png_exif(size: int) -> bytes:
    """A PNG with such an EXIF block."""
    picture = _encoded((40, 40), "PNG")
    return picture[:33] + _chunk(b"eXIf", _directory_of_overlaps(size, 30_000)) + picture[33:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    sum_of_it = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum_of_it)


def _directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    fields = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + fields + bytes(4)


def _overlaps_in_another_directory(size: int, entries: int = 600) -> bytes:
    """An EXIF block of two entries, one of which names a directory of overlaps."""
    first = b"II*\0\x08\0\0\0" + _directory([(0x0112, 3, 1, 6), (0x8769, 4, 1, 200)])
    second = _directory([(tag, 7, size // 2, 8) for tag in range(entries)])
    return (first.ljust(200, b"\0") + second).ljust(size, b"\0")


def png_exif_directory(size: int) -> bytes:
    """A PNG with such an EXIF block, which Pillow reads if it is asked to."""
    picture = _encoded((40, 40), "PNG")
    return picture[:33] + _chunk(b"eXIf", _overlaps_in_another_directory(size)) + picture[33:]


def png_profile(size: int) -> bytes:
    """A PNG with an EXIF block of overlaps as a text, as ImageMagick writes it."""
    block = b"Exif\0\0" + _directory_of_overlaps(size // 2, 600)
    text = b"Raw profile type exif\0\nexif\n%8d\n%s\n" % (len(block), block.hex().encode())
    picture = _encoded((40, 40), "PNG")
    return picture[:33] + _chunk(b"tEXt", text) + picture[33:]


def jpeg_index(size: int) -> bytes:
    """A JPEG with an index of several pictures the entries of which all claim the whole block."""
    index = b"II*\0\x08\0\0\0" + _directory([(tag, 3, 16_000, 8) for tag in range(1_300)])
    picture = _encoded((40, 40), "JPEG")
    return picture[:2] + _segment(0xE2, b"MPF\0" + index.ljust(64_000, b"\0")) + picture[2:]


def png_chunks(size: int) -> bytes:
    """A PNG with as many empty chunks as there is room for."""
    picture = _encoded((40, 40), "PNG")
    return picture[:33] + _chunk(b"teSt", b"") * (size // 12) + picture[33:]


def png_data_chunks(size: int) -> bytes:
    """A PNG the data of which come in chunks of one byte."""
    data = zlib.compress(bytes((3 * 300 + 1) * 300), 0)[: size // 13]
    header = _encoded((300, 300), "PNG")[:33]
    chunks = b"".join(_chunk(b"IDAT", data[i : i + 1]) for i in range(len(data)))
    return header + chunks + _chunk(b"IDAT", b"") * ((size - len(chunks)) // 12)


def deep_png(size: int, side: int = 6300) -> bytes:
    """A PNG of 16-bit colour with transparency, which packs 40 megapixels into 300 kB."""
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    row = b"\0" + b"\x80\0" * 4 * side
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def tiff_tiles(size: int, compression: int = 1, tags: tuple[int, int] = (324, 325)) -> bytes:
    """A TIFF that is cut into tiles (or strips) of one pixel."""
    count = size // 8
    side = int(count**0.5)
    count = side * side if tags[0] == 324 else count
    width, height = (side, side) if tags[0] == 324 else (8, count)
    piece = {322: 1, 323: 1} if tags[0] == 324 else {278: 1}
    offsets = 8 + 2 + 12 * 16 + 4 + 64
    single = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 277: 1, **piece}
    entries = {tag: (4, 1, value) for tag, value in single.items()}
    entries[tags[0]] = (4, count, offsets)
    entries[tags[1]] = (4, count, offsets + 4 * count)
    fields = b"".join(struct.pack("<HHII", tag, *entries[tag]) for tag in sorted(entries))
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + fields + bytes(4)
    body = struct.pack("<I", 8) * count + struct.pack("<I", 8) * count
    return head.ljust(offsets, b"\0") + body


def tiff_strips(size: int) -> bytes:
    """A TIFF in strips of one row."""
    return tiff_tiles(size, tags=(273, 279))


def tiff_packed_tiles(size: int) -> bytes:
    """The same, each tile packed by itself."""
    return tiff_tiles(size, compression=32773)


def tiff_overlaps(size: int) -> bytes:
    """A TIFF with thousands of entries that all claim the whole file."""
    return _directory_of_overlaps(size)


def gif_extensions(size: int) -> bytes:
    """A GIF with as many comments as there is room for."""
    picture = _encoded((40, 40), "GIF")
    start = 13 + 3 * 2 ** ((picture[10] & 7) + 1 if picture[10] & 0x80 else 0)
    return picture[:start] + b"!\xfe\x01x\0" * (size // 5) + picture[start:]


def gif_blocks(size: int) -> bytes:
    """A GIF with a comment in blocks of one byte."""
    picture = _encoded((40, 40), "GIF")
    start = 13 + 3 * 2 ** ((picture[10] & 7) + 1 if picture[10] & 0x80 else 0)
    return picture[:start] + b"!\xfe" + b"\x01x" * (size // 2) + b"\0" + picture[start:]


def gif_junk(size: int) -> bytes:
    """A GIF with bytes that mean nothing before its picture."""
    picture = _encoded((40, 40), "GIF")
    start = 13 + 3 * 2 ** ((picture[10] & 7) + 1 if picture[10] & 0x80 else 0)
    return picture[:start] + b"\x01" * size + picture[start:]


def bmp_runs(size: int, side: int = 6300) -> bytes:
    """A BMP packed in runs of no pixel, which is unpacked by Python."""
    data = b"\0\0" * ((size - 1078) // 2)
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(data), 0, 0, 1078) + head + bytes(1024) + data


def ppm_comments(size: int) -> bytes:
    """A plain bitmap of more comments than dots."""
    return b"P1\n2000 2000\n" + b"#\n0 " * (size // 4)


def ppm_levels(size: int) -> bytes:
    """A PPM with 255 levels in place of 256, which Python would stretch."""
    side = int((size / 3) ** 0.5)
    return b"P6\n%d %d\n254\n" % (side, side) + bytes(3 * side * side)


def ppm_spaces(size: int) -> bytes:
    """A PPM the header of which is spaces."""
    return b"P6\n" + b" " * size + b"40 40\n255\n" + bytes(4800)


BOMBS: dict[str, Callable[[int], bytes]] = {
    make.__name__: make
    for make in (
        *(jpeg_scans, jpeg_refinements, jpeg_segments, jpeg_junk, jpeg_exif, jpeg_index),
        *(png_chunks, png_data_chunks, png_exif, png_exif_directory, png_profile),
        *(tiff_tiles, tiff_strips, tiff_packed_tiles, tiff_overlaps),
        *(gif_extensions, gif_blocks, gif_junk),
        *(bmp_runs, ppm_comments, ppm_levels, ppm_spaces),
    )
}
