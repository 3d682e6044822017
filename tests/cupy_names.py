"""What CuPy 14.2 calls its functions and their arguments: what tests/standin.py offers."""

# Element by element.
UFUNCS = """
    abs absolute add arctan arctan2 bitwise_and bitwise_or bitwise_xor cbrt ceil cos cosh divide
    equal exp exp2 expm1 floor floor_divide fmax fmin fmod greater greater_equal hypot invert
    isfinite isinf isnan left_shift less less_equal log log10 log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal power
    reciprocal remainder right_shift rint sign signbit sin sinh sqrt square subtract tan tanh
    true_divide trunc
"""

# Names of the arguments in CuPy 14.2; "*" and "**" stand for any number of them.
FUNCTIONS = {
    "all": "a axis out keepdims", "amax": "a axis out keepdims", "amin": "a axis out keepdims",
    "any": "a axis out keepdims", "arange": "start stop step dtype",
    "argmax": "a axis dtype out keepdims", "argmin": "a axis dtype out keepdims",
    "argsort": "a axis kind", "array_equal": "a1 a2 equal_nan", "ascontiguousarray": "a dtype",
    "atleast_1d": "a", "broadcast_to": "array shape", "clip": "a a_min a_max out",
    "concatenate": "tup axis out dtype casting", "copy": "a order",
    "count_nonzero": "a axis", "cumsum": "a axis dtype out", "diag": "v k", "dot": "a b out",
    "einsum": "* **", "empty": "shape dtype order",
    "empty_like": "prototype dtype order subok shape", "expand_dims": "a axis",
    "eye": "N M k dtype order",
    "flip": "a axis", "may_share_memory": "a b max_work",
    "full": "shape fill_value dtype order", "full_like": "a fill_value dtype order subok shape",
    "isclose": "a b rtol atol equal_nan", "linspace": "start stop num endpoint retstep dtype axis",
    "max": "a axis out keepdims", "mean": "a axis dtype out keepdims",
    "median": "a axis out overwrite_input keepdims", "min": "a axis out keepdims",
    "moveaxis": "a source destination", "ndim": "a", "nonzero": "a", "ones": "shape dtype order",
    "ones_like": "a dtype order subok shape", "outer": "a b out", "pad": "array pad_width mode **",
    "prod": "a axis dtype out keepdims", "ravel": "a order", "repeat": "a repeats axis",
    "reshape": "a newshape order", "roll": "a shift axis", "shape": "a", "size": "a",
    "sort": "a axis kind", "split": "ary indices_or_sections axis", "squeeze": "a axis",
    "stack": "tup axis out dtype casting", "std": "a axis dtype out ddof keepdims",
    "sum": "a axis dtype out keepdims", "swapaxes": "a axis1 axis2", "tensordot": "a b axes",
    "take": "a indices axis out",
    "tile": "A reps", "transpose": "a axes", "tril": "m k", "triu": "m k",
    "var": "a axis dtype out ddof keepdims", "zeros": "shape dtype order",
    "zeros_like": "a dtype order subok shape",
}
METHODS = {
    "all": "axis out keepdims", "any": "axis out keepdims", "argmax": "axis out dtype keepdims",
    "argmin": "axis out dtype keepdims", "argsort": "axis kind", "clip": "min max out",
    "copy": "order",
    "cumsum": "axis dtype out", "diagonal": "offset axis1 axis2", "dot": "b out",
    "flatten": "order",
    "max": "axis out keepdims", "mean": "axis dtype out keepdims", "min": "axis out keepdims",
    "nonzero": "", "prod": "axis dtype out keepdims", "ravel": "order", "repeat": "repeats axis",
    "reshape": "* order", "round": "decimals out", "squeeze": "axis",
    "std": "axis dtype out ddof keepdims",
    "sum": "axis dtype out keepdims", "swapaxes": "axis1 axis2", "transpose": "*",
    "var": "axis dtype out ddof keepdims", "view": "dtype",
}
WAITING = {"nonzero", "count_nonzero", "array_equal"}      # their result's size or value is needed
# What hands on the memory that it got, or does not touch what it takes.
FREE = {
    "atleast_1d", "ascontiguousarray", "broadcast_to", "diagonal", "empty", "empty_like",
    "expand_dims", "may_share_memory", "moveaxis", "ndim", "ravel", "reshape", "shape", "size",
    "split", "squeeze", "swapaxes", "transpose", "view"}
COPYING = {"ascontiguousarray", "ravel", "reshape"}        # unless a view does
KEEPING = FREE | {"copy", "flip", "full_like", "ones_like", "zeros_like"}       # the layout

# Operators and the function behind each.
UNARY = {"neg": "negative", "abs": "absolute", "invert": "invert"}
BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "pow": "power",
    "floordiv": "floor_divide", "mod": "remainder", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift", "matmul": "matmul",
}
COMPARISONS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}
