"""Networks in files: read, tried, and saved whole."""
