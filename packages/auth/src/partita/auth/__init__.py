"""Users, passwords and login: `User`, `authenticate`, `login`, `login_required`, argon2id, safe redirects."""

from partita.auth.anonymous import AnonymousUser
from partita.auth.authentication import USER_MODEL, aauthenticate, authenticate, get_user_model
from partita.auth.backends import (
    BACKENDS,
    AllowAllUsersModelBackend,
    BaseBackend,
    ModelBackend,
    get_backends,
    load_backend,
)
from partita.auth.base_user import AbstractBaseUser, BaseUserManager
from partita.auth.creating_permissions import acreate_permissions, create_permissions
from partita.auth.decorators import (
    login_not_required,
    login_required,
    permission_required,
    redirect_to_login,
    staff_required,
    user_passes_test,
)
from partita.auth.errors import AuthError, PasswordTooLong, SetupError, TooManyAttempts, UnknownHash
from partita.auth.groups import Group, GroupManager
from partita.auth.hashers import Argon2Hasher, Hasher, Hashers, Pbkdf2Hasher, ScryptHasher
from partita.auth.login import (
    USER,
    AnyUser,
    aget_user,
    alogin,
    alogout,
    aupdate_session_auth_hash,
    get_user,
    login,
    logout,
    update_session_auth_hash,
)
from partita.auth.middleware import with_user
from partita.auth.password_rules import (
    MinimumLength,
    NotCommon,
    NotNumeric,
    NotSimilar,
    PasswordRule,
    password_help_texts,
    validate_password,
)
from partita.auth.passwords import (
    acheck_password,
    amake_password,
    check_password,
    is_password_usable,
    make_password,
)
from partita.auth.permissions import Permission, PermissionManager, get_permission_codename
from partita.auth.permissions_mixin import PermissionsMixin
from partita.auth.redirects import is_safe_redirect
from partita.auth.settings import AuthSettings
from partita.auth.signals import user_logged_in, user_logged_out, user_login_failed
from partita.auth.throttle import LoginThrottle
from partita.auth.username_users import AbstractUsernameUser, UsernameManager
from partita.auth.users import AbstractUser, UserManager, normalize_email

__all__ = (
    "BACKENDS",
    "USER",
    "USER_MODEL",
    "AbstractBaseUser",
    "AbstractUser",
    "AbstractUsernameUser",
    "AllowAllUsersModelBackend",
    "AnonymousUser",
    "AnyUser",
    "Argon2Hasher",
    "AuthError",
    "AuthSettings",
    "BaseBackend",
    "BaseUserManager",
    "Group",
    "GroupManager",
    "Hasher",
    "Hashers",
    "LoginThrottle",
    "MinimumLength",
    "ModelBackend",
    "NotCommon",
    "NotNumeric",
    "NotSimilar",
    "PasswordRule",
    "PasswordTooLong",
    "Pbkdf2Hasher",
    "Permission",
    "PermissionManager",
    "PermissionsMixin",
    "ScryptHasher",
    "SetupError",
    "TooManyAttempts",
    "UnknownHash",
    "UserManager",
    "UsernameManager",
    "aauthenticate",
    "acheck_password",
    "acreate_permissions",
    "aget_user",
    "alogin",
    "alogout",
    "amake_password",
    "aupdate_session_auth_hash",
    "authenticate",
    "check_password",
    "create_permissions",
    "get_backends",
    "get_permission_codename",
    "get_user",
    "get_user_model",
    "is_password_usable",
    "is_safe_redirect",
    "load_backend",
    "login",
    "login_not_required",
    "login_required",
    "logout",
    "make_password",
    "normalize_email",
    "password_help_texts",
    "permission_required",
    "redirect_to_login",
    "staff_required",
    "update_session_auth_hash",
    "user_logged_in",
    "user_logged_out",
    "user_login_failed",
    "user_passes_test",
    "validate_password",
    "with_user",
)
