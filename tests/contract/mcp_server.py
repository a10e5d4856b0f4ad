"""An MCP server, without any SDK, whose tools have their effects in the ledger: `python mcp_server.py LEDGER_URL`.

It ends at once when its input does, as a server should, and when the ledger hangs up on it, as some do.
"""

import json
import os
import sys
import threading
import urllib.request
from typing import Any

TOOLS = {"read": "read", "put": "put", "pay": "pay"}
SCHEMA = {
    "type": "object",
    "properties": {"reference": {"type": "string"}},
    "required": ["reference"],
}
say_one = threading.Lock()


def say(id_: Any, **message: Any) -> None:
    with say_one:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": id_, **message}) + "\n")
        sys.stdout.flush()


def call(id_: Any, params: dict[str, Any]) -> None:
    body = json.dumps(params["arguments"]).encode()
    key = params.get("_meta", {}).get("batuta/idempotency-key", "")
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    url = f"{sys.argv[1]}/effects/{TOOLS[params['name']]}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            entry = json.load(answer)
    except OSError:
        os._exit(1)
    text = {"type": "text", "text": "done"}
    say(id_, result={"content": [text], "structuredContent": {"entry": entry}})


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        id_, params = message.get("id"), message.get("params")
        match message["method"]:
            case "initialize":
                version = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}
                say(id_, result={**version, "serverInfo": {"name": "ledger", "version": "1"}})
            case "tools/list":
                say(id_, result={"tools": [{"name": one, "inputSchema": SCHEMA} for one in TOOLS]})
            case "tools/call":
                threading.Thread(target=call, args=(id_, params), daemon=True).start()
            case _ if id_ is not None:
                say(id_, error={"code": -32601, "message": "Method not found"})
            case _:
                pass
    os._exit(0)


if __name__ == "__main__":
    main()
