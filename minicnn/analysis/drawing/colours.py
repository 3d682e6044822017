"""The colours of the kinds of boxes, for light and for dark paper."""

# on light paper and on dark
INK, PAPER = ("#1b1f24", "#e8eaed"), ("#ffffff", "#15181c")
LINE, JUMP = ("#5c6670", "#9aa4ae"), ("#b3261e", "#ff8a80")

# (card, edge) on light paper and on dark paper; letters are INK on either
KINDS = {
    "input": (("#f1f3f4", "#5f6368"), ("#2a2e33", "#9aa0a6")),
    "conv": (("#dbe8fb", "#1a5fb4"), ("#16304f", "#78aeed")),
    "pool": (("#fbdcd9", "#b3261e"), ("#4f1f1c", "#f28b82")),
    "fc": (("#dcf0dd", "#1e7b34"), ("#173d20", "#81c995")),
    "attention": (("#f6dcf3", "#8e24aa"), ("#43204b", "#d7aefb")),
    "norm": (("#fdf0c8", "#8a6d00"), ("#453a10", "#fdd663")),
    "activation": (("#fbe6d0", "#a85400"), ("#4a2f14", "#fcad70")),
    "join": (("#e6e0f8", "#5e35b1"), ("#2c2350", "#b39ddb")),
    "resize": (("#d5f1f0", "#00796b"), ("#103d3a", "#78d9d0")),
    "module": (("#e9ecd6", "#5d6b1d"), ("#33391a", "#c5d17a")),
    "other": (("#eceff1", "#455a64"), ("#2b3338", "#b0bec5")),
}
