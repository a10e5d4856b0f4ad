"""How pictures look: colours in light and in dark, and the sheet of styles made of them."""

__all__ = ["style_sheet", "styles"]

_SANS = (
    'Inter,-apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,'
    '"Liberation Sans","Noto Sans",sans-serif'
)
_MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace'

# Name: (on light, on dark). Every text has a contrast of at least 4.5 : 1 with what it stands on.
_COLOURS = {
    "ground": ("#fbfcfd", "#0d1218"),
    "frame": ("#e4e9ef", "#1e2733"),
    "box": ("#ffffff", "#161d27"),
    "border": ("#cfd7e1", "#334052"),
    "rule": ("#eaeef3", "#232d3a"),
    "text": ("#18212d", "#e7edf5"),
    "muted": ("#566375", "#9cabbd"),
    "edge": ("#93a1b3", "#5d6d81"),
    "critical": ("#6546d7", "#a794ff"),
    "glow": ("#efebff", "#241f45"),
    "panel": ("#f3f5f9", "#111821"),
    "pure": ("#5a6b80", "#94a6bb"),
    "read": ("#1f66d6", "#6aa9ff"),
    "idempotent": ("#0b7f79", "#3fc9bf"),
    "write": ("#b1590a", "#f5a64b"),
    "irreversible": ("#c8203f", "#ff7b8d"),
    "unknown": ("#6b7888", "#8696a8"),
    "good": ("#1a7f42", "#4cc783"),
    "bad": ("#c8203f", "#ff7b8d"),
    "run": ("#1f66d6", "#6aa9ff"),
    "ask": ("#a35a00", "#f2b04c"),
    "idle": ("#6b7888", "#8696a8"),
    "bad-tint": ("#fdf0f2", "#2a161c"),
    "ask-tint": ("#fdf5e6", "#2a2112"),
    "run-tint": ("#edf4fe", "#14233a"),
}

_RULES = f"""
.b text{{font-family:{_SANS};font-variant-ligatures:no-contextual}}
.b .m{{font-family:{_MONO}}}
.b .h1{{font-size:20px;font-weight:600}}
.b .h2{{font-size:14px;font-weight:600}}
.b .d{{font-size:13px}}
.b .n{{font-size:13.5px;font-weight:600}}
.b .ns{{font-size:12px;font-weight:600}}
.b .u{{font-size:11px}}
.b .us{{font-size:10px}}
.b .t{{font-size:11.5px}}
.b .ts{{font-size:10.5px}}
.b .x{{font-size:10.5px}}
.b .e,.b .i,.b .l{{fill:none;stroke-linecap:round;stroke-linejoin:round}}
.b .e{{stroke-width:1.4}}
.b .l{{stroke-width:1}}
.b .i{{stroke-width:1.7}}
.b .ec{{stroke-width:2.6}}
.b .after{{stroke-dasharray:6 4}}
.b .optional{{stroke-dasharray:.1 4.5;stroke-width:2}}
.b .cut{{stroke-dasharray:4 3}}
.b .faded{{opacity:.55}}
.b .tile{{fill-opacity:.13}}
.b .o1{{opacity:.3}}.b .o2{{opacity:.44}}.b .o3{{opacity:.58}}.b .o4{{opacity:.72}}.b .o5{{opacity:.86}}
"""

# Class: (property, name of the colour).
_PAINTED = {
    "ground": ("fill:ground", "stroke:frame"),
    "box": ("fill:box", "stroke:border"),
    "sheet": ("fill:box", "stroke:border"),
    "panel": ("fill:panel", "stroke:frame"),
    "crit": ("stroke:critical",),
    "glow": ("fill:glow",),
    "l": ("stroke:rule",),
    "axis": ("stroke:border",),
    "e": ("stroke:edge",),
    "ah": ("fill:edge",),
    "ec": ("stroke:critical",),
    "ahc": ("fill:critical",),
    "tx": ("fill:text",),
    "mu": ("fill:muted",),
    "cr": ("fill:critical",),
    "on": ("stroke:box",),
    "onf": ("fill:box",),
    "muted-line": ("stroke:muted",),
    **{
        f"{kind}-{name}": (f"{what}:{name}",)
        for kind, what in (("f", "fill"), ("s", "stroke"))
        for name in (
            "pure", "read", "idempotent", "write", "irreversible", "unknown", "good", "bad", "run", "ask", "idle",
            "bad-tint", "ask-tint", "run-tint", "critical",
        )
    },
}  # fmt: skip


def style_sheet(used: set[str]) -> str:
    """The styles of the classes in `used`: the colours by what the reader prefers, light or dark."""
    return f"<style>{styles(used)}</style>"


def styles(used: set[str] | None = None) -> str:
    """What stands in that sheet, for a file of its own; without `used`, of all classes."""
    used = {*_PAINTED} if used is None else used
    light = _coloured(used, 0)
    dark = _coloured(used, 1)
    return f"{_RULES}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def _coloured(used: set[str], side: int) -> str:
    rules: list[str] = []
    for name, painted in _PAINTED.items():
        if name in used:
            pairs = (one.split(":") for one in painted)
            body = ";".join(f"{what}:{_COLOURS[colour][side]}" for what, colour in pairs)
            rules.append(f".b .{name}{{{body}}}\n")
    return "".join(rules)
