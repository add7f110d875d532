"""What every route shares: requests and uploads, errors, headers, health."""
