"""Commands that make users and change their passwords."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import Any

from partita.auth.authentication import get_user_manager, get_user_model
from partita.auth.password_rules import validate_password
from partita.auth.users import AbstractUser, normalize_email
from partita.contracts.current import Resolver
from partita.orm import IntegrityError
from partita.validation import EmailValidator, ValidationError

__all__ = ("PASSWORD_VARIABLE", "ChangePassword", "CreateSuperuser")

PASSWORD_VARIABLE = "PARTITA_SUPERUSER_PASSWORD"
_VARIABLES = "PARTITA_SUPERUSER_"
Ask = Callable[[str], str]


class _PasswordCommand:
    """Gets a password from the environment, from standard input or from a person.

    Args:
        ask: Reads a line.
        ask_secretly: Reads a line that is not shown.
    """

    def __init__(self, ask: Ask = input, ask_secretly: Ask = getpass.getpass) -> None:
        self._ask, self._ask_secretly = ask, ask_secretly

    def _add_password_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--no-input", action="store_true", help="ask nothing; fail if something is missing")
        parser.add_argument("--weak", action="store_true", help="accept a password that breaks the rules")

    def _password(self, options: argparse.Namespace, user: AbstractUser) -> str:
        if options.password_stdin:
            given: str | None = sys.stdin.readline().rstrip("\r\n")
        else:
            given = os.environ.get(PASSWORD_VARIABLE)
        if given is not None:
            return self._checked(given, user, options)
        if options.no_input:
            raise SystemExit(f"There is no password. Set {PASSWORD_VARIABLE} or pipe one in with --password-stdin.")
        return self._asked(user, options)

    def _asked(self, user: AbstractUser, options: argparse.Namespace) -> str:
        while True:
            password = self._ask_secretly("Password: ")
            if password != self._ask_secretly("Password again: "):
                sys.stderr.write("These are two different passwords.\n")
                continue
            try:
                return self._checked(password, user, options)
            except SystemExit as error:
                sys.stderr.write(f"{error}\n")

    def _checked(self, password: str, user: AbstractUser, options: argparse.Namespace) -> str:
        if not password:
            raise SystemExit("The password is empty.")
        if not options.weak:
            try:
                validate_password(password, user)
            except ValidationError as error:
                raise SystemExit("\n".join([*error.messages, "Take another one, or add --weak."])) from error
        return password


class CreateSuperuser(_PasswordCommand):
    """Makes a user who may do everything."""

    name = "createsuperuser"
    help = "make a user who may do everything"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command.add_arguments`."""
        parser.add_argument("--email", help="the address to log in with; asked for if missing")
        parser.add_argument("--name", default="", help="the person's name")
        parser.add_argument("--username", help="what to log in with, if that is not the address")
        self._add_password_arguments(parser)

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        model = get_user_model()
        if model.USERNAME_FIELD != "email":
            return self._run_by_name(model, options)
        email = self._email(options)
        if model._default_manager.filter(email=email).exists():
            raise SystemExit(f"There is a user {email} already. `changepassword {email}` sets a new password.")
        user = model(email=email, name=options.name)
        password = self._password(options, user)
        try:
            get_user_manager().create_superuser(email, password, name=options.name)
        except IntegrityError as error:
            raise SystemExit(f"There is a user {email} already.") from error
        sys.stdout.write(f"Superuser {email} is made.\n")
        return 0

    def _run_by_name(self, model: type[AbstractUser], options: argparse.Namespace) -> int:
        """Make a user of a model whose users log in with something else than an address."""
        given = {"email": options.email, "name": options.name or None, model.USERNAME_FIELD: options.username}
        names = dict.fromkeys((model.USERNAME_FIELD, *model.REQUIRED_FIELDS))
        values = {name: self._value(model._meta.get_field(name), given.get(name), options) for name in names}
        username = values[model.USERNAME_FIELD]
        if model._default_manager.filter(**{model.USERNAME_FIELD: username}).exists():
            raise SystemExit(f"There is a user {username} already. `changepassword {username}` sets a new password.")
        password = self._password(options, model(**values))
        manager: Any = get_user_manager()
        manager.create_superuser(**values, password=password)
        sys.stdout.write(f"Superuser {username} is made.\n")
        return 0

    def _value(self, field: Any, given: str | None, options: argparse.Namespace) -> Any:
        variable = f"{_VARIABLES}{field.name.upper()}"
        text = os.environ.get(variable) if given is None else given
        if text is None and options.no_input:
            if field.blank:
                return ""
            raise SystemExit(f"There is no {field.verbose_name}. Set {variable}.")
        if text is None:
            text = self._ask(f"{str(field.verbose_name).capitalize()}: ")
        try:
            value = field.clean(text, None)
        except ValidationError as error:
            raise SystemExit(f"{field.verbose_name}: {' '.join(error.messages)}") from error
        return field.related_model._base_manager.get(pk=value) if field.is_relation else value

    def _email(self, options: argparse.Namespace) -> str:
        if options.email is None and options.no_input:
            raise SystemExit("There is no address. Give one with --email.")
        email = normalize_email(self._ask("E-mail address: ") if options.email is None else options.email)
        try:
            EmailValidator()(email)
        except ValidationError as error:
            raise SystemExit(f"{email[:80]!r} is not an e-mail address.") from error
        return email


class ChangePassword(_PasswordCommand):
    """Sets a user's password."""

    name = "changepassword"
    help = "set the password of a user"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command.add_arguments`."""
        parser.add_argument("email", help="what the user logs in with")
        self._add_password_arguments(parser)

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        model = get_user_model()
        by_email = model.USERNAME_FIELD == "email"
        email = normalize_email(options.email) if by_email else options.email
        user = model._default_manager.filter(**{model.USERNAME_FIELD: email}).first()
        if user is None:
            raise SystemExit(f"There is no user {email[:80]!r}.")
        user.set_password(self._password(options, user))
        user.save(update_fields=["password"])
        sys.stdout.write(f"The password of {email} is changed.\n")
        return 0
