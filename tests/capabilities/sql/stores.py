"""The same small shop in each kind of database, and its capabilities."""

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from batuta.capabilities.sql.databases import Databases, open_databases
from batuta.config import workspace_from_yaml
from batuta.ports import Capability
from batuta.spec.call import Done, Failed, Outcome
from batuta.spec.card import Card
from tests.capabilities.calls import call_with

SHOP = """
create table customers (id integer primary key, name text not null, credit decimal(10, 2), since date, vip boolean);
insert into customers values (1, 'ann', 12.5, '2024-01-01', true);
insert into customers values (2, 'bob', null, null, false);
insert into customers values (3, 'eve', 3, '2024-02-02', false);
create table "Order Details" ("order" integer, "limit" integer, "a ""b"" %(c)s :d" text);
insert into "Order Details" values (1, 2, 'odd');
create view names as select name from customers;
"""
ANN = {"id": 1, "name": "ann", "vip": True, "since": "2024-01-01"}
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) "


class Store:
    """A database that holds the shop. `url` for those who may write to it."""

    def __init__(self, kind: str, url: str, root: Path) -> None:
        self.kind = kind
        self.url = url
        self.root = root

    def execute(self, script: str) -> None:
        """What somebody else does to it."""
        if self.kind == "sqlite":
            connection = sqlite3.connect(self.root / "shop.db")
            connection.executescript(script)
            connection.close()
        else:
            with psycopg.connect(self.url, autocommit=True) as server:
                server.execute(script.encode())

    def one(self, sql: str) -> Any:
        """The first value of what somebody else sees there."""
        if self.kind == "sqlite":
            connection = sqlite3.connect(self.root / "shop.db")
            row = connection.execute(sql).fetchone()
            connection.close()
            return row[0]
        with psycopg.connect(self.url, autocommit=True) as server:
            row = server.execute(sql.encode()).fetchone()
            assert row is not None
            return row[0]

    async def open(self, environment: Mapping[str, str] | None = None, **config: Any) -> "Shop":
        """The capabilities of a workspace in which it is called `shop`."""
        text = msgspec.json.encode({"sql": {"shop": {"url": "env:SHOP_URL", **config}}}).decode()
        variables = {"SHOP_URL": self.url} if environment is None else environment
        return Shop(await open_databases(workspace_from_yaml(text).sql, self.root, variables))


class Shop:
    """Capabilities by name, called one at a time."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.by_name: dict[str, Capability] = {one.card.name: one for one in databases.capabilities}

    def card(self, name: str) -> Card:
        return self.by_name[f"shop.{name}"].card

    async def call(self, name: str, /, **args: Any) -> Outcome:
        return await self.by_name[f"shop.{name}"](call_with(args, deadline=time.time() + 20))

    async def value(self, name: str, /, **args: Any) -> Any:
        """What a call gives that succeeds."""
        outcome = await self.call(name, **args)
        assert isinstance(outcome, Done), outcome
        return outcome.value

    async def rows(self, name: str, /, **args: Any) -> Any:
        return (await self.value(name, **args))["rows"]

    async def failure(self, name: str, /, **args: Any) -> Failed:
        outcome = await self.call(name, **args)
        assert isinstance(outcome, Failed), outcome
        return outcome

    async def code(self, name: str, /, **args: Any) -> str:
        return (await self.failure(name, **args)).code

    async def close(self) -> None:
        await self.databases.close()
