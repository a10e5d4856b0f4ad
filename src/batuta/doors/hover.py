"""What editors show for the keys of plans, workspaces and suites, by `Record.key`. A test keeps it complete."""

from collections.abc import Mapping

from batuta.doors.hover_sources import SOURCES
from batuta.reading.json_schema import Hover

__all__ = ["PLAN", "SUITE", "WORKSPACE"]

_BUDGET: Mapping[str, Hover] = {
    "Budget": Hover("Bounds; what they bound is refused before it would exceed them."),
    "Budget.usd": Hover("Money at most, in dollars.", (5, 0.5)),
    "Budget.calls": Hover("Calls at most: attempts of any capability.", (500,)),
    "Budget.seconds": Hover("Wall time at most, waiting for people included.", (60, "2h")),
}

PLAN: Mapping[str, Hover] = {
    **_BUDGET,
    "Plan": Hover("A plan: a finite acyclic graph of steps with a named result."),
    "Plan.name": Hover("The name of the plan; runs are listed by it."),
    "Plan.description": Hover("For people and planners."),
    "Plan.examples": Hover(
        "How people ask for it: `batuta run` finds the plan by them. `{city}` stands for the input of that name.",
        ("what is the weather in {city}",),
    ),
    "Plan.inputs": Hover(
        "By name: a type (`file` for a file of the workspace), or a JSON Schema. One with a `default` may be left out.",
        ({"ticket": "string", "limit": {"type": "number", "default": 100.0}},),
    ),
    "Plan.steps": Hover(
        "By name. A step starts as soon as the steps that it names have ended; the order in the file means nothing.",
        ({"fetch": {"use": "fetch", "with": {"id": "${inputs.id}"}}},),
    ),
    "Plan.result": Hover(
        "The result of a run: any shape with expressions in it. Null for steps that were skipped.",
        ("${steps.answer}", {"paid": "${steps.pay}"}),
    ),
    "Plan.limit": Hover("Calls of the run at once, at most; 0: as many as the process allows."),
    "Plan.budget": Hover("Bounds on everything that happens in a run."),
    "Plan.timeout": Hover(
        "Wall time of a run at most, waiting for people included.", ("30s", "2h")
    ),
    "Step": Hover("One call of a capability, or with `each` and `repeat` several."),
    "Step.use": Hover("The capability that is called. `batuta capabilities` lists them."),
    "Step.with": Hover(
        "The arguments: a map with expressions in it, like `${steps.fetch.text}`.",
        ({"text": "${inputs.text}"},),
    ),
    "Step.when": Hover(
        "A condition: false skips the step, and whatever needs its value. With `item` in it, asked for each item.",
        ("steps.check.ok", "inputs.amount > 100", "size(steps.find.rows) > 0"),
    ),
    "Step.after": Hover("Steps that must have ended first; passes no data.", (["notify"],)),
    "Step.each": Hover(
        "An expression for a list: the step runs for each `item` (number `index`); its value is the list of results.",
        ("${inputs.rows}", "${steps.find.rows}"),
    ),
    "Step.limit": Hover("Items of `each` at once, at most; 0: as many as the run allows."),
    "Step.at_most": Hover("Items of `each` in all, at most; a longer list fails the step."),
    "Step.repeat": Hover(
        "Run the step again until a condition holds; its value is that of the last round."
    ),
    "Step.retry": Hover(
        "Further attempts after a failure that may be tried again.", (3, {"at_most": 3})
    ),
    "Step.timeout": Hover("Longest time of one attempt.", ("30s", "5m")),
    "Step.fallback": Hover(
        "What is called if the step fails for good: a capability, with its own `with` or that of the step.",
        ("other_model", {"use": "ask", "with": {"question": "What now?"}}),
    ),
    "Step.join": Hover("How many of the steps it uses must succeed before it starts."),
    "Step.undo": Hover(
        "What takes the effect back if the run fails or is cancelled; sees the value of the step.",
        ({"use": "refund", "with": {"id": "${steps.pay.id}"}},),
    ),
    "Step.budget": Hover("Bounds on the step and all that happens inside it."),
    "Step.may_fail": Hover(
        "If it fails for good it counts as skipped, and the run goes on; `errors.NAME` says why. Of `each`: every item."
    ),
    "Repeat": Hover(
        "Rounds; inside, `index` counts them from 0, `previous` is the value before, `rounds` are all values before."
    ),
    "Repeat.until": Hover(
        "Asked after each round: true ends it. `steps.<this step>` is the value of the round, `rounds` all values.",
        ("steps.poll.done", "index >= 2", "size(rounds) > 1 && rounds.all(r, r.ok)"),
    ),
    "Repeat.at_most": Hover("Rounds in all; if the condition still does not hold, the step fails."),
    "Repeat.wait": Hover("Pause between two rounds.", ("500ms", "10s")),
    "Retry": Hover("How a failed call is tried again."),
    "Retry.at_most": Hover("Further attempts after the first."),
    "Retry.backoff": Hover("Wait before the first retry.", ("500ms",)),
    "Retry.factor": Hover("Each wait is this many times the one before."),
    "Retry.ceiling": Hover("No wait is longer.", ("60s",)),
    "Retry.jitter": Hover("Share of the wait that is random, 0 to 1."),
    "Alternative": Hover("Another capability."),
    "Alternative.use": Hover("The capability that is called instead."),
    "Alternative.with": Hover("Its arguments; those of the step, if not given."),
    "Undo": Hover("What takes an effect back."),
    "Undo.use": Hover("The capability that is called."),
    "Undo.with": Hover("Its arguments; those of the step, if not given."),
}

