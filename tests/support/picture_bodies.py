"""Lets schemathesis send real pictures.

A description can say "bytes of a picture" but not which bytes make one, so a generator that knows
the description alone sends noise, and a rightful refusal looks like a fault. This hands it
pictures for the types that the service names; whatever else it invents is still its own.
"""

import io

import schemathesis
from hypothesis import strategies
from PIL import Image

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}


def _encode(kind: str, width: int, height: int, grey: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), grey).save(file, kind)
    return file.getvalue()


for _name, _kind in _FORMATS.items():
    schemathesis.openapi.media_type(
        _name,
        strategies.builds(
            _encode,
            strategies.just(_kind),
            width=strategies.integers(1, 300),
            height=strategies.integers(1, 300),
            grey=strategies.integers(0, 255),
        ),
    )
