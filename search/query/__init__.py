"""From what was typed to a parsed query: its words, what each may stand for, and the site's own rules."""
