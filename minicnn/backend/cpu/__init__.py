"""Faster versions for NumPy: by blocks that stay in the processor's cache, shared out to threads.

Each takes the place of a definition in minicnn/layers, which says what it computes; a test holds
the two to the same numbers.  A layer's version is one function, version(*arrays, **settings), that
returns y and the function for its backward (minicnn/backend/versions.py).
"""
