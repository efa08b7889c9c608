"""The same page in another language."""

from urllib.parse import unquote, urlsplit, urlunsplit

from partita.urls import NoMatch, NoReverseMatch, WrongMethod, get_resolver, get_script_prefix

__all__ = ("translate_url",)


def translate_url(url: str, language: str) -> str:
    """Return the URL of the same page in another language; ``url`` itself if there is none.

    Needs `partita.i18n`, which knows the texts of translatable routes.

    Args:
        url: Whole, or a path with or without a query, in the current language.
        language: A tag in lower case, such as ``de``.
    """
    from partita.i18n import override

    parts, prefix = urlsplit(url), get_script_prefix()
    path = unquote(parts.path)
    below = path[len(prefix) - 1 :] if path.startswith(prefix) else path
    router = get_resolver()
    try:
        match = router.match(below)
    except (NoMatch, WrongMethod):
        return url
    name = ":".join((*match.namespaces, match.name)) if match.name is not None else match.func
    kwargs = {name: value for name, value in match.kwargs.items() if name in match.captured_kwargs}
    try:
        with override(language):
            found = router.reverse(name, args=match.args, kwargs=kwargs or None)
    except NoReverseMatch:
        return url
    return urlunsplit((parts.scheme, parts.netloc, prefix[:-1] + found, parts.query, parts.fragment))
