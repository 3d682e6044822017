from minicnn.__main__ import main


def status(*arguments):
    """Exit status of a command, also of one that argparse ends."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code
