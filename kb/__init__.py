"""Deskbook: a self-hosted help centre and support desk."""

__version__ = "0.1.0"
