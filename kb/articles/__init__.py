"""Articles: Markdown files read from a folder, rendered once, served from memory."""
