"""OAuth 2.0 identity provider with one sample user."""
