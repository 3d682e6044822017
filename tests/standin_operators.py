"""x + y, x < y, -x and their like for tests/standin.py: which function answers, as in CuPy."""

from tests.cupy_names import BINARY, COMPARISONS, UNARY


def give_operators(ndarray, library):
    """library : the names of the functions, such as "add", and what they are"""
    def binary(ufunc):
        """x + y; y answers if its __array_ufunc__ is None, or is missing and y comes first."""
        def operator(self, other):
            first = getattr(other, "__array_priority__", 0) > self.__array_priority__
            if not isinstance(other, ndarray) and getattr(
                    other, "__array_ufunc__", None if first else 0) is None:
                return NotImplemented
            return library[ufunc](self, other)
        return operator

    def reflected(ufunc):
        return lambda x, y: library[ufunc](y, x)

    def in_place(ufunc):
        return lambda x, y: library[ufunc](x, y, out=x)

    for symbol, ufunc in (BINARY | COMPARISONS).items():
        setattr(ndarray, f"__{symbol}__", binary(ufunc))
    for symbol, ufunc in BINARY.items():
        setattr(ndarray, f"__r{symbol}__", reflected(ufunc))
        if symbol != "matmul":                     # a @= b becomes a = a @ b, as in CuPy
            setattr(ndarray, f"__i{symbol}__", in_place(ufunc))
    for symbol, ufunc in UNARY.items():
        setattr(ndarray, f"__{symbol}__", lambda x, ufunc=ufunc: library[ufunc](x))
