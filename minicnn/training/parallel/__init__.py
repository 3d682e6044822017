"""Several processes that train one network, on one machine or on many: docs/scale.md.

    world.py        the processes, and the one that is alone        mpi.py    those of mpiexec
    gradients.py    the gradient of the whole batch, in buckets     team.py   a step of all of them
    keeper.py       what is left when process 0 is killed           heir.py   who saves it then
    jobs.py         several networks at once
"""

from minicnn.training.parallel.gradients import Gradients, average_gradients
from minicnn.training.parallel.jobs import map_jobs
from minicnn.training.parallel.mpi import processes
from minicnn.training.parallel.stopping import finish_same_step
from minicnn.training.parallel.team import Team
from minicnn.training.parallel.world import ALONE, OtherFailed, World

__all__ = ["ALONE", "Gradients", "OtherFailed", "Team", "World", "average_gradients",
           "finish_same_step", "map_jobs", "processes"]
