"""HTTP below the pages: connections, bodies, uploads and encodings."""
