"""The web app: a page where a person draws a digit or drops a picture, and the service behind it.

``python -m helpers serve`` starts it. The page is in ``static/``; the service reads one picture a
request. Pictures live in memory for as long as the answer takes and are never stored or logged.
"""

import argparse
import contextlib
import mimetypes
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from helpers.errors import UserError
from helpers.pictures.recognizer import Recognizer
from helpers.web.readers import PictureReader, Readers
from helpers.web.schema import FOREIGN, PROBLEMS, REQUEST_BODY, Answer, Health, Problem
from helpers.web.security import SecurityMiddleware, is_loopback
from helpers.web.uploads import LargeUploads, UploadError, receive_picture

STATIC_FOLDER = Path(__file__).parent / "static"

_BACKLOG = 2048

# The table of types belongs to the operating system, and some call JavaScript plain text.
for _type, _ending in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
    mimetypes.add_type(_type, _ending)


def create_app(recognizer: PictureReader, loopback_only: bool = True) -> FastAPI:
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
    app.add_middleware(SecurityMiddleware, loopback_only=loopback_only)
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

    @app.get("/healthz", responses=FOREIGN, tags=["service"])
    async def healthz() -> Health:
        """Answer as long as the server runs."""
        return Health()

    @app.post(
        "/api/predict",
        responses=PROBLEMS,
        openapi_extra={"requestBody": REQUEST_BODY},
        tags=["service"],
    )
    async def predict(request: Request) -> Answer:
        """Read the digits in one picture. The picture is neither stored nor logged."""
        uploads, readers = request.app.state.large_uploads, request.app.state.readers
        async with uploads.held_by(request):
            upload = await receive_picture(request, uploads)
            return await readers.read(upload, request.is_disconnected)


def _static(file: Path) -> FileResponse:
    return FileResponse(file, headers={"cache-control": "no-cache"})


_SENTENCES = {
    404: "There is nothing at this address: the page is at /, the service at /api/predict.",
    405: "This address does not know that method: see the Allow header.",
}


# Starlette gives a handler the errors that it was registered for, typed as any exception.


async def _http_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentence = _SENTENCES.get(error.status_code, f"{error.detail}.")
    return _problem(Problem(error=sentence), error.status_code, error.headers)


async def _upload_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UploadError)
    return _problem(Problem(error=error.sentence, file=error.file), error.status)


async def _nobody_listens(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


def _problem(
    problem: Problem, status: int, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers=headers)


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


def server_of(app: FastAPI) -> uvicorn.Server:
    """Return the server that the command runs: quiet, and silent about what it is."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=3,
        )
    )


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
        print(f"Draw a digit at {_address(host, port)} (Ctrl-C ends the server).", flush=True)
        if not is_loopback(_in_url(host)):
            print("Everyone who reaches this machine over the network can use it.", flush=True)
        with _ended_by_ctrl_c():
            server_of(app).run(sockets=[listener])
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
