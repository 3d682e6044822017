"""The C locale for a child process, where Python itself can start in it.

In a folder whose name has other letters than ASCII's, Python 3.11 cannot read its own list of
installed packages under that locale: then it is the C locale with UTF-8.
"""

import sys

LC_ALL = "C" if (sys.prefix + __file__).isascii() else "C.UTF-8"
