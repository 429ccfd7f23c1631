"""What the service takes and answers, as models: they check it, and they describe it in OpenAPI."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from helpers.machine.bounds import MOST_MEMORY, MOST_SECONDS
from helpers.web.outcome import MAX_BYTES, MAX_PIXELS

PICTURE_TYPES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/gif",
    "image/bmp",
    "image/tiff",
    "image/heic",
    "image/heif",
    "image/x-portable-anymap",
)
Probability = Annotated[float, Field(ge=0, le=1)]


class Digit(BaseModel):
    """A digit that was found in the picture."""

    digit: int = Field(ge=0, le=9, description="What the network reads.")
    probability: Probability = Field(description="Of that reading.")
    box: list[int] = Field(
        min_length=4,
        max_length=4,
        description="x, y, width, height in pixels of the upright picture.",
    )
    probabilities: list[Probability] = Field(
        min_length=10, max_length=10, description="Of the digits 0 to 9."
    )
    confident: bool = Field(description="False when the network is not sure.")
    image: str = Field(
        description="The 28×28 image that the network saw: a PNG in base64.",
        json_schema_extra={"contentEncoding": "base64", "contentMediaType": "image/png"},
    )


class Answer(BaseModel):
    """What was read in a picture."""

    file: str | None = Field(description="The file's name, where the form gave one.")
    text: str = Field(
        pattern="^[0-9]*$", description="All digits, left to right, top line first; may be empty."
    )
    width: int = Field(ge=1, description="Of the upright picture, in pixels.")
    height: int = Field(ge=1, description="Of the upright picture, in pixels.")
    digits: list[Digit]


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(min_length=1, description="One sentence: what is wrong and what to do.")
    file: str | None = Field(default=None, description="The file's name, where the form gave one.")


class Health(BaseModel):
    """The server is up."""

    status: str = Field(default="ok", pattern="^ok$")


Responses = dict[int | str, dict[str, Any]]

FOREIGN: Responses = {421: {"model": Problem, "description": "The Host header names another."}}
PROBLEMS: Responses = {
    400: {"model": Problem, "description": "No picture was sent, or the form is broken."},
    403: {"model": Problem, "description": "The request comes from another web page."},
    408: {"model": Problem, "description": "The picture did not arrive in time."},
    413: {
        "model": Problem,
        "description": (
            f"More than {MAX_BYTES // 2**20} MiB or {MAX_PIXELS // 10**6} megapixels, or a picture "
            f"that takes more than {MOST_SECONDS:.0f} seconds of the processor or "
            f"{MOST_MEMORY // 2**20} MiB of memory."
        ),
    },
    415: {"model": Problem, "description": "What was sent is not a kind of picture known here."},
    422: {"model": Problem, "description": "The picture is damaged and cannot be read."},
    503: {
        "model": Problem,
        "description": "The server is busy, or is closing.",
        "headers": {
            "Retry-After": {
                "description": "After how many seconds to ask again.",
                "schema": {"type": "integer", "minimum": 1},
            }
        },
    },
    **FOREIGN,
}

_BINARY = {"type": "string", "format": "binary"}
REQUEST_BODY = {
    "required": True,
    "description": (
        "One picture, as form field 'file' or as the whole body, of at most "
        f"{MAX_BYTES // 2**20} MiB and {MAX_PIXELS // 10**6} megapixels. A body of type "
        "application/octet-stream is taken too, if its bytes are a picture."
    ),
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {**_BINARY, "description": "The picture."}},
            },
            "encoding": {"file": {"contentType": ", ".join(PICTURE_TYPES)}},
        },
        "image/*": {"schema": _BINARY},
    },
}
