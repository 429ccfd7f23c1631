"""Is this machine ready for the class? ``python -m helpers doctor``, and the packages on a stick.

``facts`` finds out what is so here, ``judgement`` says what it means and what to do, ``trials`` are
the small programs that ``facts`` starts. ``locked`` reads requirements.lock, ``wheels`` builds and
checks a folder of packages for machines without a network.

All of it starts where nothing is installed: at import it takes the standard library only.
"""
