"""Who may ask, and what: keys, tokens, names and origins."""

import base64
import hmac
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from batuta.doors.cli.entry import main
from batuta.doors.http.access.tokens import Tokens
from batuta.doors.http.problems import Problem
from batuta.outbound.exchange import Answer, Request
from batuta.serving.keys import KEYS_FILE, Keys
from tests.doors.http.conftest import Server, make_workspace, serving

ISSUER, AUDIENCE = "https://issuer.example", "batuta"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = make_workspace(tmp_path_factory.mktemp("guarded") / "desk")
    Keys(folder).add("owner", ("admin",), time.time())
    with serving(folder) as one:
        yield one


def _bearer(server: Server, *scopes: str, **how: Any) -> dict[str, str]:
    _, text = Keys(server.folder).add("somebody", scopes, time.time(), **how)
    return {"Authorization": f"Bearer {text}"}


def test_without_a_key_only_health_is_told(guarded: Server) -> None:
    assert guarded.http.get("/health").status_code == 200
    for method, path in _routes(guarded):
        answer = guarded.http.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_may_what_its_scopes_say_and_no_more(guarded: Server) -> None:
    reader = _bearer(guarded, "read")
    assert guarded.http.get("/api/v1/runs", headers=reader).status_code == 200
    for method, path in _routes(guarded):
        if method not in ("GET", "HEAD"):
            answer = guarded.http.request(method, path, headers=reader, json={})
            assert (answer.status_code, answer.json()["code"]) == (403, "scope"), (method, path)
    runner = _bearer(guarded, "run")
    asked = {"plan": "echo", "inputs": {"text": "x"}}
    begun = guarded.http.post("/api/v1/runs", json=asked, headers=runner)
    assert begun.status_code == 200
    assert guarded.http.get("/api/v1/runs", headers=runner).status_code == 403


OWN_PLAN = "name: own\nsteps: {it: {use: publish, with: {text: x}}}\nresult: done\n"


@pytest.mark.parametrize(
    "asked", [{"text": OWN_PLAN}, {"plan": {"steps": {"a": {"use": "value"}}}}]
)
def test_who_may_make_no_plan_brings_none(guarded: Server, asked: dict[str, Any]) -> None:
    runner = _bearer(guarded, "run")
    answer = guarded.http.post("/api/v1/runs", json=asked, headers=runner)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")
    assert "make" in answer.json()["remedy"]
    calling = guarded.http.post("/capabilities/publish", data={"text": "x"}, headers=runner)
    assert calling.status_code == 403


def test_for_who_may_make_no_plan_none_is_made(guarded: Server) -> None:
    runner, maker = _bearer(guarded, "run", "read"), _bearer(guarded, "run", "read", "plan")
    made = {"words": "slowly take 0.01 seconds"}
    answer = guarded.http.post("/api/v1/runs", json=made, headers=maker)
    assert answer.json()["request"]["planner"] == "compose", answer.text
    answer = guarded.http.post("/api/v1/runs", json=made, headers=runner)
    assert (answer.status_code, answer.json()["code"]) == (422, "unclear")
    assert [one["planner"] for one in answer.json()["request"]["ladder"]] == ["route"]
    # What is registered runs for them as for everybody.
    begun = guarded.http.post("/api/v1/runs", json={"words": "publish hello"}, headers=runner)
    assert begun.status_code == 200, begun.text
    run = begun.json()["run"]
    facts = guarded.http.get(f"/api/v1/runs/{run}/facts", headers=runner).json()["facts"]
    assert facts[0]["request"]["trusted"] is False


def test_what_a_stranger_began_is_not_trusted_because_somebody_forks_it(guarded: Server) -> None:
    runner, maker = _bearer(guarded, "run", "read"), _bearer(guarded, "run", "read", "plan")
    for first, second in ((runner, maker), (maker, runner)):
        asked = {"plan": "echo", "inputs": {"text": "x"}}
        begun = guarded.http.post("/api/v1/runs?wait=60", json=asked, headers=first).json()
        fork = {"at": "said"}
        forked = guarded.http.post(
            f"/api/v1/runs/{begun['run']}/fork", json=fork, headers=second
        ).json()
        facts = guarded.http.get(f"/api/v1/runs/{forked['run']}/facts", headers=maker).json()
        assert facts["facts"][0]["request"]["trusted"] is False


def test_a_conversation_answers_no_question_for_who_may_not_answer(guarded: Server) -> None:
    runner = _bearer(guarded, "run")
    messages = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "Publish?\n\n(batuta: run r00000000)"},
        {"role": "user", "content": "yes"},
    ]
    asked = {"model": "batuta", "messages": messages}
    answer = guarded.http.post("/v1/chat/completions", json=asked, headers=runner)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_who_begins_a_run_stands_in_its_log(guarded: Server) -> None:
    both = _bearer(guarded, "run", "read")
    asked = {"plan": "echo", "inputs": {"text": "x"}}
    run = guarded.http.post("/api/v1/runs", json=asked, headers=both).json()["run"]
    facts = guarded.http.get(f"/api/v1/runs/{run}/facts", headers=both).json()["facts"]
    assert facts[0]["request"]["author"] == "somebody"


