"""The customer's pages: the request form, its suggestions, and the page that follows a request."""
