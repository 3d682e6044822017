"""What a reader asks of a network: its table, its time, its layers' answers, what they see."""

from minicnn.inspect.activations import activations, row_outputs
from minicnn.inspect.field import measured_field, receptive_fields, trace
from minicnn.inspect.profile import profile
from minicnn.inspect.profile_picture import profile_picture
from minicnn.inspect.profile_table import Profile
from minicnn.inspect.summary import Summary, summary

__all__ = ["Profile", "Summary", "activations", "measured_field", "profile", "profile_picture",
           "receptive_fields", "row_outputs", "summary", "trace"]
