"""The same page in another language."""

from urllib.parse import unquote, urlsplit, urlunsplit

from partita.urls import NoMatch, NoReverseMatch, WrongMethod, get_resolver, get_script_prefix
from partita.urls.current import with_script_prefix

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
    if not path.startswith(prefix):
        return url  # of another application
    router = get_resolver()
    try:
        match = router.match(path[len(prefix) - 1 :], host=parts.netloc)
    except (NoMatch, WrongMethod):
        return url
    name = ":".join((*match.namespaces, match.name)) if match.name is not None else match.func
    args, kwargs = match.args, match.captured_kwargs or None
    try:
        # What leads to another path in this language, as a view without a name may that has several, would do so in the other.
        if unquote(router.reverse(name, args=args, kwargs=kwargs)) != path[len(prefix) - 1 :]:
            return url
        with override(language):
            found = router.reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return url
    return urlunsplit((parts.scheme, parts.netloc, with_script_prefix(found), parts.query, parts.fragment))
