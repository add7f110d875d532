"""What a whole run found, on one page: counts and charts, the riskiest pictures, and what they are worth if labelled."""
