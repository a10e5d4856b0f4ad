"""What is wrong with, or doubtful about, a workspace: title and remedy by code."""

__all__ = ["WORKSPACE", "WORKSPACE_WARNINGS"]

WORKSPACE: dict[str, tuple[str, str]] = {
    "B201": (
        "The `when` of a rule is wrong.",
        "Correct it; it may use `card`, `args` and `step`.",
    ),
    "B202": (
        "Not a host, an address or a network.",
        "Write for example `localhost:8080` or `10.0.0.0/8`.",
    ),
    "B203": (
        "A Python file that is named is not there.",
        "Correct the path; it is relative to the workspace.",
    ),
    "B204": ("A rule names `who` is asked, and asks nobody.", "Write `verdict: ask`."),
    "B205": (
        "Two registered plans have the same name.",
        "Give each a name of its own.",
    ),
    "B601": (
        "A module of the workspace cannot be loaded.",
        "Correct what the message says; it is the module's own error.",
    ),
    "B602": (
        "A function of a module cannot be a capability.",
        "Correct its declaration or its types.",
    ),
    "B603": ("A capability of `batuta.yaml` has wrong settings.", "Correct them."),
    "B604": (
        "An agent names a model, tool or agent that is not there, or an embedder the server of such a model.",
        "Correct the name.",
    ),
    "B605": (
        "What a source under `mcp` or `openapi` offers has not been accepted yet.",
        "`batuta trust NAME` reads it, shows it and asks.",
    ),
    "B606": (
        "The pin of a source cannot be read, or is not as it was written.",
        "Bring back the file as it was, or let `batuta trust NAME` read the source again.",
    ),
    "B607": (
        "The description of a service cannot be used as the workspace says.",
        "Correct what the message says.",
    ),
    "B608": (
        "Two sources have the same name, or what one offers is called like something else.",
        "Give one another name: it stands before the names of all that it offers.",
    ),
}

WORKSPACE_WARNINGS: dict[str, tuple[str, str]] = {
    "B206": ("A pattern under `plans` fits no file.", "Correct it; it is relative to the folder."),
    "B611": (
        "A rule of the policy fits no capability.",
        "Compare its names with those of your capabilities.",
    ),
}
