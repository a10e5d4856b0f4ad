"""What sources outside offer, as the workspace has it pinned: `imports/NAME.json`, committed with the plans.

A source (an MCP server, an OpenAPI service) is read once, by `batuta add`. What it offered then is its *manifest*;
written down with a hash it is its *pin*. The catalogue is built from the pin alone, so `check`, `plan` and EXPLAIN
need no connection. Whoever connects reads the manifest of that moment and asks `quarantined(pin, live)`: what has
changed since, or has gone, is not called until `batuta trust NAME` has shown the difference to a person.

    manifest.py    Entry, Manifest: what a source offers, and the hash of each entry
    names.py       foreign names in the letters of ours
    pin.py         the file: read_pin, write_pin, Pin (entries are decoded one by one, when they are asked for)
    difference.py  what two manifests differ in, in lines for people
    quarantine.py  what must not be called
"""
