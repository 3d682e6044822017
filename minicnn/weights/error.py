"""WeightsError: a weight file that cannot be read, or does not fit, and why."""


class WeightsError(ValueError):
    """A file of weights is damaged, hostile, of another kind, or for another network."""


class DoesNotFit(WeightsError):
    """The file is sound, but another network's.

    shapes : of its arrays, by their names
    cured  : True where the message says what to do
    """

    def __init__(self, message: str, shapes: dict[str, tuple[int, ...]], cured: bool) -> None:
        super().__init__(message)
        self.shapes, self.cured = shapes, cured
