"""The web foundation: templates, static files, finished pages, forms, and the guard before every view."""
