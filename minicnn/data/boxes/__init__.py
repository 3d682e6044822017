"""Box arithmetic of detectors: arrays in, arrays out, without gradients.

Boxes are (x1, y1, x2, y2) in pixels, half open: x2 - x1 wide.  Names and meanings are torchvision's
where it has them.
"""

from minicnn.data.boxes.anchors import anchor_grid, anchors
from minicnn.data.boxes.check import check_boxes
from minicnn.data.boxes.clip import clip_boxes_to_image, remove_small_boxes
from minicnn.data.boxes.coding import decode, encode
from minicnn.data.boxes.matching import BACKGROUND, BETWEEN, match, match_bipartite
from minicnn.data.boxes.overlap import box_area, box_giou, box_iou
from minicnn.data.boxes.sampling import sample
from minicnn.data.boxes.suppression import batched_nms, nms

__all__ = ["BACKGROUND", "BETWEEN", "anchor_grid", "anchors", "batched_nms", "box_area",
           "box_giou", "box_iou", "check_boxes", "clip_boxes_to_image", "decode", "encode",
           "match", "match_bipartite", "nms", "remove_small_boxes", "sample"]
