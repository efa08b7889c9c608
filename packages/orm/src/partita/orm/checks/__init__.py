"""What is wrong with the declarations of models, told before anything is done with them; ids are those of Django."""

from partita.orm.checks.findings import error, warning
from partita.orm.checks.together import check_models

__all__ = ("check_models", "error", "warning")
