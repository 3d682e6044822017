"""Is every backward the derivative of its forward?  `gradcheck(function, *inputs)` answers."""

from minicnn.gradcheck.checker import LIMIT, Report, gradcheck

__all__ = ["LIMIT", "Report", "gradcheck"]