WORKSPACE: Mapping[str, Hover] = {
    **_BUDGET,
    "Workspace": Hover("A workspace: what there is to call, what is allowed, and how much."),
    "Workspace.python": Hover(
        "Python files of this folder; their @capability functions can be called.", (["tools.py"],)
    ),
    "Workspace.plans": Hover(
        "Patterns of the files of registered plans; `**` goes through folders.", (["plans/*.yaml"],)
    ),
    "Workspace.capabilities": Hover(
        "Capabilities that need no code, by name.",
        ({"approve": {"kind": "human", "who": ["ops"]}},),
    ),
    "Workspace.policy": Hover(
        "Ordered rules: the first that matches decides. Without one, a call is allowed.",
        ([{"effect": "write", "reach": "irreversible", "verdict": "ask"}],),
    ),
    "Workspace.budget": Hover("Bounds on each run; a plan may say less, never more."),
    "Workspace.retention": Hover("How long payloads of runs that have ended are kept."),
    "Workspace.limits": Hover("Bounds of the process."),
    "Workspace.network": Hover("Which private addresses may be called."),
    "Workspace.files": Hover(
        "Which files of this folder steps may read and write.",
        ({"read": ["data/**"], "write": ["out/**"]},),
    ),
    "FilesConfig": Hover("Files that steps may read and write, and inputs may name."),
    "FilesConfig.read": Hover(
        "Patterns of what may be read; everything but hidden files by default.", (["data/**"],)
    ),
    "FilesConfig.write": Hover("Patterns of what may be written.", (["out/**"],)),
    "FilesConfig.bytes_max": Hover("The largest file that is read, in bytes.", (100_000_000,)),
    "Workspace.knowledge": Hover(
        "Folders of documents that can be searched, by name: NAME is searched by `NAME.search`.",
        ({"handbook": {"paths": ["docs/**"]}},),
    ),
    "KnowledgeConfig": Hover("A collection: which files, and how they are made searchable."),
    "KnowledgeConfig.paths": Hover(
        "Files, folders and patterns of this folder; `**` goes through folders.", (["docs/**"],)
    ),
    "KnowledgeConfig.description": Hover("What one finds in it, for people and planners."),
    "KnowledgeConfig.embedder": Hover(
        "What makes vectors of texts: wordllama, which needs no network, or a server.",
        ({"url": "http://127.0.0.1:11434/v1", "model": "nomic-embed-text"},),
    ),
    "Workspace.memory": Hover(
        "What is remembered for long, by name: `NAME.remember`, `NAME.recall`, `NAME.correct`, `NAME.forget`.",
        ({"customers": {"keep": "365d"}},),
    ),
    "MemoryConfig": Hover("A collection of memories."),
    "MemoryConfig.description": Hover("What is remembered there, for people and planners."),
    "MemoryConfig.keep": Hover(
        "How long after it was remembered, repeated or corrected last; without: until it is forgotten.",
        ("365d",),
    ),
    "MemoryConfig.embedder": Hover(
        "What makes vectors of texts: wordllama, which needs no network, or a server.",
        ({"url": "http://127.0.0.1:11434/v1", "model": "nomic-embed-text"},),
    ),
    "EmbedderConfig": Hover("A server that speaks the wire format of OpenAI's embeddings."),
    "EmbedderConfig.url": Hover(
        "What stands before `/embeddings`.", ("http://127.0.0.1:11434/v1", "env:EMBEDDER_URL")
    ),
    "EmbedderConfig.server": Hover(
        "The entry of `models` that is behind the same server: its address, key and headers.",
        ("local",),
    ),
    "EmbedderConfig.model": Hover("The name of the model there.", ("nomic-embed-text",)),
    "EmbedderConfig.key": Hover(
        "The variable of the environment that holds the key.", ("env:EMBEDDER_KEY",)
    ),
    "EmbedderConfig.headers": Hover("Further headers; `env:NAME` is looked up in the environment."),
    "EmbedderConfig.before_text": Hover(
        "What the model wants to stand before what is kept.", ("search_document: ",)
    ),
    "EmbedderConfig.before_question": Hover(
        "What the model wants to stand before what is asked.", ("search_query: ",)
    ),
    "EmbedderConfig.even": Hover("The cosine at which a piece is as likely relevant as not."),
    "EmbedderConfig.batch": Hover("Texts in one request."),
    "EmbedderConfig.version": Hover(
        "Change it when another model stands behind the same name: all vectors are made anew."
    ),
    "Workspace.models": Hover(
        "Models, by name: each is a capability of that name.",
        ({"fast": "openai:gpt-5-mini"},),
    ),
    "ModelConfig": Hover("A model of a provider, or of a server of one's own."),
    "ModelConfig.provider": Hover(
        "Whose wire format it speaks: `openai` is the Responses interface, `openai-chat` Chat Completions."
    ),
    "ModelConfig.model": Hover("Its name there.", ("gpt-5-mini",)),
    "ModelConfig.url": Hover(
        "What stands before the path of a request; the provider's own by default.",
        ("http://127.0.0.1:11434/v1", "env:MODEL_URL"),
    ),
    "ModelConfig.key": Hover(
        "The variable of the environment that holds the key; the provider's usual one by default.",
        ("env:MODEL_KEY",),
    ),
    "ModelConfig.headers": Hover("Further headers; `env:NAME` is looked up in the environment."),
    "ModelConfig.prices": Hover(
        "What it costs, instead of the table: `free`, or dollars for a million tokens.",
        ({"input": 0.25, "output": 2},),
    ),
    "ModelConfig.max_tokens": Hover("The longest answer, in tokens; what a call may cost follows."),
    "ModelConfig.max_input": Hover(
        "The longest question, in tokens; a text is taken to have one for each byte."
    ),
    "ModelConfig.description": Hover("What it is for, for people and planners."),
    "ModelConfig.timeout": Hover("Longest time of one call.", ("2m",)),
    "ModelConfig.concurrency": Hover(
        "Calls at once, the thoughts of its agents among them; 0 for any number."
    ),
    "ModelPrices": Hover("Dollars for a million tokens."),
    "ModelPrices.input": Hover("Of what is said to the model."),
    "ModelPrices.output": Hover("Of what the model says."),
    "Workspace.agents": Hover(
        "Agents, by name: models that call tools in turns, each call a step of the run.",
        ({"support": {"model": "strong", "tools": ["handbook.search", "human"]}},),
    ),
    "AgentConfig": Hover("An agent: a model, what it is to keep to, and what it may call."),
    "AgentConfig.model": Hover("Which of the workspace's models thinks.", ("strong",)),
    "AgentConfig.instructions": Hover("Who it is, and what it is to keep to."),
    "AgentConfig.tools": Hover(
        "The capabilities that it may call; nothing else.", (["orders.find", "human"],)
    ),
    "AgentConfig.turns": Hover("At most so many questions to the model; on the last it answers."),
    "AgentConfig.output": Hover(
        "JSON Schema of the answer's `value`; without one it answers in words.",
        ({"type": "object", "properties": {"refund": {"type": "boolean"}}},),
    ),
    "AgentConfig.hand_over": Hover("Agents that it may leave the conversation to.", (["billing"],)),
    "AgentConfig.budget": Hover("Bounds on one call of it, with all that its tools do."),
    "AgentConfig.timeout": Hover("Longest time of one call of it, waiting included.", ("10m",)),
    "AgentConfig.description": Hover("What it is for, for people and planners."),
    "AgentConfig.compact": Hover("A longer conversation is summarized, in tokens."),
    "Workspace.planning": Hover(
        "How requests in words become plans where nothing that is registered fits.",
        ({"model": "strong"},),
    ),
    "PlanningConfig": Hover("What planners may use, and what their plans may do."),
    "PlanningConfig.autonomy": Hover(
        "What a plan that was made for a request may do: be shown, run when somebody has said yes to it, run and ask"
        " before it changes anything, or run as the policy says.",
        ("supervised",),
    ),
    "PlanningConfig.model": Hover("Which of the workspace's models drafts plans.", ("strong",)),
    "PlanningConfig.attempts": Hover("At most so many drafts of one plan."),
    "PlanningConfig.replan": Hover(
        "So often the rest of a run is planned again when a plan that was made has failed; 0 is never."
    ),
    "PlanningConfig.also": Hover(
        "Registered plans that are planned again when they fail, too.", (["refund-order"],)
    ),
    "Workspace.sql": Hover(
        "Databases, by name: tables are look-ups (`NAME.TABLE`), queries are called `NAME.QUERY`.",
        ({"orders": {"url": "env:ORDERS_URL"}},),
    ),
    "Database": Hover("A database. It is only read, unless a query of it writes."),
    "Database.url": Hover(
        "Where it is: a file of SQLite, or the variable of the environment that holds the address.",
        ("sqlite:///orders.db", "env:ORDERS_URL", "postgresql://localhost/orders"),
    ),
    "Database.tables": Hover("Tables and views that are look-ups; all, if none is named."),
    "Database.queries": Hover(
        "Statements with a name; values come in as `:parameters`.",
        ({"open_orders": {"sql": "select * from orders where customer = :customer"}},),
    ),
    "Database.free_query": Hover(
        "Whether `NAME.query` takes any statement that reads; not if `tables` narrows what is seen, unless said here."
    ),
    "Database.reach": Hover("`local` if it is on this machine; a file named in `url` is."),
    "Database.rows_max": Hover("Rows that one call may give."),
    "Database.bytes_max": Hover("Bytes of JSON that one call may give."),
    "Database.timeout": Hover("Longest time of one statement; then it is stopped.", ("10s",)),
    "Database.write": Hover("Queries of it may say `write: true`."),
    "NamedQuery": Hover("One statement with a name."),
    "NamedQuery.sql": Hover(
        "One statement; `:name` stands for a value.",
        ("select id, total from orders where customer = :customer",),
    ),
    "NamedQuery.description": Hover("What it finds, for people and planners."),
    "NamedQuery.params": Hover("Types of its parameters.", ({"customer": "string"},)),
    "NamedQuery.output": Hover(
        "Types of its columns, where the database cannot tell them.", ({"total": "number"},)
    ),
    "NamedQuery.write": Hover("It changes something: sent at most once, in its own transaction."),
    **SOURCES,
    "Rule": Hover("A rule; all of its fields that are given must match."),
    "Rule.verdict": Hover(
        "What happens to a call that matches: it is made, somebody is asked, or it is refused."
    ),
    "Rule.when": Hover(
        "A condition over `card`, `args` and `step`. If it cannot be evaluated, it counts as true, but not to allow.",
        ("args.amount > 100.0", "!args.to.endsWith('@example.org')"),
    ),
    "Rule.capability": Hover("A name, or a pattern with `*`; or several.", ("mail.*",)),
    "Rule.effect": Hover("What the capability does to the world; or several.", ("write",)),
    "Rule.reach": Hover("How far it goes; or several.", ("irreversible",)),
    "Rule.scope": Hover("A scope that the capability asks for; or several.", ("payroll",)),
    "Rule.who": Hover(
        "Who is asked, if the verdict is `ask`: a group or a person; or several.", ("ops",)
    ),
    "Rule.reason": Hover("Shown to whoever is asked or refused."),
    "Retention": Hover("How long payloads are kept."),
    "Retention.days": Hover(
        "Days after the end of a run; then `batuta gc` erases its payloads.", (30,)
    ),
    "Retention.threads": Hover(
        "Days after the last message of a thread; then `batuta gc` erases it.", (365,)
    ),
    "Limits": Hover("Bounds of one process."),
    "Limits.calls": Hover("Calls at once, over all runs.", (64,)),
    "Network": Hover("Addresses that HTTP capabilities may reach although they are not public."),
    "Network.allow_private": Hover(
        "Hosts, `host:port`, addresses or networks.", (["127.0.0.1:8080", "10.0.0.0/8"],)
    ),
}

