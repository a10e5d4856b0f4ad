"""What is wrong with the text or the shape of a file: title and remedy by code."""

__all__ = ["TEXT"]

TEXT: dict[str, tuple[str, str]] = {
    "B000": ("The file cannot be read.", "Look at its path and its rights."),
    "B001": ("The file is not UTF-8, or a text holds half a surrogate pair.", "Save it as UTF-8."),
    "B002": ("The text has more than 4,194,304 characters.", "Move data into inputs."),
    "B003": (
        "It is not YAML, or not JSON.",
        "Look at brackets, quotes and indentation up to the place.",
    ),
    "B004": ("There is nothing in it.", "Write a map of keys and values."),
    "B005": ("A key is given twice.", "Keep one of the two."),
    "B006": (
        "A key is not a text (a number, a boolean, null, a list, a map).",
        "Put it in quotes.",
    ),
    "B007": ("It is nested deeper than 64 levels.", "Make it flatter."),
    "B008": (
        "It has more than 200,000 values, 16 Mi characters (aliases written out), or 20,000 keys in one map.",
        "Make it smaller.",
    ),
    "B009": ("A tag (`!x`) is unknown, or does not fit what follows.", "Remove it."),
    "B010": (
        "A number that nobody can carry: NaN, an infinity, an integer of more than 64 bits.",
        "Write it as text, in quotes.",
    ),
    "B011": (
        "An alias has no anchor before it, or stands inside of what it stands for.",
        "Write the value out.",
    ),
    "B012": ("Merge keys (`<<`) are not supported.", "Write the keys out."),
    "B013": ("Python data that is not plain.", "Use None, bool, int, float, str, lists and maps."),
    "B014": ("A second document begins (`---`).", "One file is one document."),
    "B020": ("There is no such key.", "Take the one that is meant."),
    "B021": ("A key is missing.", "Add it."),
    "B022": ("A value has the wrong type.", "Write what is expected."),
    "B023": (
        "A value is out of its bounds, or there are too many entries.",
        "Stay inside of the bounds that the message names.",
    ),
    "B024": ("A word is not one of the choices.", "Take one of them."),
    "B025": (
        "A name is not well-formed.",
        "Letters, digits and `_`; the message shows an example.",
    ),
    "B026": (
        "A name is taken: `undo`, `item`, `index` and `previous` for steps, and the words of the "
        "expression language.",
        "Choose another.",
    ),
    "B027": ("An input's schema is not a JSON Schema.", "Correct it."),
    "B028": (
        "An input's default does not fit its own schema.",
        "Change the default or the type.",
    ),
}
