"""Text as search reads it: words, stems, stop words, compounds and the dictionaries behind corrections."""
