"""Grade handed-in notebooks: ``python -m helpers grade FOLDER``.

In the order in which things happen:

- ``hand_in``: one file, without running it: which exercises it answers, and what has to run.
- ``sandbox``: a folder for one student's code, with the series in it, but without the answers.
- ``isolation``: the program that starts the kernel there: no network, nothing else to write to.
- ``kernel``: runs the cells; ``limits`` watches what they take, by ``processes`` and ``disk``.
- ``desk``: stands in for ``helpers.exercises`` in that kernel; writes answers down as plain data.
- ``judge``: reads the plain data in another process, and judges.
- ``grades``, ``command``: one file after the other, the table, the CSV file.

Student code and judgement never share a process: what a cell does to ``check``, to ``print`` or to
Python itself changes which answer is handed in, and nothing about what counts as right.
"""
