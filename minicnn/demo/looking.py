"""Where a cell looks: the part of every earlier layer, and of the picture, that it depends on."""

from typing import Any

from minicnn.explain.record import Call, Index, Recorder

Box = tuple[int, int, int, int]        # first row, first column, last row, last column


def looked_at(recorder: Recorder, layer: str, at: Index) -> dict[str, Box]:
    """{layer, or "image": box} for one cell (row, column) of a layer that has maps.

    Backwards through the calls: a window makes a box larger, arithmetic pixel by pixel leaves it,
    and of everything else it is the whole.
    """
    visit = recorder.visits[layer]
    row, column = at
    boxes: dict[int, Box] = {id(visit.output): (row, column, row, column)}
    names = {id(one.output): key for key, one in recorder.visits.items()
             if key and hasattr(one.output, "shape")}
    names |= {id(x): "image" for x in recorder.visits[""].inputs} if "" in recorder.visits else {}
    found = {}
    for call in reversed(recorder.calls):
        box = boxes.get(id(call.output))
        if box is None:
            continue
        for x in call.tensors:
            if len(x.shape) == 4 and not hasattr(x, "learnt"):
                wider = within(before(call, box, x), x.shape[2:])
                boxes[id(x)] = joined(boxes.get(id(x), wider), wider)
    for number, box in boxes.items():
        if number in names and names[number] != layer:
            found[names[number]] = box
    return found


def before(call: Call, box: Box, x: Any) -> Box:
    """The box in an input of a call."""
    window = getattr(call.kept, "window", None)
    if window is not None:
        (top, _), (left, _) = window.borders(*x.shape[2:])
        (SH, SW), (KH, KW), (DH, DW) = window.stride, window.kernel, window.dilation
        return (box[0] * SH - top, box[1] * SW - left, box[2] * SH - top + (KH - 1) * DH,
                box[3] * SW - left + (KW - 1) * DW)
    if call.y.ndim == 4 and call.y.shape[2:] == x.shape[2:]:
        return box
    return (0, 0, x.shape[2] - 1, x.shape[3] - 1)


def within(box: Box, size: Index) -> Box:
    """Without the padding around it."""
    return (max(box[0], 0), max(box[1], 0), min(box[2], size[0] - 1), min(box[3], size[1] - 1))


def joined(a: Box, b: Box) -> Box:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