def test_a_key_that_was_revoked_or_is_over_counts_no_longer(guarded: Server) -> None:
    keys = Keys(guarded.folder)
    issued, text = keys.add("short", ("read",), time.time())
    head = {"X-API-Key": text}
    assert guarded.http.get("/api/v1/runs", headers=head).status_code == 200
    keys.revoke(issued.id, time.time())
    assert guarded.http.get("/api/v1/runs", headers=head).status_code == 401
    over = _bearer(guarded, "read", expires_at=time.time() - 1)
    assert guarded.http.get("/api/v1/runs", headers=over).status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "batuta_",
        "batuta__",
        "batuta_a_b",
        "' OR 1=1 --",
        "batuta_" + "a" * 10_000,
        "é" * 9,
    ],
)
def test_what_is_no_key_is_refused(guarded: Server, text: str) -> None:
    head = {"Authorization": f"Bearer {text}".encode("latin-1")}
    assert guarded.http.get("/api/v1/runs", headers=head).status_code == 401  # type: ignore[arg-type]


def test_no_secret_is_kept_or_logged(guarded: Server) -> None:
    head = _bearer(guarded, "read")
    secret = head["Authorization"].rpartition("_")[2]
    guarded.http.get("/api/v1/runs", headers=head)
    assert secret not in (guarded.folder / KEYS_FILE).read_text()
    assert secret not in str(guarded.log)
    assert (guarded.folder / KEYS_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "localhost:99"}, 200),
        ({"Host": "[::1]"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
    ],
)
def test_another_name_and_the_page_of_another_site_are_refused(
    server: Server, headers: dict[str, str], status: int
) -> None:
    assert server.http.get("/api/v1/runs", headers=headers).status_code == status


def test_every_answer_says_that_it_is_no_page(server: Server) -> None:
    for path in ("/health", "/api/v1/runs", "/api/v1/nowhere"):
        headers = server.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src" in headers["content-security-policy"]
        assert "server" not in headers


def test_keys_are_made_listed_and_revoked_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(make_workspace(tmp_path / "desk"))
    assert main(["keys", "add", "dashboard", "--scopes", "read", "-w", folder]) == 0
    text = capsys.readouterr().out.strip()
    found = Keys(folder).find(text, time.time())
    assert found is not None
    assert (found.name, found.scopes) == ("dashboard", ("read",))
    assert main(["keys", "list", "--json", "-w", folder]) == 0
    assert found.id in (listed := capsys.readouterr().out)
    assert text not in listed
    assert main(["keys", "revoke", found.id, "-w", folder, "--json"]) == 0
    assert found.digest not in capsys.readouterr().out
    assert Keys(folder).find(text, time.time()) is None
    assert main(["keys", "revoke", "nobody", "-w", folder]) == 2
    assert main(["keys", "add", "-w", folder]) == 2
    assert main(["keys", "add", "x", "--scopes", "all", "-w", folder]) == 2


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────

RSA, OTHER = RSAKey.generate_key(2_048, {"kid": "a"}), RSAKey.generate_key(2_048, {"kid": "a"})


class _Issuer:
    """What an issuer publishes."""

    def __init__(self) -> None:
        self.keys = [RSA]
        self.asked: list[str] = []

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        self.asked.append(request.url)
        said = KeySet(self.keys).as_dict() if "jwks" in request.url else None  # pyright: ignore[reportArgumentType]
        body = httpx.Response(200, json=said or {"jwks_uri": f"{ISSUER}/jwks"}).content
        return Answer(200, {}, body)

    async def begin(self, request: Request, *, timeout_s: float) -> Any:
        raise AssertionError

    async def close(self) -> None: ...


def _claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "exp": now + 60,
        "scope": "openid batuta:read",
    }
    return {name: value for name, value in (claims | other).items() if value is not None}


async def test_a_token_of_the_issuer_says_who_asks_and_what_they_may() -> None:
    issuer = _Issuer()
    tokens = Tokens(ISSUER, AUDIENCE, issuer)
    text = jwt.encode({"alg": "RS256", "kid": "a"}, _claims(), RSA)
    principal = await tokens.principal(text)
    assert (principal.name, principal.scopes) == ("ada", {"read"})
    await tokens.principal(text)
    assert len(issuer.asked) == 2


