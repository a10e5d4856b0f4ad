"""Client credentials: the token is got where the operator says, as the issuer wants it, and nowhere else."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from batuta.errors import InputError
from batuta.imports.manifest import Entry, made
from batuta.imports.pin import write_pin
from batuta.reading.mcp import McpConfig, OAuthConfig
from batuta.spec.call import Done, Failed
from tests.capabilities.mcp.served import served
from tests.outbound.servers import Seen, Server, reply, serving

pytest.importorskip("mcp")
jwt = pytest.importorskip("jwt")

SECRET = "secret-canary-123"
SCHEMA = {"type": "object"}


class Issuer:
    """Gives tokens for credentials that are shown as one of `methods`, and echoes what it is shown if `refuses`."""

    def __init__(self, *methods: str, refuses: bool = False) -> None:
        self.methods = methods
        self.refuses = refuses
        self.forms: list[dict[str, str]] = []
        self.headers: list[str] = []
        self.url = ""

    async def __call__(self, seen: Seen, writer: Any) -> None:
        if seen.target != "/token":
            known = {"token_endpoint_auth_methods_supported": self.methods} if self.methods else {}
            urls = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
            about = {"issuer": self.url, "response_types_supported": ["code"], **urls, **known}
            writer.write(reply(200, about) if "oauth" in seen.target else reply(404, None))
            return
        self.forms.append({k: v[0] for k, v in parse_qs(seen.body.decode()).items()})
        self.headers.append(seen.headers.get("authorization", ""))
        if self.refuses:
            said = {"error": "invalid_client", "error_description": f"{self.forms} {self.headers}"}
            writer.write(reply(401, said))
        else:
            token = {"access_token": "token-canary-1", "token_type": "Bearer", "expires_in": 600}
            writer.write(reply(200, token))


class Peer:
    """An MCP server that wants a token of `issuer`."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.url = ""

    async def __call__(self, seen: Seen, writer: Any) -> None:
        if "oauth-protected-resource" in seen.target:
            about = {"resource": f"{self.url}/mcp", "authorization_servers": [self.issuer]}
            writer.write(reply(200, about))
        elif seen.method != "POST" or not seen.target.startswith("/mcp"):
            writer.write(reply(405, None))
        elif seen.headers.get("authorization") != "Bearer token-canary-1":
            writer.write(reply(401, None, www_authenticate="Bearer"))
        else:
            writer.write(self.answer(seen.json()))

    def answer(self, message: dict[str, Any]) -> bytes:
        if "id" not in message:
            return reply(202, b"")
        about = {"name": "peer", "version": "1"}
        offers = {"capabilities": {"tools": {}}, "serverInfo": about}
        results: dict[str, Any] = {
            "initialize": {"protocolVersion": "2025-11-25", **offers},
            "tools/list": {"tools": [{"name": "hi", "inputSchema": SCHEMA}]},
            "tools/call": {"content": [{"type": "text", "text": "hello"}]},
        }
        found = results.get(message["method"])
        body = {"error": {"code": -32601, "message": "no"}} if found is None else {"result": found}
        return reply(200, {"jsonrpc": "2.0", "id": message["id"], **body})


async def called(
    root: Path, issuer: Issuer, oauth: dict[str, str], secret: str, leads_to: str = ""
) -> tuple[Any, Server]:
    """What a call comes to, and the server that was called."""
    async with serving(issuer) as there:
        issuer.url = there.url
        peer = Peer(leads_to or there.url)
        async with serving(peer) as server:
            peer.url = server.url
            config = McpConfig(url=f"{server.url}/mcp", oauth=OAuthConfig(there.url, "me", **oauth))
            write_pin(root, "s", made("mcp", [Entry("hi", input=SCHEMA)]))
            async with served(root, config, {"SECRET": secret}, pin=False) as s:
                return await s.call("hi"), server


@pytest.mark.parametrize("methods", [(), ("client_secret_post", "client_secret_basic")])
async def test_a_secret_is_shown_in_a_header(tmp_path: Path, methods: tuple[str, ...]) -> None:
    issuer = Issuer(*methods)
    outcome, _ = await called(tmp_path, issuer, {"client_secret": "env:SECRET"}, SECRET)
    assert outcome == Done("hello")
    shown = base64.b64decode(issuer.headers[0].removeprefix("Basic ")).decode()
    assert shown == f"me:{SECRET}"
    assert "client_secret" not in issuer.forms[0]
    assert issuer.forms[0]["grant_type"] == "client_credentials"
    assert issuer.forms[0]["resource"].endswith("/mcp")


