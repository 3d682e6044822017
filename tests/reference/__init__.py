"""Every layer and loss as plain loops, straight from the formulas and apart from the package.

Slow on purpose: a reader can follow one output value with a pencil.  Arrays in, float64 arrays out.
"""
