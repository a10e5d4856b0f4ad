"""What goes to a terminal, a pipe or a file: streams, columns, words and numbers as people read them."""
