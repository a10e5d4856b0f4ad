"""Icons as paths in a square of 16 pixels, drawn with a round pen: shape says what colour says, too."""

__all__ = ["ASKS", "EFFECT_ICONS", "MAY_FAIL", "STATE_ICONS", "STATE_STYLES", "UNDO"]

EFFECT_ICONS = {
    # f(x): a value out of values
    "pure": "M10.5 3.2c-2-.9-3 .2-3.2 2.3L6.6 11c-.2 1.8-1 2.6-2.6 2M5 7.4h5",
    # an eye
    "read": (
        "M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8Z"
        "M8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4"
    ),
    # a switch that stays where it is put
    "idempotent": (
        "M5.3 4.3h5.4a3.7 3.7 0 0 1 0 7.4H5.3a3.7 3.7 0 0 1 0-7.4Z"
        "M10.6 6.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8"
    ),
    # a pen
    "write": "M3 13l.7-3L10.6 3.1a1.3 1.3 0 0 1 1.9 0l.4.4a1.3 1.3 0 0 1 0 1.9L6 12.3 3 13ZM9.4 4.4l2.2 2.2",
    # a flash
    "irreversible": "M9 1.9L3.6 9.1h3.8L7 14.1l5.4-7.2H8.6L9 1.9Z",
    # a box nobody has opened
    "": "M8 2.2l5.2 2.9v5.8L8 13.8l-5.2-2.9V5.1L8 2.2ZM2.9 5.2L8 8l5.1-2.8M8 8v5.7",
}

STATE_ICONS = {
    "done": "M4.6 8.3l2.3 2.3 4.5-4.8",
    "taken back": "M6.6 5.1L4.9 6.8l1.7 1.7M5.1 6.8h3.9a2.1 2.1 0 0 1 0 4.2H7.2",
    "failed": "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
    "failed, run goes on": "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
    "running": "M6.5 5.2v5.6L10.9 8Z",
    "retrying": "M11.2 6.6A3.5 3.5 0 1 0 11.4 9M11.5 4.6v2.2H9.3",
    "waiting": "M6.2 6.5a1.8 1.8 0 1 1 2.7 1.6c-.6.4-.9.7-.9 1.2M8 11.4v.1",
    "in doubt": "M8 4.5v4.2M8 11.3v.1",
    "ready": "M5 8v.1M8 8v.1M11 8v.1",
    "pending": "M5 8v.1M8 8v.1M11 8v.1",
    "skipped": "M5 8h6",
    "cancelled": "M5.4 10.6l5.2-5.2",
}

STATE_STYLES = {
    "done": "good",
    "taken back": "idle",
    "failed": "bad",
    "failed, run goes on": "idle",
    "running": "run",
    "retrying": "ask",
    "waiting": "ask",
    "in doubt": "bad",
    "ready": "idle",
    "pending": "idle",
    "skipped": "idle",
    "cancelled": "idle",
}

# An arrow that turns back.
UNDO = "M5.6 4L3 6.6l2.6 2.6M3.2 6.6h6a3.2 3.2 0 0 1 0 6.4H6.4"
# A cross in a ring that is open.
MAY_FAIL = "M6 6l4 4M10 6l-4 4M8 2.2A5.8 5.8 0 0 1 13.8 8M8 13.8A5.8 5.8 0 0 1 2.2 8"
# A question mark.
ASKS = "M6 6.2a2.05 2.05 0 1 1 3 1.8c-.7.4-1 .8-1 1.4M8 11.7v.1"
