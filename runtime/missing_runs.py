"""What is said of a return that goes on while the engine has no run of it."""


class RunMissingError(Exception):
    """The return goes on but its run is gone: the news waits for the restart."""
