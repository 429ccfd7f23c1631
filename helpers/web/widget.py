"""The drawing pad in a notebook: the web page's pad, answered by the kernel.

``DrawingPad()`` at the end of a cell shows it in JupyterLab, VS Code and Colab, which all host
anywidget. The picture goes to the kernel as the person draws, and the reading comes back.
"""

import base64
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from helpers.pictures.bounded import read_apart
from helpers.pictures.files import PictureError, picture_size, read_picture
from helpers.pictures.recognizer import Recognizer
from helpers.web.outcome import QUICK_PIXELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from helpers.pictures.reading import Reading
    from helpers.web.reading import PictureReader

_STATIC_FOLDER = Path(__file__).parent / "static"
# A drawing has a fraction of this, whatever was drawn.
_QUICK_BYTES = 2**20


class DrawingPad(anywidget.AnyWidget):
    """A pad to draw digits on, or to drop a picture on, with what the network reads beside it.

    The traits follow the drawing and are meant to be read, in a later cell or by ``observe``:

    Attributes:
        text: all digits read, left to right, top line first; empty when there is none.
        picture: what was read, uint8 (height, width, 3), RGB: black ink on white for a drawing.
            ``None`` before anything was drawn.
        reading: the ``Reading`` with box, probabilities and 28×28 image of each digit, or ``None``.
    """

    _esm = _STATIC_FOLDER / "pad.js"
    _css = _STATIC_FOLDER / "pad.css"

    text = traitlets.Unicode(read_only=True)
    picture = traitlets.Instance(np.ndarray, allow_none=True, read_only=True)
    reading = traitlets.Any(allow_none=True, read_only=True)

    def __init__(self, recognizer: "PictureReader | None" = None) -> None:
        """Show an empty pad.

        Args:
            recognizer: reads what is drawn; by default one with the model that ships.

        Raises:
            helpers.errors.UserError: there is no model.
        """
        super().__init__()
        self._recognizer: PictureReader = recognizer or Recognizer()
        self.on_msg(self._on_picture)

    def __repr__(self) -> str:
        """Return the same text for every pad, so that stored outputs can be compared."""
        return "DrawingPad()"

    def _on_picture(self, widget: Any, message: dict[str, Any], buffers: list[Any]) -> None:
        """Read the picture that the pad sent, and answer with the number it gave.

        The pad sends one picture at a time and waits for its answer, so nothing queues up here.
        """
        number = message.get("number")
        if number is None or not buffers:
            return
        try:
            self.send({"number": number, "answer": self._read(bytes(buffers[0]))})
        except PictureError as error:
            self.send({"number": number, "error": str(error)})
        except Exception:
            # Without an answer the pad would wait for ever; what went wrong is in Jupyter's log.
            self.send({"number": number, "error": "The picture can't be read here."})
            raise

    def _read(self, content: bytes) -> dict[str, Any]:
        picture, reading = self._picture_and_reading(content)
        self.set_trait("picture", picture)
        self.set_trait("reading", reading)
        self.set_trait("text", reading.text)
        height, width = picture.shape[:2]
        return reading.as_full_json(width, height)

    def _picture_and_reading(self, content: bytes) -> "tuple[NDArray[np.uint8], Reading]":
        """Read a picture; one that is larger than a drawing costs the kernel nothing.

        It is read in a process that is held to what a picture may cost. A reader of somebody's own
        stays in the kernel.
        """
        is_drawing = prod(picture_size(content)) <= QUICK_PIXELS and len(content) <= _QUICK_BYTES
        if not is_drawing and isinstance(self._recognizer, Recognizer):
            return read_apart(content, self._recognizer.judge)
        picture = read_picture(content)
        return picture, self._recognizer.read(picture)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Add a picture of the pad, which a page that only shows the notebook falls back to."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle
        still = (_STATIC_FOLDER / "pad.png").read_bytes()
        return {**data, "image/png": base64.b64encode(still).decode("ascii")}, metadata
