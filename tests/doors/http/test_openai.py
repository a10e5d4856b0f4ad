"""The official client talks to a workspace, its plans, agents and models."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from batuta.testing.providers import Answer, Providers
from tests.doors.http.conftest import WORKSPACE, Server, make_workspace, serving

Messages = list[ChatCompletionMessageParam]
WEIGH = """
name: weigh
inputs: {batches: {type: array, items: {type: string, pattern: '^B-[0-9]$'}}, kilos: number}
steps: {all: {use: value, with: {value: ["${inputs.batches}", "${inputs.kilos}"]}}}
result: "${steps.all}"
"""


def _further(replied: str, said: str) -> Messages:
    return [{"role": "assistant", "content": replied}, {"role": "user", "content": said}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a model that says two words, whoever asks."""
    folder = make_workspace(tmp_path_factory.mktemp("talk") / "desk")
    replies = [Answer("Good morning, Ada") for _ in range(50)]
    with Providers(replies) as providers:
        model = f"models: {{small: {{provider: openai-compatible, url: '{providers.url('openai')}', model: any}}}}\n"
        agent = "agents: {helper: {model: small, instructions: Be kind.}}\n"
        private = "network: {allow_private: [127.0.0.1]}\n"
        (folder / "batuta.yaml").write_text(WORKSPACE + model + agent + private)
        (folder / "plans" / "weigh.yaml").write_text(WEIGH)
        with serving(folder) as one:
            yield one


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as one:
        yield one


def test_what_can_be_talked_to_is_listed_as_models(client: OpenAI) -> None:
    known = {one.id: one.owned_by for one in client.models.list()}
    assert known["batuta"] == "workspace"
    assert known["plan:announce"] == "plan"
    assert (known["small"], known["helper"]) == ("model", "agent")
    assert client.models.retrieve("plan:echo").id == "plan:echo"


def test_a_plan_that_takes_one_text_gets_what_is_said(client: OpenAI) -> None:
    said: Messages = [{"role": "user", "content": "quack like a duck"}]
    completion = client.chat.completions.create(model="plan:echo", messages=said)
    assert completion.choices[0].message.content == "quack like a duck"


def test_a_run_that_asks_goes_on_by_conversation(client: OpenAI, server: Server) -> None:
    said: Messages = [{"role": "user", "content": "publish the score"}]
    asks = client.chat.completions.create(model="batuta", messages=said)
    text = asks.choices[0].message.content or ""
    assert text.startswith("Publish this?")
    said += _further(text, "what?")
    again = client.chat.completions.create(model="batuta", messages=said)
    text = again.choices[0].message.content or ""
    assert text.startswith("this says neither yes nor no")
    said += _further(text, "yes, please")
    done = client.chat.completions.create(model="batuta", messages=said)
    assert done.choices[0].message.content == "published the score"
    assert done.id == asks.id
    assert "the score\n" in (server.folder / "tools.py.book").read_text()


def _told(client: OpenAI, said: Messages, words: str, model: str = "batuta") -> str:
    """The reply to `words`, which goes on with what was said."""
    said.append({"role": "user", "content": words})
    completion = client.chat.completions.create(model=model, messages=said)
    text = completion.choices[0].message.content or ""
    said.append({"role": "assistant", "content": text})
    return text


def test_what_was_made_for_the_words_is_shown_and_needs_a_yes(
    client: OpenAI, server: Server
) -> None:
    said: Messages = []
    _told(client, said, 'write "good news" to the file news.txt')
    with pytest.raises(openai.UnprocessableEntityError, match=r"not to be written; .* write there"):
        _told(client, said, "yes")
    said = []
    proposal = _told(client, said, 'write "good news" to the file out/news.txt')
    assert "use: file.write" in proposal
    assert _told(client, said.copy(), "not now") == "Nothing was run."
    assert not (server.folder / "out" / "news.txt").exists()
    _told(client, said, "Yes.")
    assert (server.folder / "out" / "news.txt").read_text() == "good news"


def test_where_nothing_fits_it_is_said_what_can_be_asked_for(client: OpenAI) -> None:
    first, *plans = _told(client, [], "who are you?").splitlines()
    assert first.startswith("Nothing here does that (")
    assert "- announce: Publish a note once somebody has said yes." in plans
    assert "- nap: seconds" in plans


def test_what_was_refused_has_no_result(client: OpenAI) -> None:
    said: Messages = []
    _told(client, said, "publish the weather")
    assert _told(client, said, "no") == "It is done, and has no result."


