"""Who may come in, where a login is configured: one account of the clinic, an OpenID Connect provider, or both."""
