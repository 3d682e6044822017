"""Did you mean?"""

import pytest

from minicnn.backend.messages import did_you_mean


@pytest.mark.parametrize("name, choices, question", [
    ("CON2D", ["Conv1d", "conv2d", "pool"], "did you mean conv2d or Conv1d?"),
    (1.6, [0.5, 1.5], "did you mean 1.5?"), ("xyz", ["vgg"], ""), ("", ["vgg"], ""),
])
def test_did_you_mean(name, choices, question):
    assert did_you_mean(name, choices) == question
