"""The web app: a page where a person draws a digit or drops a picture, and the service behind it.

``python -m helpers serve`` starts it. The page is in ``static/``; the service reads one picture a
request. Pictures live in memory for as long as the answer takes and are never stored or logged.
"""

import argparse
import asyncio
import contextlib
import mimetypes
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from helpers.errors import UserError
from helpers.pictures.files import MIN_SIDE, PictureError, read_picture
from helpers.pictures.reading import answer
from helpers.pictures.recognizer import Reading, Recognizer
from helpers.web.security import Guard, is_loopback
from helpers.web.uploads import (
    MAX_BYTES,
    MAX_PIXELS,
    PICTURE_TYPES,
    LargeUploads,
    Upload,
    UploadError,
    picture_size,
    receive_picture,
)

STATIC_FOLDER = Path(__file__).parent / "static"

# Two readings at a time keep two cores busy; more would only make each of them slower.
_WORKERS = 2
# Pictures beyond this many pixels are decoded one at a time, which bounds the memory.
_LARGE_PIXELS = 4_000_000
_BACKLOG = 2048

# The table of types belongs to the operating system, and some call JavaScript plain text.
for _type, _ending in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
    mimetypes.add_type(_type, _ending)

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

    status: str = Field(pattern="^ok$")


_FOREIGN = {421: {"model": Problem, "description": "The Host header is not this machine's."}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "No picture was sent, or the form is broken."},
    403: {"model": Problem, "description": "The request comes from another web page."},
    408: {"model": Problem, "description": "The picture did not arrive in time."},
    413: {
        "model": Problem,
        "description": f"More than {MAX_BYTES // 2**20} MiB or {MAX_PIXELS // 10**6} megapixels.",
    },
    415: {"model": Problem, "description": "What was sent is not a kind of picture known here."},
    422: {"model": Problem, "description": "The picture is damaged and cannot be read."},
    **_FOREIGN,
}
_BINARY = {"type": "string", "format": "binary"}
_REQUEST_BODY = {
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


class Readers:
    """A few threads that read pictures, so that the server goes on listening meanwhile."""

    def __init__(self, recognizer: Recognizer) -> None:
        """Share one recognizer between the threads."""
        self._recognizer = recognizer
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="reader")
        self._turn = asyncio.Semaphore(_WORKERS)
        self._large_turn = asyncio.Lock()

    async def read(self, upload: Upload, is_gone: Callable[[], Any]) -> dict[str, Any]:
        """Return the answer for a picture.

        Raises:
            UploadError: the picture cannot be read.
            ClientDisconnect: the client left before its turn. A browser that draws on drops the
                request it has overtaken, and that picture is not read.
        """
        width, height = await self._run(picture_size, upload)
        if max(width, height) < MIN_SIDE or min(width, height) < 2:
            # A picture all right, and certainly one without a digit.
            return answer(Reading("", ()), width, height, upload.file)
        is_large = width * height > _LARGE_PIXELS
        alone = self._large_turn if is_large else contextlib.nullcontext()
        async with alone, self._turn:
            if await is_gone():
                raise ClientDisconnect
            return await self._run(_read, self._recognizer, upload)

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)


def _read(recognizer: Recognizer, upload: Upload) -> dict[str, Any]:
    try:
        picture = read_picture(upload.content)
    except PictureError as error:
        sentence = str(error)
        raise UploadError(422, sentence[:1].upper() + sentence[1:], upload.file) from None
    height, width = picture.shape[:2]
    return answer(recognizer.read(picture), width, height, upload.file)


def create_app(recognizer: Recognizer, loopback_only: bool = True) -> FastAPI:
    """Return the web app.

    Args:
        recognizer: reads the pictures; used from several threads.
        loopback_only: answer only requests that name this machine as their host, so that no
            foreign web page reaches the server through a name that points here (DNS rebinding).
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.readers = Readers(recognizer)
        app.state.large_uploads = LargeUploads()
        yield
        app.state.readers.close()

    # FastAPI's own documentation pages load their scripts from the internet, so they are off.
    app = FastAPI(
        title="Handwritten digits",
        version="1.0.0",
        summary="Reads the handwritten digits in a picture.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.add_middleware(Guard, loopback_only=loopback_only)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(UploadError, _upload_problem)
    app.add_exception_handler(ClientDisconnect, _nobody_listens)
    _add_routes(app)
    return app


def _add_routes(app: FastAPI) -> None:
    files = {file.name: file for file in STATIC_FOLDER.iterdir() if file.is_file()}

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page() -> FileResponse:
        return _static(files["index.html"])

    @app.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404)
        return _static(files[name])

    @app.get("/healthz", responses={200: {"model": Health}, **_FOREIGN}, tags=["service"])
    async def healthz() -> JSONResponse:
        """Answer as long as the server runs."""
        return JSONResponse({"status": "ok"})

    @app.post(
        "/api/predict",
        responses={200: {"model": Answer}, **_PROBLEMS},
        openapi_extra={"requestBody": _REQUEST_BODY},
        tags=["service"],
    )
    async def predict(request: Request) -> Response:
        """Read the digits in one picture. The picture is neither stored nor logged."""
        uploads, readers = request.app.state.large_uploads, request.app.state.readers
        async with uploads.held_by(request):
            upload = await receive_picture(request, uploads)
            result = await readers.read(upload, request.is_disconnected)
        return JSONResponse(result)


def _static(file: Path) -> FileResponse:
    return FileResponse(file, headers={"cache-control": "no-cache"})


_SENTENCES = {
    404: "There is nothing at this address: the page is at /, the service at /api/predict.",
    405: "This address does not know that method: see the Allow header.",
}


async def _http_problem(request: Request, error: HTTPException) -> JSONResponse:
    sentence = _SENTENCES.get(error.status_code, f"{error.detail}.")
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


async def _upload_problem(request: Request, error: UploadError) -> JSONResponse:
    named = {"file": error.file} if error.file else {}
    return JSONResponse({**named, "error": error.sentence}, error.status)


async def _nobody_listens(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=400)


class ServeError(UserError):
    """The server cannot start; the text says why in one sentence."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on ``host`` and ``port`` (0: any free one).

    Raises:
        ServeError: the name is unknown, the port is taken, or this user may not use it.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise ServeError(f"there is no address for the host {host!r}: try 127.0.0.1.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # Lets a restarted server have its port back at once. On Windows it would let two share it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ServeError(
            f"cannot listen on {host} port {port} ({error.strerror}): "
            "choose another with --port, or end the program that uses it."
        ) from None
    return listener


def serve_command(args: argparse.Namespace) -> int:
    """Serve the web app until Ctrl-C: the command ``serve``.

    Args:
        args: ``host`` and ``port``.

    Returns:
        Exit status 0.

    Raises:
        UserError: the port cannot be used, or there is no model.
    """
    listener = listen(args.host, args.port)
    with contextlib.closing(listener):
        recognizer = Recognizer()
        host, port = listener.getsockname()[:2]
        app = create_app(recognizer, loopback_only=is_loopback(_in_url(host)))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=3,
        )
        print(f"Draw a digit at {_address(host, port)} (Ctrl-C ends the server).", flush=True)
        if not is_loopback(_in_url(host)):
            print("Everyone who reaches this machine over the network can use it.", flush=True)
        with _ended_by_ctrl_c():
            uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextlib.contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Take Ctrl-C for what it is here, the ordinary end: uvicorn closes, then passes it on."""
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(host: str, port: int) -> str:
    """Return the address to type into a browser on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return f"http://{_in_url(everywhere.get(host, host))}:{port}"
