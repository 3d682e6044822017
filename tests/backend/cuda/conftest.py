"""Where the kernels run: on a GPU, or compiled for the CPU."""

import pytest

from tests.backend.cuda.cuda_common import PLACES, library


@pytest.fixture(scope="module", params=PLACES)
def cp(request, tmp_path_factory):
    with library(request.param, tmp_path_factory) as found:
        yield found
