"""The series' own search for hyper-parameters: ``python -m helpers tune``.

Any number of workers share one storage. The story in order: ``space`` says what is searched,
``objective`` trains and measures one setting, ``search`` goes on until there are enough trials,
``workers`` finds the trials of workers that have died, ``storage`` opens what the address names,
``journal`` and ``locks`` keep a journal file whole, ``progress`` shows it, ``command`` is the door.

Nothing here is imported before the command is chosen: Optuna alone takes longer to load than
``predict`` takes to read a picture.
"""