async def test_a_secret_is_shown_in_the_form_where_the_issuer_takes_it_nowhere_else(
    tmp_path: Path,
) -> None:
    issuer = Issuer("client_secret_post")
    outcome, _ = await called(tmp_path, issuer, {"client_secret": "env:SECRET"}, SECRET)
    assert outcome == Done("hello")
    assert (issuer.forms[0]["client_secret"], issuer.headers[0]) == (SECRET, "")


@pytest.mark.parametrize("kind", ["ec", "p256", "rsa", "ed25519"])
async def test_a_key_signs_a_statement_for_the_issuer(tmp_path: Path, kind: str) -> None:
    private, public, algorithm = key_of(kind)
    issuer = Issuer("private_key_jwt")
    outcome, _ = await called(tmp_path, issuer, {"private_key": "env:SECRET"}, private)
    assert outcome == Done("hello")
    signed = issuer.forms[0]["client_assertion"]
    said = jwt.decode(signed, public, algorithms=[algorithm], audience=issuer.url)
    assert (said["iss"], said["sub"]) == ("me", "me")
    assert "PRIVATE" not in json.dumps(issuer.forms)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("none", "SECRET is no private key in PEM: put the whole file into SECRET"),
        ("public", "SECRET is no private key in PEM: put the whole file into SECRET"),
        ("encrypted", "the private key in SECRET is encrypted"),
        ("koblitz", "of a kind that signs no tokens: take RSA, EC on P-256, P-384 or P-521"),
    ],
)
async def test_what_is_no_key_that_signs_is_told_without_it(
    tmp_path: Path, kind: str, said: str
) -> None:
    issuer = Issuer()
    key = unfit_key(kind)
    outcome, _ = await called(tmp_path, issuer, {"private_key": "env:SECRET"}, key)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.in_doubt) == ("no_key", False)
    assert said in outcome.message
    assert key.splitlines()[len(key.splitlines()) // 2] not in outcome.message
    assert issuer.forms == []


async def test_an_issuer_that_echoes_a_secret_does_not_get_it_into_a_message(
    tmp_path: Path,
) -> None:
    issuer = Issuer("client_secret_post", refuses=True)
    outcome, _ = await called(tmp_path, issuer, {"client_secret": "env:SECRET"}, SECRET)
    assert issuer.forms
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.in_doubt) == ("denied", False)
    assert "[secret]" in outcome.message
    assert SECRET not in outcome.message


async def test_credentials_go_to_the_issuer_of_the_operator_whatever_the_server_says(
    tmp_path: Path,
) -> None:
    other = Issuer()
    async with serving(other) as elsewhere:
        other.url = elsewhere.url
        issuer = Issuer()
        outcome, _ = await called(
            tmp_path, issuer, {"client_secret": "env:SECRET"}, SECRET, elsewhere.url
        )
    assert isinstance(outcome, Failed)
    assert elsewhere.seen == []
    assert other.forms == []


def key_of(kind: str) -> tuple[str, Any, str]:
    """A private key in PEM, its public key, and how it signs."""
    made: dict[str, tuple[Any, str, PrivateFormat]] = {
        "ec": (ec.generate_private_key(ec.SECP384R1()), "ES384", PrivateFormat.PKCS8),
        "p256": (
            ec.generate_private_key(ec.SECP256R1()),
            "ES256",
            PrivateFormat.TraditionalOpenSSL,
        ),
        "rsa": (rsa.generate_private_key(65_537, 2_048), "RS256", PrivateFormat.PKCS8),
        "ed25519": (ed25519.Ed25519PrivateKey.generate(), "EdDSA", PrivateFormat.PKCS8),
    }
    key, algorithm, format = made[kind]
    text = key.private_bytes(Encoding.PEM, format, NoEncryption())
    return text.decode(), key.public_key(), algorithm


def unfit_key(kind: str) -> str:
    """What signs nothing here: no key, a public one, an encrypted one, or one on a curve of coins."""
    if kind == "none":
        return SECRET
    if kind == "public":
        public = ed25519.Ed25519PrivateKey.generate().public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = ec.generate_private_key(ec.SECP256K1())
    closed = BestAvailableEncryption(b"pass") if kind == "encrypted" else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed).decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "the key 'client_secret' is missing"),
        (", client_secret: env:A, private_key: env:B", "exclude each other"),
    ],
)
def test_one_proof_is_wanted(more: str, said: str) -> None:
    from batuta.config import workspace_from_yaml

    text = f"mcp: {{s: {{url: 'https://x.example', oauth: {{issuer: 'https://i.example', client_id: me{more}}}}}}}"
    with pytest.raises(InputError, match=said):
        workspace_from_yaml(text)
