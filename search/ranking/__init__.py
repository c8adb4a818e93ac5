"""From candidates to an ordered page of hits, with highlights, a confidence and an explanation."""
