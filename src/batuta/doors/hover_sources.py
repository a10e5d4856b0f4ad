"""What editors show for the keys of sources: MCP servers, and services that an OpenAPI document describes."""

from collections.abc import Mapping

from batuta.reading.json_schema import Hover

__all__ = ["SOURCES"]

SOURCES: Mapping[str, Hover] = {
    "Workspace.mcp": Hover(
        "MCP servers, by name: what they offer is called `NAME.TOOL`, as `imports/NAME.json` has it.",
        ({"crm": {"url": "https://crm.example/mcp"}},),
    ),
    "Workspace.observe": Hover(
        "Where what is known of runs is sent.", ({"otlp": {"url": "http://127.0.0.1:4318"}},)
    ),
    "ObserveConfig": Hover("Where what is known of runs is sent."),
    "ObserveConfig.otlp": Hover("The collector of OpenTelemetry that traces go to."),
    "OtlpConfig": Hover("A collector of OpenTelemetry, over HTTP."),
    "OtlpConfig.url": Hover(
        "Its address; `/v1/traces` is put behind it.", ("http://127.0.0.1:4318",)
    ),
    "OtlpConfig.headers": Hover(
        "Sent with each request; `env:NAME` in a value is that variable.",
        ({"Authorization": "Bearer env:OTLP_TOKEN"},),
    ),
    "OtlpConfig.service": Hover("What the traces are filed under.", ("support-desk",)),
    "OtlpConfig.content": Hover(
        "Inputs, values and messages of failures are told, too; without it, none is."
    ),
    "McpConfig": Hover("An MCP server: a program that is started, or an address."),
    "McpConfig.command": Hover(
        "The program and its arguments, word by word; no shell reads them.",
        (["npx", "-y", "@modelcontextprotocol/server-filesystem", "./data"],),
    ),
    "McpConfig.environment": Hover(
        "What the program finds in its environment, besides PATH and HOME.",
        ({"API_TOKEN": "env:CRM_TOKEN"},),
    ),
    "McpConfig.folder": Hover("Where the program runs, relative to the workspace.", ("server",)),
    "McpConfig.url": Hover(
        "Where the server is.", ("https://crm.example/mcp", "http://127.0.0.1:8000/mcp")
    ),
    "McpConfig.headers": Hover(
        "Sent with each request; `env:NAME` in a value is that variable.",
        ({"Authorization": "Bearer env:CRM_TOKEN"},),
    ),
    "McpConfig.oauth": Hover("How a token is got by client credentials."),
    "McpConfig.only": Hover(
        "What of it is taken over: names, or patterns with `*`.", (["find_*"],)
    ),
    "McpConfig.tools": Hover(
        "What you declare of its tools. What you do not declare is taken for a write that reaches far.",
        ({"find_note": {"effect": "read"}},),
    ),
    "McpConfig.timeout": Hover("Longest time of one call, unless the tool says another.", ("60s",)),
    "McpConfig.concurrency": Hover("Calls at once; 0 for any number."),
    "McpConfig.answer": Hover(
        "How long a question may stand that an older server asks in the middle of a call.", ("10m",)
    ),
    "OAuthConfig": Hover("Client credentials, and who takes them."),
    "OAuthConfig.issuer": Hover(
        "The authorization server; the credentials go there and nowhere else.",
        ("https://login.example",),
    ),
    "OAuthConfig.client_id": Hover("Who you are there, or `env:NAME`.", ("env:CRM_CLIENT",)),
    "OAuthConfig.client_secret": Hover("The variable that holds the secret.", ("env:CRM_SECRET",)),
    "OAuthConfig.private_key": Hover(
        "The variable that holds a key in PEM, which signs who asks, in place of a secret.",
        ("env:CRM_KEY",),
    ),
    "OAuthConfig.scope": Hover("What is asked for.", ("notes.read notes.write",)),
    "Declared": Hover("What you declare of something that a source offers."),
    "Declared.effect": Hover(
        "What it does to the world; unsaid, the safe reading holds.", ("read",)
    ),
    "Declared.reach": Hover("How far it goes; unsaid, the safe reading holds.", ("egress",)),
    "Declared.price_usd": Hover("The most that one call can cost, in dollars.", (0.01,)),
    "Declared.scopes": Hover("What a caller must be granted.", ("notes",)),
    "Declared.in_doubt": Hover(
        "What becomes of a write that was sent and not answered: somebody is asked, it fails, or it is sent again."
    ),
    "Declared.timeout": Hover("Longest time of one call.", ("30s",)),
    "Declared.concurrency": Hover("Calls at once; 0 for any number."),
    "Declared.description": Hover("What it does, in place of what the source says."),
    "Declared.waits": Hover("It may ask somebody in the middle of a call."),
    "Workspace.openapi": Hover(
        "Services that an OpenAPI document describes, by name: each operation is called `NAME.OPERATION`.",
        ({"shop": {"document": "shop.yaml", "server": "https://shop.example/v1"}},),
    ),
    "OpenapiConfig": Hover("A service that an OpenAPI document describes."),
    "OpenapiConfig.document": Hover(
        "The document, relative to the workspace; without it `imports/NAME.json`, which `batuta add` writes.",
        ("shop.yaml",),
    ),
    "OpenapiConfig.server": Hover(
        "Where the service is, whatever the document says.", ("https://shop.example/v1",)
    ),
    "OpenapiConfig.variables": Hover("Of the server that the document names.", ({"region": "eu"},)),
    "OpenapiConfig.auth": Hover("Who asks.", ({"bearer": "env:SHOP_TOKEN"},)),
    "OpenapiConfig.headers": Hover(
        "Sent with each request; `env:NAME` in a value is that variable.",
        ({"X-Tenant": "env:SHOP_TENANT"},),
    ),
    "OpenapiConfig.only": Hover(
        "What of it is taken over: names, or patterns with `*`.", (["get*"],)
    ),
    "OpenapiConfig.operations": Hover(
        "What you declare of its operations. Undeclared, GET and HEAD read, and all else is a write.",
        ({"createOrder": {"effect": "idempotent"}},),
    ),
    "OpenapiConfig.timeout": Hover(
        "Longest time of one call, unless the operation says another.", ("60s",)
    ),
    "OpenapiConfig.concurrency": Hover("Calls of each operation at once; 0 for any number."),
    "AuthConfig": Hover("What proves who asks, where the document says that it goes."),
    "AuthConfig.bearer": Hover("The variable that holds a token.", ("env:SHOP_TOKEN",)),
    "AuthConfig.basic": Hover("A name and a password."),
    "AuthConfig.api_key": Hover(
        "The variable that holds the key; where the document has several, by the name of its scheme.",
        ("env:SHOP_KEY", {"ApiKeyAuth": "env:SHOP_KEY"}),
    ),
    "AuthConfig.oauth2": Hover("How a token is got by client credentials."),
    "BasicConfig": Hover("A name and a password."),
    "BasicConfig.user": Hover("The name, or `env:NAME`.", ("env:SHOP_USER",)),
    "BasicConfig.password": Hover("The variable that holds the password.", ("env:SHOP_PASSWORD",)),
    "ClientConfig": Hover("Client credentials of OAuth 2."),
    "ClientConfig.client_id": Hover("Who you are there, or `env:NAME`.", ("env:SHOP_CLIENT",)),
    "ClientConfig.client_secret": Hover(
        "The variable that holds the secret.", ("env:SHOP_SECRET",)
    ),
    "ClientConfig.token_url": Hover(
        "Where tokens are got, if the document does not say.", ("https://login.example/token",)
    ),
    "ClientConfig.scopes": Hover("What is asked for.", (["orders.read"],)),
    "OperationConfig": Hover("What you declare of an operation."),
    "OperationConfig.effect": Hover(
        "What it does to the world; unsaid, GET and HEAD read, and all else writes.",
        ("idempotent",),
    ),
    "OperationConfig.reach": Hover("How far it goes; unsaid, egress.", ("irreversible",)),
    "OperationConfig.price_usd": Hover("The most that one call can cost, in dollars.", (0.01,)),
    "OperationConfig.scopes": Hover("What a caller must be granted.", ("orders",)),
    "OperationConfig.in_doubt": Hover(
        "What becomes of a write that was sent and not answered: somebody is asked, it fails, it is sent again, or "
        "the service is asked."
    ),
    "OperationConfig.timeout": Hover("Longest time of one call.", ("30s",)),
    "OperationConfig.concurrency": Hover("Calls at once; 0 for any number."),
    "OperationConfig.description": Hover("What it does, in place of what the document says."),
    "OperationConfig.waits": Hover("It may ask somebody in the middle of a call."),
    "OperationConfig.server": Hover(
        "Where this operation goes.", ("https://uploads.shop.example",)
    ),
    "OperationConfig.key_header": Hover(
        "The header that takes the idempotency key, instead of `Idempotency-Key`.",
        ("X-Request-Id",),
    ),
    "OperationConfig.pages": Hover(
        "How the pages of its list are put together into one list.", ({"by": "link"},)
    ),
    "OperationConfig.reconcile": Hover("Where to ask what became of a write."),
    "OperationConfig.output": Hover(
        "JSON Schema of its answer, in place of what the document says; {} takes any."
    ),
    "PagesConfig": Hover("How page after page is asked for."),
    "PagesConfig.by": Hover("The header `Link`, a cursor in the answer, or a number that grows."),
    "PagesConfig.parameter": Hover("The argument that takes cursor, offset or page.", ("cursor",)),
    "PagesConfig.items": Hover("Leads to the list inside of an answer.", ("data.items",)),
    "PagesConfig.next": Hover(
        "Leads to the cursor, or the URL of the next page, inside of an answer.",
        ("next_cursor", "data.-1.id"),
    ),
    "PagesConfig.first": Hover("The first offset (0) or page (1).", (0,)),
    "PagesConfig.at_most": Hover("Items in all; what is beyond is not asked for.", (500,)),
    "ReconcileConfig": Hover("Where to ask what became of a write."),
    "ReconcileConfig.url": Hover(
        "What is asked, with `{key}` in it; begins with / if it is of the same server.",
        ("/orders?key={key}",),
    ),
    "ReconcileConfig.field": Hover("Leads to what counts inside of the answer.", ("orders",)),
}
