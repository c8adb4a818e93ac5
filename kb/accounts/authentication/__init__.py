"""How people and programs prove who they are: passwords, links, keys, and what guards a sign-in."""