SUITE: Mapping[str, Hover] = {
    **_BUDGET,
    "Suite": Hover("A suite: which cases, what is done with each, and how the answers are scored."),
    "Suite.name": Hover("The name of the suite; its runs are called `eval-NAME`."),
    "Suite.description": Hover("For people."),
    "Suite.data": Hover(
        "A file of cases, one a row: CSV, a JSON list, or a map on each line.", ("cases.csv",)
    ),
    "Suite.cases": Hover(
        "Instead of `data`: the cases themselves.", ([{"question": "1+1", "answer": "2"}],)
    ),
    "Suite.target": Hover(
        "What is evaluated, with its arguments.",
        ({"use": "fast", "with": {"prompt": "${case.question}"}},),
    ),
    "Suite.title": Hover("What a case is called in reports.", ("${case.question}",)),
    "Suite.output": Hover("What of the value of the target is scored.", ("${value.text}",)),
    "Suite.scorers": Hover(
        "How answers are scored, by name.", ({"right": {"exact": "${case.answer}", "pass": 0.9}},)
    ),
    "Suite.repeats": Hover("Each case is asked so often."),
    "Suite.limit": Hover("Cases at once, at most."),
    "Suite.budget": Hover("Bounds on the whole evaluation."),
    "Target": Hover("A capability or a registered plan, and what it is called with."),
    "Target.use": Hover("The capability; `batuta capabilities` lists them."),
    "Target.plan": Hover("Instead of `use`: a registered plan, by its name."),
    "Target.with": Hover(
        "The arguments, with expressions on `case`.", ({"prompt": "${case.question}"},)
    ),
    "Target.retry": Hover("Further attempts after a failure that may be tried again."),
    "Target.timeout": Hover("Longest time of one answer.", ("30s",)),
    "Scorer": Hover("One way to score an answer, from 0 to 1: it has one of the six kinds."),
    "Scorer.exact": Hover("1 if the output is this.", ("${case.answer}",)),
    "Scorer.contains": Hover(
        "The share of these texts that the output has in it.", (["${case.answer}"],)
    ),
    "Scorer.similar": Hover("How alike the output and this text are.", ("${case.answer}",)),
    "Scorer.check": Hover(
        "1 if the output meets `schema`, `matches` and `that`.", ({"matches": "^[A-Z]"},)
    ),
    "Scorer.judge": Hover("The score of a judge: a capability of the kind `judge`.", ("quality",)),
    "Scorer.use": Hover("What a capability says that is called with `with`."),
    "Scorer.task": Hover("Of a judge: what was to be done.", ("${case.question}",)),
    "Scorer.reference": Hover("Of a judge: an answer that is right.", ("${case.answer}",)),
    "Scorer.with": Hover("Of `use`: the arguments.", ({"text": "${output}"},)),
    "Scorer.pass": Hover("The mean that is wanted at least.", (0.9,)),
}
