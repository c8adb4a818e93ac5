"""Markdown to safe HTML: the dialect, the sanitiser, code highlighting, media and the outline."""
