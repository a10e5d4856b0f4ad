"""Text as people write it: words, sentences, and the values that stand in it. Pure, and without any library."""
