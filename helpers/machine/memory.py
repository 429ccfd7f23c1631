"""Let programs that are started from here keep the memory that they have had.

TensorFlow fetches and returns large pieces of memory in every step. By default the C library gives
them back to the operating system and fetches them again page by page: where pages are dear, as on
many virtual machines, that takes as long as two thirds of the arithmetic. Results stay the same.

The variables (mallopt(3) explains them) are those of the GNU C library; other systems do not know
them. They are read when a process starts, so they help only those that start later.
"""

import os

KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
}


def keep_memory() -> None:
    """Set the variables, for kernels and other processes to come, unless somebody has set them."""
    for name, value in KEEP_MEMORY.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":  # for the Makefile: as arguments of `env`
    print(*(f"{name}={value}" for name, value in KEEP_MEMORY.items()))
