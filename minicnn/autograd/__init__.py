"""The engine, Tensors and their elementary operations."""
