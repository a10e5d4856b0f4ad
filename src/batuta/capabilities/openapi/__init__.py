"""Services that an OpenAPI document describes: each operation is a capability, `SOURCE.operationId`.

What a document says, once:

    document.py    bytes → Document: Swagger 2.0, OpenAPI 3.0, 3.1, 3.2; a flaw has its line
    bundle.py      what it refers to in other files becomes part of it
    offering.py    both of it, from a file or an address
    references.py  `$ref` inside of it
    swagger.py     an operation of 2.0 in the words of 3
    schemas.py     its schemas as JSON Schema 2020-12, recursive ones by name
    operation.py   one operation: its arguments, its answer
    requests.py    its body
    manifest.py    all operations, and why one could not be taken over

What a call needs, each time:

    shape.py       an operation as it is kept in the pin
    styles.py      an argument in path, query, header or cookie
    bodies.py      JSON, forms, files
    servers.py     where to
    security.py    who asks: keys, tokens, passwords, at the last moment
    tokens.py      tokens by client credentials
    pages.py       page after page into one list
    cards.py       its card
    capability.py  one operation as a capability
    sources.py     all sources of a workspace; cards are made when they are looked at
"""
