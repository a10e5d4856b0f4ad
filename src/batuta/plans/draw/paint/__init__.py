"""Painting: words and shapes as the elements of an SVG document, in light and in dark."""
