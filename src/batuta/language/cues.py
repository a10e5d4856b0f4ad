"""The words that the value of a field stands by, as its name gives them."""

import re

__all__ = ["CUES_OF_A_NAME", "words_of_name"]

# What people write before their name.
CUES_OF_A_NAME = (
    "my name is", "name is", "name", "i am", "i'm", "this is", "regards", "sincerely", "yours", "cheers", "thanks",
    "signed", "dear", "mr", "mrs", "ms", "dr", "contact", "customer", "from",
)  # fmt: skip


def words_of_name(name: str) -> list[str]:
    """`order_date`, `orderDate` → order date, order, date."""
    words = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+", name)
    whole = " ".join(words).lower()
    return [whole, *(word.lower() for word in words if len(word) > 2 and len(words) > 1)]
