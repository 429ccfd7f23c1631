"""What differs from machine to machine: the network, and where a command's output goes."""
