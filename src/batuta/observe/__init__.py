"""What the log says when it is read for figures: folds over many runs."""
