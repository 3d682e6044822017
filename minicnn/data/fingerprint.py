"""Data known by its content: a few letters that change when a pixel, a label or a name does.

The line that says where data came from stays the same when a picture is repaired, a class renamed
or a download replaced; what a network has learnt from does not.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from minicnn.backend.messages import type_name


def fingerprint(*parts: Any) -> str:
    """16 hexadecimal digits of `parts` (strings, numbers, arrays) in this order, every byte read.

    Equal content gives the same letters on every machine.  MNIST's 47 million bytes take 0.06 s.

    >>> fingerprint("cat", np.zeros(3)) == fingerprint("cat", np.zeros(3))
    True
    >>> fingerprint("cat", "dog") == fingerprint("catdog")
    False
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, str):
            kind, content = "text", np.frombuffer(part.encode(), np.uint8)
        else:
            content = np.asarray(part, order="C")
            if content.dtype.kind not in "biufc":
                raise TypeError(f"fingerprint: a {type_name(part)} of {content.dtype}, "
                                "expected strings and arrays of numbers")
            # Least byte first, whatever the machine.
            content = content.astype(content.dtype.newbyteorder("<"), copy=False)
            kind = content.dtype.str
        digest.update(f"{kind} {content.shape}\n".encode())
        digest.update(content.data)
    return digest.hexdigest()
