"""What writers keep beside the articles: search rules, golden queries and the check of both."""
