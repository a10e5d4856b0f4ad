"""Where a workspace sends what it knows of its runs: `observe: {otlp: {url: http://127.0.0.1:4318}}`."""

import msgspec

from batuta.reading.server import read_headers, read_url
from batuta.reading.shapes import boolean, record, text

__all__ = ["ObserveConfig", "OtlpConfig", "read_observe"]


class OtlpConfig(msgspec.Struct, frozen=True):
    """A collector of OpenTelemetry.

    Attributes:
        url: its address for OTLP over HTTP; `/v1/traces` is put behind it, unless it ends so.
        headers: sent with each request; `env:NAME` in a value is that variable.
        service: what the traces are filed under (`service.name`).
        content: values and messages of failures are sent, too.
    """

    url: str
    headers: dict[str, str] = {}
    service: str = "batuta"
    content: bool = False


class ObserveConfig(msgspec.Struct, frozen=True):
    """`otlp`: where traces go; None: nowhere."""

    otlp: OtlpConfig | None = None


read_observe = record(
    ObserveConfig,
    {
        "otlp": record(
            OtlpConfig,
            {
                "url": read_url,
                "headers": read_headers,
                "service": text(1, 255),
                "content": boolean,
            },
            required=("url",),
            what="a collector: a map with at least `url`",
        )
    },
    what="observe: a map with `otlp`",
)
