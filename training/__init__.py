"""Offline training: from publishers' files to a model bundle. May import `app.screening`; is never imported by it."""
