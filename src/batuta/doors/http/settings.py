"""What a server is told when it begins: where it listens, who may ask, and how much."""

import msgspec

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True):
    """Bounds are per process; times in seconds, sizes in bytes.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        names: names beside the own address under which it may be asked (`Host`), without a port.
        issuer, audience: whose bearer tokens are accepted, and for whom they are meant; "" for none.
        body_bytes: of a request; `upload_bytes`: of a document for the knowledge.
        requests: at once, over all callers; `streams`: followers at once.
        rate: requests a second of one caller, on average; as many as `burst` may come at once.
        backlog: runs that wait for their turn to be driven.
        header_s: until the head of a request is there; `body_s`: until more of its body comes, and until what is sent
            is taken.
        drain_s: how long runs and requests may come to their end when the server is told to.
    """

    host: str = "127.0.0.1"
    port: int = 8484
    names: tuple[str, ...] = ()
    issuer: str = ""
    audience: str = ""
    body_bytes: int = 1 << 20
    upload_bytes: int = 64 << 20
    requests: int = 512
    streams: int = 2_000
    rate: float = 1_000.0
    burst: int = 2_000
    backlog: int = 10_000
    header_s: float = 10.0
    body_s: float = 20.0
    drain_s: float = 10.0
