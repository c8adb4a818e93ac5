"""The site: the app, its command line, and what runs beside it. The one package that knows every other."""
