"""What a server says that it offers, as a manifest. Everything in it is text of a stranger."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from mcp import MCPError, types
from mcp.client import ClientSession

from batuta.capabilities.answers import checker_of
from batuta.errors import InputError
from batuta.imports.manifest import ENTRIES_MAX, Entry, Manifest, made
from batuta.imports.names import local_names

__all__ = ["listed"]

# A server that always has one more page is not listened to for ever.
_PAGES_MAX = 500
_TEMPLATES_SHOWN_MAX = 50
_READ_INPUT = {
    "type": "object",
    "properties": {"uri": {"type": "string", "minLength": 1}},
    "required": ["uri"],
    "additionalProperties": False,
}


async def listed(session: ClientSession, origin: dict[str, Any]) -> Manifest:
    """What `session` offers now.

    Raises:
        InputError: it is more than anybody can use.
        mcp.MCPError, pydantic.ValidationError: it does not say, or not in a way that can be understood.
    """
    offers = session.server_capabilities or types.ServerCapabilities()
    tools = await _tools(session) if offers.tools is not None else []
    prompts = await _prompts(session) if offers.prompts is not None else []
    names = local_names([*(one.name for one in tools), *(f"prompt.{one.name}" for one in prompts)])
    entries: list[Entry] = []
    left_out: dict[str, str] = {}
    for entry in (
        *(_tool(one, names[one.name]) for one in tools),
        *(_prompt(one, names[f"prompt.{one.name}"]) for one in prompts),
    ):
        flaw = _flaw(entry)
        if flaw:
            left_out[(entry.called or entry.name)[:200]] = flaw
        else:
            entries.append(entry)
    if offers.resources is not None:
        entries += await _resources(session, {one.name for one in entries})
    return made(
        "mcp", entries, origin=origin, protocol=_protocol(session, offers), left_out=left_out
    )


async def _tools(session: ClientSession) -> list[types.Tool]:
    async def page(params: types.PaginatedRequestParams | None) -> tuple[list[types.Tool], Any]:
        found = await session.list_tools(params=params)
        return found.tools, found.next_cursor

    return await _all(page)


async def _prompts(session: ClientSession) -> list[types.Prompt]:
    async def page(params: types.PaginatedRequestParams | None) -> tuple[list[types.Prompt], Any]:
        found = await session.list_prompts(params=params)
        return found.prompts, found.next_cursor

    return await _all(page)


async def _kinds(session: ClientSession) -> list[types.ResourceTemplate]:
    async def page(
        params: types.PaginatedRequestParams | None,
    ) -> tuple[list[types.ResourceTemplate], Any]:
        found = await session.list_resource_templates(params=params)
        return found.resource_templates, found.next_cursor

    return await _all(page)


async def _all(
    page: Callable[[types.PaginatedRequestParams | None], Awaitable[tuple[list[Any], str | None]]],
) -> list[Any]:
    found: list[Any] = []
    params = None
    for _ in range(_PAGES_MAX):
        try:
            part, cursor = await page(params)
        except MCPError as error:
            if error.code == types.METHOD_NOT_FOUND:
                return found  # there are servers that offer resources and know no kinds of them
            raise
        found += part
        if len(found) > ENTRIES_MAX:
            raise InputError(f"it offers more than {ENTRIES_MAX:,} tools or prompts")
        if cursor is None:
            return found
        params = types.PaginatedRequestParams(cursor=cursor)
    raise InputError(f"its list has more than {_PAGES_MAX} pages")


def _tool(tool: types.Tool, name: str) -> Entry:
    hints = (
        tool.annotations.model_dump(by_alias=True, exclude_none=True) if tool.annotations else {}
    )
    title = tool.title or hints.pop("title", None) or ""
    return Entry(
        name=name,
        called="" if name == tool.name else tool.name,
        title=title,
        description=tool.description or "",
        input=tool.input_schema,
        output=tool.output_schema,
        hints=hints,
    )


def _prompt(prompt: types.Prompt, name: str) -> Entry:
    arguments = prompt.arguments or []
    return Entry(
        name=name,
        kind="prompt",
        called=prompt.name,
        title=prompt.title or "",
        description=prompt.description or "",
        input={
            "type": "object",
            "properties": {
                one.name: {"type": "string"}
                | ({"description": one.description} if one.description else {})
                for one in arguments
            },
            "required": [one.name for one in arguments if one.required],
            "additionalProperties": False,
        },
    )


async def _resources(session: ClientSession, taken: set[str]) -> list[Entry]:
    """Two entries: which resources there are is data, and is asked for when it is needed."""
    kinds = "\n".join(_templates(await _kinds(session)))
    about = "Reads one of its resources, by its URI." + (
        f" Kinds of URIs:\n{kinds}" if kinds else ""
    )
    return [
        Entry(
            name="list_resources" if "resources" in taken else "resources",
            kind="resource",
            called="resources/list",
            description="Lists its resources: their URIs, names and types.",
            input={"type": "object", "properties": {}, "additionalProperties": False},
        ),
        Entry(
            name="read_resource" if "read" in taken else "read",
            kind="resource",
            called="resources/read",
            description=about,
            input=_READ_INPUT,
        ),
    ]


def _templates(templates: list[types.ResourceTemplate]) -> Iterator[str]:
    for one in templates[:_TEMPLATES_SHOWN_MAX]:
        yield f"{one.uri_template}: {one.description or one.title or one.name}"


def _protocol(session: ClientSession, offers: types.ServerCapabilities) -> dict[str, Any]:
    server = session.server_info
    return {
        "version": session.protocol_version or "",
        "server": {"name": server.name, "version": server.version} if server else {},
        "capabilities": sorted(offers.model_dump(by_alias=True, exclude_none=True)),
    }


def _flaw(entry: Entry) -> str:
    """Why `entry` cannot be called from here, or ""."""
    for what, schema in (("input", entry.input), ("output", entry.output)):
        if schema is None:
            continue
        try:
            checker_of(schema)
        except InputError as error:
            return f"{what}: {error.message}"
    # A schema that says nothing of a type takes a map, as arguments are one.
    kind = entry.input.get("type", "object")
    return "" if kind == "object" else f"input: its type is {str(kind)[:40]!r}, not 'object'"
