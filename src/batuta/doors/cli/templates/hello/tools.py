"""What this workspace can do. The types become the schema, the docstring the description."""

from batuta import capability


@capability(effect="pure", reach="local")
def greet(name: str, language: str = "en") -> str:
    """Greet somebody: in English (en), German (de) or Spanish (es)."""
    words = {"en": "Hello", "de": "Guten Tag", "es": "Buenos días"}
    return f"{words.get(language, 'Hello')}, {name}!"
