"""The ledger: a real external system that counts every effect it applies.

`python -m batuta.testing.ledger --book FILE` runs it as a process of its own, HTTP/1.1 with JSON
on the loopback. Its *book*, an append-only file of JSON lines that is on disk before a request is
answered, is the truth about what was lost or doubled, also after `kill -9` of the ledger.

As a deliberately ordinary system it applies each request that arrives: a payment sent twice is
paid twice. `?idempotent=1` (or `--dedupe on`) applies a key once and gives the first answer again.

    GET PUT /accounts/ID          {"account", "balance_cents", "name"}
    POST    /payments             {"account", "amount_cents", "reference"}, Idempotency-Key
    GET     /payments?key=K       {"entries": [...]}, also ?reference=R
    POST    /payments/N/reverse   a compensation
    POST    /effects/NAME         any JSON; GET shows its entries
    GET     /book, /counts        all entries; how often each key was applied (?wait=5&total=3)
    POST    /faults               {"match", "do", "seconds", "status", "times"}; GET, DELETE
    POST    /faults/release       let stalled requests go on, all or those that match
    GET     /stalled              requests being held (?wait=5&count=1)

A payment adds to the balance of an account that exists; a reversal takes it back. Faults meet
accounts, payments and effects, never the other routes, and are forgotten by a restart.
`Ledger` starts and commands such a process from a test.
"""

from batuta.testing.ledger.client import Ledger

__all__ = ["Ledger"]
