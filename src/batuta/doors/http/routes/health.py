"""Is the server alive, and can it take on anything now?"""

from fastapi import APIRouter, Request, Response

from batuta.doors.http.bodies import answered, json_answer
from batuta.doors.http.problems import document_of
from batuta.doors.http.state import service_of

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get("/health", responses=answered("The process is alive.", "status"))
async def health() -> Response:
    """True as long as the process answers."""
    return json_answer({"status": "ok"})


@router.get("/ready", responses=answered("The journal can be read and written.", "status"))
async def ready(request: Request) -> Response:
    """Whether something can be accepted now: the journal is read, and there is room beside it."""
    trouble = await service_of(request).trouble()
    return json_answer({"status": "ready"}) if trouble is None else document_of(trouble)
