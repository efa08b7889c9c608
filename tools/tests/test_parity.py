"""The layer between Django's tests and partita: its tables name what there is, its adapter composes partita."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from partita.contracts.current import CURRENT, require
from partita.orm import Field, atomic
from partita.urls import ROUTER, converters, path

LAYER = Path(__file__).resolve().parents[1] / "parity"


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The adapter, with settings as Django's tests have them and what the runner brings."""
    (tmp_path / "sqlite_features.json").write_text(json.dumps({"supports_transactions": True}), encoding="utf-8")
    harness, conf = ModuleType("harness"), ModuleType("django.conf")
    harness.__file__ = str(tmp_path / "__init__.py")
    conf.settings = SimpleNamespace(  # type: ignore[attr-defined]  # what a module holds
        ROOT_URLCONF=[path("words/<word:text>/", len, name="words")],
        DATABASES={"default": {}, "other": {}},
        DEBUG=False,
        ALLOWED_HOSTS=[],
        INSTALLED_APPS=[],
        LANGUAGE_CODE="en",
        LOCALE_PATHS=[],
        TIME_ZONE="UTC",
        USE_TZ=True,
        SECRET_KEY="secret",
        SECRET_KEY_FALLBACKS=[],
        TEMPLATES=[],
        LANGUAGES=[("en", "English")],
        MEDIA_ROOT="",
        MEDIA_URL="",
        MIDDLEWARE=[],
        APPEND_SLASH=True,
        SITE_ID=1,
        is_overridden=lambda name: False,
        USE_THOUSAND_SEPARATOR=False,
        USE_I18N=True,
        FORMAT_MODULE_PATH=None,
        LANGUAGE_COOKIE_NAME="language",
        LANGUAGE_COOKIE_AGE=None,
        LANGUAGE_COOKIE_DOMAIN=None,
        LANGUAGE_COOKIE_PATH="/",
        LANGUAGE_COOKIE_SECURE=False,
        LANGUAGE_COOKIE_HTTPONLY=False,
        LANGUAGE_COOKIE_SAMESITE=None,
        LOGIN_URL="/accounts/login/",
        LOGIN_REDIRECT_URL="/accounts/profile/",
        CSRF_TRUSTED_ORIGINS=[],
        CSRF_USE_SESSIONS=False,
        CSRF_HEADER_NAME="HTTP_X_CSRFTOKEN",
        CSRF_COOKIE_NAME="csrftoken",
        CSRF_COOKIE_AGE=None,
        CSRF_COOKIE_PATH="/",
        CSRF_COOKIE_DOMAIN=None,
        CSRF_COOKIE_SECURE=False,
        CSRF_COOKIE_HTTPONLY=False,
        CSRF_COOKIE_SAMESITE="Lax",
        STATICFILES_DIRS=[],
        STORAGES={},
        STATIC_URL="/static/",
        STATIC_ROOT=None,
        FIXTURE_DIRS=[],
        DEFAULT_EXCEPTION_REPORTER="django.views.debug.ExceptionReporter",
        DEFAULT_EXCEPTION_REPORTER_FILTER="django.views.debug.SafeExceptionReporterFilter",
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        DATA_UPLOAD_MAX_NUMBER_FIELDS=None,
        DATA_UPLOAD_MAX_NUMBER_FILES=None,
        FILE_UPLOAD_MAX_MEMORY_SIZE=2**20,
        FILE_UPLOAD_HANDLERS=["django.core.files.uploadhandler.MemoryFileUploadHandler"],
    )
    monkeypatch.setitem(sys.modules, "harness", harness)
    monkeypatch.setitem(sys.modules, "django.conf", conf)
    stores: Any = SimpleNamespace(section=dict)  # the shim itself needs the runner
    monkeypatch.setitem(sys.modules, "django.contrib.messages.partita_storages", stores)
    monkeypatch.setattr(Field, "deconstruct", Field.deconstruct)  # the adapter replaces it; put it back afterwards
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "partita_layer"]:
        monkeypatch.delitem(sys.modules, name)  # each test has databases of its own
    spec = importlib.util.spec_from_file_location("parity_adapter", LAYER / "adapter.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = CURRENT.get()
    module.setup(conf.settings)
    yield module
    CURRENT.set(before)


def test_tables_name_only_what_partita_has() -> None:
    tables = tomllib.loads((LAYER / "mapping.toml").read_text(encoding="utf-8"))
    for targets in tables["modules"].values():
        for target in targets:
            assert importlib.util.find_spec(target) is not None, target
    for target in tables["names"].values():
        module, _, name = target.partition(":")
        if not module.startswith("django."):
            assert hasattr(importlib.import_module(module), name), target


def test_shims_are_python_that_names_no_django_source() -> None:
    files = sorted((LAYER / "shim").rglob("*.py"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        compile(text, str(file), "exec")
        assert "import django" not in text


def test_adapter_makes_an_application_with_the_converters_of_the_tests(
    adapter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Word:
        regex = "[a-z]+"

        def to_python(self, text: str) -> str:
            return text.upper()

        def to_url(self, value: object) -> str:
            return str(value).lower()

    monkeypatch.setitem(converters._registered, "word", Word())
    assert require(ROUTER).match("/words/tango/").kwargs == {"text": "TANGO"}
    assert require(ROUTER).reverse("words", "TANGO") == "/words/tango/"
    assert adapter.current().settings.language == "en"


def test_adapter_answers_for_connections(adapter: Any) -> None:
    connection = adapter.connections["default"]
    assert connection.features.supports_transactions
    connection.target.execute("CREATE TABLE song (title TEXT)")
    before = len(connection.queries)
    assert not connection.in_atomic_block
    with atomic(using=connection.target):
        assert connection.in_atomic_block
        connection.target.execute("INSERT INTO song VALUES (%s)", ["Toccata"])
    assert len(connection.queries) == before + 1
    connection._parity_flush()
    assert connection.target.execute("SELECT title FROM song") == []
    assert connection.vendor == "sqlite"
    for each in adapter.connections.all():
        each.target.close()
