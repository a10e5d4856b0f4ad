"""MCP servers as capabilities: what a server offers is called `SOURCE.TOOL`.

    opening.py      the sources of a workspace: cards out of their pins, nothing is connected
    capability.py   one tool, resource or prompt: arguments checked, one request, one outcome
    source.py       the one connection of a source: made at the first call, made again after a while, closed
    session.py      a connection that stands; what the server offers now, against the pin
    program.py      a server that is started here: its process, its lines, its end
    warden.py       ends it if we are ended before we could
    address.py      a server that has an address: through `batuta.outbound`, as everything that leaves
    listing.py      what a server says that it offers, as a manifest
    asking.py       a question of a server, as a question to people
    answers.py      what a server answers, or does not, as an outcome
    sending.py      what is known of one request on its way

`session`, `program`, `address` and `listing` import the SDK (1 s): at the first call, in a thread.
"""
