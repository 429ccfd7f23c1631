"""The web app: a page where a person draws a digit or drops a picture, and the service behind it.

``python -m helpers serve`` starts it. The page is in ``static/``; the service reads one picture a
request. Pictures live in memory for as long as the answer takes and are never stored or logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from helpers.web.outcome import BusyError, UploadError
from helpers.web.readers import InThreads, Readers, Source
from helpers.web.schema import FOREIGN, PROBLEMS, REQUEST_BODY, Answer, Health, Problem
from helpers.web.security import SecurityMiddleware
from helpers.web.uploads import UploadRoom, receive_picture

if TYPE_CHECKING:
    from helpers.web.reading import PictureReader

STATIC_FOLDER = Path(__file__).parent / "static"

# The table of types belongs to the operating system, and some call JavaScript plain text.
for _type, _ending in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
    mimetypes.add_type(_type, _ending)


def create_app(reads: PictureReader | Source, loopback_only: bool = True) -> FastAPI:
    """Return the web app.

    Args:
        reads: the pictures: a recognizer, which is used from several threads, or processes.
        loopback_only: answer only requests that name this machine as their host, so that no
            foreign web page reaches the server through a name that points here (DNS rebinding).
    """

    source = reads if isinstance(reads, Source) else InThreads(reads)
    endings = _Endings()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.readers = Readers(source)
        app.state.room = UploadRoom()
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
    app.state.endings = endings
    app.state.end_within = endings.end_within
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

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", responses=FOREIGN, tags=["service"])
    async def healthz() -> Health:
        """Answer as long as the server runs."""
        return Health()

    @app.post(
        "/api/predict",
        response_model=Answer,
        responses=PROBLEMS,
        openapi_extra={"requestBody": REQUEST_BODY},
        tags=["service"],
    )
    async def predict(request: Request) -> Response:
        """Read the digits in one picture. The picture is neither stored nor logged."""
        state = request.app.state
        async with state.endings.ended_in_time(), state.room.held_by(request):
            upload = await receive_picture(request, state.room)
            outcome = await state.readers.read(upload, request.is_disconnected)
        return Response(outcome.body, outcome.status, media_type="application/json")


class _Endings:
    """Lets requests under way end soon when the server does: with their answer, or a sentence."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._is_ending = False

    def end_within(self, seconds: float) -> None:
        """Give every request so many seconds more, and accept no other."""
        self._is_ending = True
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time() + seconds)

    @contextlib.asynccontextmanager
    async def ended_in_time(self) -> AsyncIterator[None]:
        """Run a request until the server ends.

        Raises:
            UploadError: 503, it has ended.
        """
        limit = asyncio.timeout(0 if self._is_ending else None)
        try:
            async with limit:
                self._limits.add(limit)
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            error = BusyError(10)
            error.sentence = "The server is closing: start it again, or ask another."
            raise error from None
        finally:
            self._limits.discard(limit)


class _WholeFile(FileResponse):
    """A file that is always sent whole: ours are small, and any ``Range`` may be passed over."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _static(file: Path) -> FileResponse:
    return _WholeFile(file, headers={"cache-control": "no-cache", "accept-ranges": "none"})


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
    return _problem(Problem(error=error.sentence, file=error.file), error.status, error.headers)


async def _nobody_listens(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


def _problem(
    problem: Problem, status: int, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers=headers)
