"""A small weather service to call, so that this folder works without the network: `python server.py`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

CELSIUS = {"lisbon": 24.5, "oslo": 3.0, "rome": 21.0}


class Weather(BaseHTTPRequestHandler):
    """Answers `GET /weather/CITY`."""

    def do_GET(self) -> None:
        """Answer with the weather of a city, or 404."""
        city = unquote(self.path.removeprefix("/weather/"))
        known = city.lower() in CELSIUS
        answer = {"city": city, "celsius": CELSIUS[city.lower()]} if known else {"error": "unknown"}
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    ThreadingHTTPServer(("127.0.0.1", port), Weather).serve_forever()
