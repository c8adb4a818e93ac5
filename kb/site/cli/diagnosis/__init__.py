"""The checks of `deskbook doctor`."""
