"""The drawing pad: the web page with its service, and the same pad in a notebook."""