_SECRET = OctKey.import_key("a secret that somebody has guessed")
FORGED = {
    "another key": lambda: jwt.encode({"alg": "RS256", "kid": "a"}, _claims(), OTHER),
    "another issuer": lambda: _signed(iss="https://evil.example"),
    "for another": lambda: _signed(aud="other"),
    "for nobody": lambda: _signed(aud=None),
    "over": lambda: _signed(exp=int(time.time()) - 120),
    "without an end": lambda: _signed(exp=None),
    "not yet": lambda: _signed(nbf=int(time.time()) + 600),
    "of nobody": lambda: _signed(sub=None),
    "with its own key": lambda: jwt.encode(
        {"alg": "RS256", "jwk": OTHER.as_dict(private=False)}, _claims(), OTHER
    ),
    "with a secret": lambda: jwt.encode(
        {"alg": "HS256", "kid": "a"}, _claims(), _SECRET, algorithms=["HS256"]
    ),
    "unsigned": lambda: "eyJhbGciOiJub25lIn0." + _signed().split(".")[1] + ".",
    "cut": lambda: _signed()[:-8],
    "of another kind": lambda: jwt.encode({"alg": "ES256"}, _claims(), ECKey.generate_key("P-256")),
    "of nothing": lambda: "..",
    "too long": lambda: "a." + "b" * 20_000 + ".c",
}


class _Published(BaseHTTPRequestHandler):
    """An issuer on the loopback; what it publishes stands in `keys` of its server."""

    def do_GET(self) -> None:
        address, keys = f"http://127.0.0.1:{self.server.server_port}", self.server.keys  # type: ignore[attr-defined]
        said = KeySet(keys).as_dict() if "jwks" in self.path else {"jwks_uri": f"{address}/jwks"}
        body = httpx.Response(200, json=said).content
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


def test_a_server_takes_the_tokens_of_an_issuer_that_is_asked_over_the_network(
    tmp_path: Path,
) -> None:
    folder = make_workspace(tmp_path / "desk")
    with (folder / "batuta.yaml").open("a") as file:
        file.write("network: {allow_private: [127.0.0.1]}\n")
    published = ThreadingHTTPServer(("127.0.0.1", 0), _Published)
    published.keys = [RSA]  # type: ignore[attr-defined]
    threading.Thread(target=published.serve_forever, daemon=True).start()
    issuer = f"http://127.0.0.1:{published.server_port}"
    try:
        with serving(folder, "--issuer", issuer, "--audience", AUDIENCE) as server:

            def status(token: str, method: str = "GET") -> int:
                head = {"Authorization": f"Bearer {token}"}
                return server.http.request(
                    method, "/api/v1/runs", headers=head, json={}
                ).status_code

            def signed(key: Any = RSA, **other: Any) -> str:
                return jwt.encode({"alg": "RS256", "kid": "a"}, _claims(iss=issuer, **other), key)

            assert status(signed()) == 200
            assert status(signed(), "POST") == 403, "only to read"
            assert status(signed(scope="batuta:run"), "POST") == 400, "nothing is asked for"
            # Who has no token is nobody, on this machine, too.
            assert server.http.get("/api/v1/runs").status_code == 401
            # The public key as a secret: whoever knows it could sign, if the token might choose how it is checked.
            _, claims, _ = signed().split(".")
            head = _text(b'{"alg": "HS256", "kid": "a"}')
            said = f"{head}.{claims}".encode()
            mark = hmac.digest(RSA.as_pem(private=False), said, "sha256")
            confused = f"{said.decode()}.{_text(mark)}"
            forged = [
                confused,
                signed(OTHER),
                signed(exp=int(time.time()) - 60),
                signed(aud="somebody else"),
                jwt.encode({"alg": "RS256", "kid": "a"}, _claims(), RSA),  # of another issuer
            ]
            assert {status(one) for one in forged} == {401}
            assert not any("eyJ" in str(line) for line in server.log)
    finally:
        published.shutdown()
        published.server_close()


def _text(part: bytes) -> str:
    """As it stands in a token."""
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _signed(**other: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "a"}, _claims(**other), RSA)


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_token_is_refused(how: str) -> None:
    with pytest.raises(Problem) as error:
        await Tokens(ISSUER, AUDIENCE, _Issuer()).principal(FORGED[how]())
    assert error.value.status == 401


def _routes(server: Server) -> list[tuple[str, str]]:
    """Every route of the interface with something in its path, and those of pages."""
    from batuta.doors.http.routes import capabilities, events, knowledge, plans, runs, workspace

    found: list[tuple[str, str]] = [
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("GET", "/api/v1/openapi.json"),
    ]
    app = FastAPI()
    for module in (plans, runs, events, capabilities, knowledge, workspace):
        app.include_router(module.router)
    for path, methods in app.openapi()["paths"].items():
        named = path.replace("{source}", "x.md").replace("{name}", "x").replace("{run}", "rx")
        found += [(method.upper(), named) for method in methods]
    return found
