"""What a reader asks of a network: its table, what its layers answer, what they see, pictures."""

from minicnn.inspect.activations import activations, row_outputs
from minicnn.inspect.field import measured_field, receptive_fields, trace
from minicnn.inspect.summary import Summary, summary

__all__ = ["Summary", "activations", "measured_field", "receptive_fields", "row_outputs", "summary",
           "trace"]
