"""Plans and runs as pictures. Pure: values in, SVG out."""

from batuta.plans.draw.svg import plan_svg, run_svg

__all__ = ["plan_svg", "run_svg"]
