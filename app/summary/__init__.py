"""What a whole run found, on one page, and what its answers are worth where the pictures are labelled."""
