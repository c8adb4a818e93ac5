"""The ticket API, in the shapes of Zendesk's."""
