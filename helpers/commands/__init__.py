"""Which commands there are, with their options; each names the function that does its work."""

from helpers.commands.for_a_class import add_doctor, add_grade, add_run, add_wheels
from helpers.commands.for_everybody import add_predict, add_serve, add_train, add_tune

ADD_COMMANDS = (
    *(add_train, add_tune, add_predict, add_serve),
    *(add_run, add_grade, add_doctor, add_wheels),
)
