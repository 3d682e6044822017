"""While the command line is being loaded, Ctrl-C ends it at once and a mistake is one line.

`python -m minicnn` loads the package, and NumPy with it, before its main() can catch anything;
minicnn/__init__.py therefore imports this file first.  Programs that import minicnn are left alone.
"""

import os
import signal
import sys
import threading
from types import TracebackType

NAMES = ("minicnn", "minicnn.exe", "minicnn-script.py")              # as pip installs it


def is_command() -> bool:
    """Python calls a program "-m" while it looks for it."""
    name = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    return name in NAMES or name == "-m" and "minicnn" in sys.orig_argv


def one_line(kind: type[BaseException], problem: BaseException,
             trace: TracebackType | None) -> None:
    """Of an unknown mistake all is shown, as ever."""
    if not (isinstance(problem, (OSError, ValueError, MemoryError))
            or isinstance(problem, ModuleNotFoundError) and problem.name == "numpy"):
        sys.__excepthook__(kind, problem, trace)
        return
    print(f"minicnn: {problem}", file=sys.stderr)
    raise SystemExit(2)


if is_command():
    sys.excepthook = one_line
    if (threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
        signal.signal(signal.SIGINT, signal.SIG_DFL)       # main() makes it an exception again
