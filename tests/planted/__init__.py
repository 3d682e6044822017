"""Faults planted one at a time in the package, to see whether a test notices: is the suite as good
as it says?

    python -m tests.planted --count 40           plants 40 faults, runs the tests against each
    python -m tests.planted --list --count 0     names every fault that it knows how to plant

A test that never fails holds nothing, and nobody sees that by reading it.  So a copy of the tree is
made, one thing in it is changed (an axis, a sign, a stride for a dilation, a term left out), and
the tests that should notice are run.  A fault that survives is a hole in the tests, unless it
changes nothing that a test could see; those stand with their reason in explained.txt.

    source.py     one file: exact places of its syntax, and what is left alone
    kinds.py      the kinds of faults
    changes.py    all faults of a tree, and a sample of them
    run.py        copies, in which a fault is planted and tested
    report.py     the table, the survivors, what is explained, results in a file
"""
