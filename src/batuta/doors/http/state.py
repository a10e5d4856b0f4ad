"""What a route finds beside its request."""

from fastapi import Request

from batuta.app import App
from batuta.doors.http.access.principal import Principal
from batuta.serving.service import Service

__all__ = ["app_of", "caller_of", "service_of"]


def service_of(request: Request) -> Service:
    """The workspace that is served."""
    service: Service = request.app.state.service
    return service


def app_of(request: Request) -> App:
    """Its app."""
    return service_of(request).app


def caller_of(request: Request) -> Principal:
    """Who asks."""
    principal: Principal = request.scope["state"]["principal"]
    return principal
