"""The longer commands of `python -m minicnn`, one file each."""