def test_what_is_missing_is_asked_for_until_it_fits(client: OpenAI) -> None:
    said: Messages = []
    assert _told(client, said, "have a nap", "plan:nap").startswith(
        "nap needs seconds. What is it?"
    )
    wrong = _told(client, said, "a few", "plan:nap")
    assert wrong.startswith(
        "The input 'seconds' is a number, and 'a few' is not. nap needs seconds."
    )
    assert _told(client, said.copy(), "never mind", "plan:nap") == "Nothing was run."
    assert _told(client, said, "0.01", "plan:nap") == "done"


def test_what_was_read_out_of_an_answer_is_no_trouble_to_the_next_question(client: OpenAI) -> None:
    said: Messages = []
    assert _told(client, said, "weigh them", "plan:weigh").startswith("weigh needs batches.")
    assert _told(client, said, "B-1 and B-2", "plan:weigh").startswith("weigh needs kilos.")
    assert json.loads(_told(client, said, "7", "plan:weigh")) == [["B-1", "B-2"], 7]


def test_a_response_is_gone_on_with_until_nothing_is_missing(client: OpenAI) -> None:
    needs = client.responses.create(model="plan:nap", input="have a nap")
    wrong = client.responses.create(model="plan:nap", input="a few", previous_response_id=needs.id)
    assert wrong.output_text.startswith("The input 'seconds' is a number")
    done = client.responses.create(model="plan:nap", input="0.01", previous_response_id=wrong.id)
    assert done.output_text == "done"


def test_pieces_of_a_model_come_as_it_says_them(client: OpenAI) -> None:
    said: Messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    stream = client.chat.completions.create(
        model="small", messages=said, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    pieces = [one.choices[0].delta.content for one in chunks if one.choices]
    assert "".join(piece or "" for piece in pieces) == "Good morning, Ada"
    assert len([piece for piece in pieces if piece]) > 1
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


def test_an_agent_is_asked_like_a_model(client: OpenAI) -> None:
    said: Messages = [{"role": "user", "content": "hello"}]
    completion = client.chat.completions.create(model="helper", messages=said)
    assert completion.choices[0].message.content == "Good morning, Ada"


def test_responses_are_streamed_and_gone_on_with(client: OpenAI) -> None:
    asks = client.responses.create(model="plan:announce", input="the menu")
    assert asks.output_text.startswith("Publish this?")
    done = client.responses.create(model="plan:announce", input="Yes", previous_response_id=asks.id)
    assert (done.status, done.output_text) == ("completed", "published the menu")
    events = list(client.responses.create(model="small", input="hi", stream=True))
    assert [one.type for one in events][:2] == ["response.created", "response.in_progress"]
    text = "".join(one.delta for one in events if one.type == "response.output_text.delta")
    assert text == "Good morning, Ada"
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == text


def test_what_goes_wrong_is_an_error_of_the_client(client: OpenAI, server: Server) -> None:
    said: Messages = [{"role": "user", "content": ""}]
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-9'"):
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="nothing is said; let the last message be"):
        client.chat.completions.create(model="plan:echo", messages=said)
    with pytest.raises(openai.NotFoundError, match="there is nothing at this address"):
        client.files.list()
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="batuta", input="x", previous_response_id="resp_nobody")
    parts = [{"type": "image_url", "image_url": {"url": "https://x.example/y.png"}}]
    asked = {"model": "small", "messages": [{"role": "user", "content": parts}]}
    assert httpx.post(f"{server.url}/v1/chat/completions", json=asked).status_code == 400


def test_what_is_refused_before_it_is_read_says_why_to_the_client(client: OpenAI) -> None:
    said: Messages = [{"role": "user", "content": "x" * 3_000_000}]
    with pytest.raises(
        openai.APIStatusError, match=r"the body exceeds .* bytes; send less"
    ) as refused:
        client.chat.completions.create(model="batuta", messages=said)
    assert refused.value.status_code == 413


def test_what_is_said_of_a_run_that_is_none_leads_nowhere(client: OpenAI) -> None:
    said: Messages = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "ok\n\n(batuta: run r00000000)"},
        {"role": "user", "content": "yes"},
    ]
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="batuta", messages=said)


def test_its_door_is_curl_as_well(server: Server, tmp_path: Path) -> None:
    asked = {"model": "plan:echo", "messages": [{"role": "user", "content": "plain"}]}
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=asked).json()
    assert answer["choices"][0]["message"]["content"] == "plain"
