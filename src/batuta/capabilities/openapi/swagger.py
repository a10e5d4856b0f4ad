"""An operation of Swagger 2.0 in the words of OpenAPI 3, so that nothing else has to know of 2.0. Pure."""

from typing import Any

from batuta.capabilities.openapi.references import References, as_list, as_map, as_text

__all__ = ["flows_of", "parameters_of", "servers_of", "upgraded"]

_SCHEMA_KEYS = frozenset(
    "type format items enum default minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength pattern"
    " minItems maxItems uniqueItems multipleOf x-nullable".split()
)
# By `collectionFormat`: the style, and whether each item stands alone.
_STYLES = {
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}


def upgraded(
    references: References, operation: dict[str, Any], shared: list[dict[str, Any]]
) -> dict[str, Any]:
    """`operation` with parameters, body and responses as in version 3; `shared` are those of its path."""
    root = references.root
    consumes = as_list(operation.get("consumes", root.get("consumes")))
    produces = as_list(operation.get("produces", root.get("produces"))) or ["application/json"]
    given = parameters_of(references, shared, as_list(operation.get("parameters")))
    found = {key: value for key, value in operation.items() if key != "parameters"}
    found["parameters"] = [
        _parameter(one) for one in given if one.get("in") not in ("body", "formData")
    ]
    body = _body(given, consumes)
    if body:
        found["requestBody"] = body
    found["responses"] = {
        status: _response(references.resolved(one), produces)
        for status, one in as_map(operation.get("responses")).items()
        if not status.startswith("x-")
    }
    return found


def parameters_of(
    references: References, shared: list[Any], own: list[Any]
) -> list[dict[str, Any]]:
    """The parameters of a path and its operation, resolved; those of the operation go before. Raises `Refused`."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in [*shared, *own]:
        parameter = references.resolved(one)
        found[as_text(parameter.get("name")), as_text(parameter.get("in"))] = parameter
    return list(found.values())


def servers_of(root: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the service of a 2.0 document is, https before http."""
    host, path = as_text(root.get("host")), as_text(root.get("basePath"))
    if not host:
        return [{"url": path}] if path else []
    schemes = [one for one in as_list(root.get("schemes")) if one in ("https", "http")]
    return [{"url": f"{one}://{host}{path}"} for one in sorted(schemes or ["https"], reverse=True)]


def flows_of(scheme: dict[str, Any]) -> dict[str, Any]:
    """The flows of an OAuth2 scheme of 2.0, by their names in 3."""
    name = {"application": "clientCredentials"}.get(as_text(scheme.get("flow")), "other")
    return {name: {"tokenUrl": scheme.get("tokenUrl"), "scopes": scheme.get("scopes")}}


def _parameter(given: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in given.items() if key not in _SCHEMA_KEYS}
    found["schema"] = _schema(given)
    if given.get("type") == "array":
        format_ = as_text(given.get("collectionFormat"))
        plain = "form" if given.get("in") == "query" else "simple"
        style, explode = _STYLES.get(format_, (plain, False))
        found |= {"style": style if given.get("in") == "query" else plain, "explode": explode}
    return found


def _schema(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key in _SCHEMA_KEYS}


def _body(given: list[dict[str, Any]], consumes: list[Any]) -> dict[str, Any]:
    for one in given:
        if one.get("in") == "body":
            medias = [media for media in consumes if isinstance(media, str)]
            content = {media: {"schema": one.get("schema", {})} for media in medias}
            return {
                "content": content or {"application/json": {"schema": one.get("schema", {})}},
                "required": one.get("required") is True,
                "description": one.get("description", ""),
            }
    fields = [one for one in given if one.get("in") == "formData"]
    if not fields:
        return {}
    properties: dict[str, Any] = {}
    encoding: dict[str, Any] = {}
    for one in fields:
        name = as_text(one.get("name"))
        file = one.get("type") == "file"
        properties[name] = {"type": "string", "format": "binary"} if file else _schema(one)
        if one.get("description"):
            properties[name]["description"] = one["description"]
        if one.get("type") == "array":
            style, explode = _STYLES.get(as_text(one.get("collectionFormat")), ("form", False))
            encoding[name] = {"style": style, "explode": explode}
    multipart = "multipart/form-data" in consumes or any(
        one.get("type") == "file" for one in fields
    )
    media = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
    required = [as_text(one.get("name")) for one in fields if one.get("required") is True]
    schema = {"type": "object", "properties": properties, "required": required}
    content = {media: {"schema": schema, "encoding": encoding}}
    return {"content": content, "required": bool(required)}


def _response(given: dict[str, Any], produces: list[Any]) -> dict[str, Any]:
    if "schema" not in given:
        return {}
    schema = as_map(given["schema"])
    if schema.get("type") == "file":
        return {"content": {"application/octet-stream": {}}}
    return {"content": {media: {"schema": schema} for media in produces if isinstance(media, str)}}
