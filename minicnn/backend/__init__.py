"""Below the mathematics: array libraries, memory, threads, and the faster versions of layers."""
