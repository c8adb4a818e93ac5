"""The content folder as files: front matter, images and the git history."""
