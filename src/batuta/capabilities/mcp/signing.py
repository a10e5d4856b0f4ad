"""Who asks for a token signs that with a key: its kind says how."""

from collections.abc import Awaitable, Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from mcp.client.auth.extensions.client_credentials import SignedJWTParameters

from batuta.errors import InputError

__all__ = ["signer"]

# The algorithms of RFC 7518 by their curve.
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


def signer(client_id: str, key: str, name: str) -> Callable[[str], Awaitable[str]]:
    """What signs for an issuer that it is `client_id`, with the `key` in PEM that `name` has.

    Raises `InputError` if `key` is none that signs; the message has `name`, and nothing of the key.
    """
    try:
        private = load_pem_private_key(key.encode("utf-8", "replace"), password=None)
    except TypeError:
        raise InputError(
            f"the private key in {name} is encrypted, and nobody is there to type its passphrase",
            remedy=f"decrypt it: openssl pkey -in KEY.pem; put what that prints into {name}",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(
            f"{name} is no private key in PEM",
            remedy=f"put the whole file into {name}, with its lines BEGIN and END",
        ) from None
    match private:
        case RSAPrivateKey():
            algorithm = "RS256"
        case EllipticCurvePrivateKey() if private.curve.name in _CURVES:
            algorithm = _CURVES[private.curve.name]
        case Ed25519PrivateKey():
            algorithm = "EdDSA"
        case _:
            raise InputError(
                f"the private key in {name} is of a kind that signs no tokens",
                remedy="take RSA, EC on P-256, P-384 or P-521, or Ed25519",
            )
    # The SDK reads this spelling of every kind.
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SignedJWTParameters(
        issuer=client_id, subject=client_id, signing_key=text, signing_algorithm=algorithm
    ).create_assertion_provider()
