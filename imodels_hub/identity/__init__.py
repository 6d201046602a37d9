"""Who signs in: an OAuth provider with one sample user, its rules and its pages."""
