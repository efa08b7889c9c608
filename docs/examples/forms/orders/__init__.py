"""One form, used three ways: in a script, in a Flask application, in a FastAPI application."""
