"""What the public conformance suite runs as a client: everything that the server at the given URL offers is called.

MCP_CONFORMANCE_SCENARIO=tools_call python conformance_client.py http://localhost:1234/mcp
"""

import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from batuta.capabilities.mcp.opening import McpServers, offered
from batuta.imports.pin import write_pin
from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig, OAuthConfig
from batuta.spec.call import Call, Failed, Waiting


def values(schema: dict[str, Any]) -> dict[str, Any]:
    """Arguments that fit: the numbers are 5 and 3, as the suite adds them."""
    numbers = iter([5, 3, 1, 2])
    made: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        made[name] = next(numbers) if field.get("type") in ("number", "integer") else "test"
    return made


def credentials(url: str) -> OAuthConfig | None:
    """Those of the scenario; who the issuer is an operator reads in the papers of the server, and we here."""
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
    if not {"client_secret", "private_key_pem"} & context.keys():
        return None
    parts = urllib.parse.urlsplit(url)
    paper = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"
    with urllib.request.urlopen(paper) as answer:
        issuer = json.load(answer)["authorization_servers"][0]
    if "private_key_pem" in context:
        os.environ["CONFORMANCE_KEY"] = context["private_key_pem"]
        return OAuthConfig(issuer, context["client_id"], private_key="env:CONFORMANCE_KEY")
    os.environ["CONFORMANCE_SECRET"] = context["client_secret"]
    return OAuthConfig(issuer, context["client_id"], "env:CONFORMANCE_SECRET")


async def main(url: str, root: Path) -> None:
    config = McpConfig(url=url, oauth=credentials(url))
    manifest = await offered("s", config, root, ["localhost"])
    write_pin(root, "s", manifest)
    tools = {name: Declared(waits=True) for name in manifest.entries}
    servers = McpServers(
        {"s": McpConfig(url=url, oauth=config.oauth, tools=tools)}, root, ["localhost"]
    )
    try:
        for one in servers.capabilities:
            name, deadline = one.card.name, time.time() + 20
            call = Call("r", "p", 1, name, values(one.card.input), deadline, name)
            outcome = await one(call)
            while isinstance(outcome, Waiting):
                fields: dict[str, Any] = {"answered": True, "answer": {}, "state": outcome.state}
                outcome = await one(Call("r", "p", 1, name, call.args, deadline, name, **fields))
            print(name, outcome)
            if isinstance(outcome, Failed):
                sys.exit(1)
    finally:
        await servers.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(sys.argv[-1], Path(folder)))
