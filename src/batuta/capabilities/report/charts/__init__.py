"""Pictures of numbers as SVG: bars, lines, histograms and points."""
