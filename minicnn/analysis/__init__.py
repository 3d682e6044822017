"""What a reader asks of a network: its table, its time, its layers' answers, what they see."""

from minicnn.analysis.activations import activations, row_outputs
from minicnn.analysis.boxes_picture import (
    draw_anchors,
    draw_box_errors,
    draw_boxes,
    draw_suppressed,
)
from minicnn.analysis.curves_picture import score_curves
from minicnn.analysis.features import features
from minicnn.analysis.first_layer import draw_first_layer, first_filters
from minicnn.analysis.maps_picture import compare_maps, draw_map_errors, draw_maps
from minicnn.analysis.profile import profile
from minicnn.analysis.profile_picture import profile_picture
from minicnn.analysis.profile_table import Profile
from minicnn.analysis.receptive_field import measured_field, receptive_fields, trace
from minicnn.analysis.summary import Summary, summary

__all__ = ["Profile", "Summary", "activations", "compare_maps", "draw_anchors", "draw_box_errors",
           "draw_boxes", "draw_first_layer", "draw_map_errors", "draw_maps",
           "draw_suppressed", "features", "first_filters", "measured_field", "profile",
           "profile_picture", "receptive_fields", "row_outputs", "score_curves",
           "summary", "trace"]
