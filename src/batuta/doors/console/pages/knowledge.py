"""The documents of collections: looked up with their places, taken in, taken out."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from batuta.doors.console.desk import Console
from batuta.doors.console.routing import PageRoute
from batuta.doors.http.access.principal import may
from batuta.errors import BatutaError

__all__ = ["knowledge_router"]

_HITS_MAX = 8
_LISTED_MAX = 500
_QUESTION = Annotated[str, Query(max_length=4_000)]


def knowledge_router(console: Console) -> APIRouter:
    """The routes of these pages."""
    library = console.library
    router = APIRouter(route_class=PageRoute)

    @router.get("/knowledge")
    async def collections() -> HTMLResponse:
        found = await library.collections()
        return await console.page("knowledge.html", "knowledge", collections=found)

    @router.get("/knowledge/{name}")
    async def collection(name: str, q: _QUESTION = "") -> HTMLResponse:
        return await _collection(console, name, q)

    @router.post("/knowledge/{name}", response_model=None, dependencies=[may("knowledge")])
    async def change(name: str, request: Request) -> HTMLResponse | RedirectResponse:
        try:
            async with request.form() as form:
                gone, document = str(form.get("delete", "")), form.get("document")
                if gone:
                    await library.delete(name, gone)
                elif isinstance(document, UploadFile) and document.filename:
                    folder = str(form.get("folder", "")).strip("/ ")
                    source = f"{folder}/{document.filename}" if folder else document.filename
                    await library.put(name, source, await document.read())
        except BatutaError as error:
            return await _collection(console, name, "", error)
        return RedirectResponse(f"/knowledge/{quote(name)}", 303)

    return router


async def _collection(
    console: Console, name: str, question: str, error: BatutaError | None = None
) -> HTMLResponse:
    listed = await console.library.documents(name)
    found: dict[str, Any] = {"hits": [], "none": ""}
    if question.strip():
        try:
            found = await console.library.search(name, question, _HITS_MAX)
        except BatutaError as flaw:
            error = flaw
    documents = listed["documents"]
    first = documents[0]["source"] if documents else ""
    return await console.page(
        "collection.html",
        "knowledge",
        status=200 if error is None else 422,
        name=name,
        documents=documents[:_LISTED_MAX],
        more=max(len(documents) - _LISTED_MAX, 0),
        folder=first.rpartition("/")[0],
        question=question,
        hits=found["hits"],
        flaw=error.message if error else "",
        remedy=error.remedy if error else "",
    )
