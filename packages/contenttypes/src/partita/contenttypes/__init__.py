"""Rows that point to rows of any model: content types, generic foreign keys and their way back."""

from partita.contenttypes.errors import ContentTypesError, StaleContentType, UnrelatedRow
from partita.contenttypes.foreign_key import GenericForeignKey
from partita.contenttypes.models import ContentType, ContentTypeManager
from partita.contenttypes.prefetch import GenericPrefetch
from partita.contenttypes.related import GenericRelatedManager
from partita.contenttypes.relation import GenericRelation

__all__ = (
    "ContentType",
    "ContentTypeManager",
    "ContentTypesError",
    "GenericForeignKey",
    "GenericPrefetch",
    "GenericRelatedManager",
    "GenericRelation",
    "StaleContentType",
    "UnrelatedRow",
)
