"""A value as a step."""

from batuta.capabilities.function import FunctionCapability
from batuta.capabilities.value import value
from batuta.spec.call import Done, Failed
from tests.capabilities.calls import call_with


async def test_it_gives_back_what_it_gets() -> None:
    capability = FunctionCapability(value, kind="value")
    for given in (None, 1, [1, {"a": "b"}], "text"):
        assert await capability(call_with({"value": given})) == Done(given)
    assert await capability(call_with({})) == Failed("invalid", "value: it is missing")
