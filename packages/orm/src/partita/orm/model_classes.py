"""How a class body becomes a model: its options, its fields and those it inherits, its managers."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from partita.orm import signals
from partita.orm.deletion_rules import CASCADE
from partita.orm.errors import (
    FieldDoesNotExist,
    FieldError,
    ModelError,
    MultipleObjectsReturned,
    NotUpdated,
    ObjectDoesNotExist,
)
from partita.orm.fields import BigAutoField, Field, OneToOneField, PrivateField
from partita.orm.managers import Manager
from partita.orm.options import Options

if TYPE_CHECKING:
    from partita.orm.models import Model

    M = TypeVar("M", bound="Model")

    class _Objects:
        """What ``objects`` is where a class names no manager of its own.

        Were it declared in `Model`, pyright would take a subclass's own manager for what is declared there.
        """

        def __get__(self, instance: type[M], owner: object = None) -> Manager[M]: ...


__all__ = ("ModelBase",)


class ModelBase(type):
    """Turns a class body into a model."""

    if TYPE_CHECKING:
        objects: ClassVar[_Objects]

    def __new__(metacls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        parents = [base for base in bases if isinstance(base, ModelBase)]
        if not parents:
            return super().__new__(metacls, name, bases, namespace, **kwargs)
        late = {key: value for key, value in namespace.items() if _is_late(value)}
        meta = namespace.pop("Meta", None)
        body = {key: value for key, value in namespace.items() if key not in late}
        model: Any = super().__new__(metacls, name, bases, body, **kwargs)
        _set_up(model, [parent for parent in parents if hasattr(parent, "_meta")], meta, late)
        return model

    def add_to_class(cls, name: str, value: Any) -> None:
        """Give a finished model one more field, manager or attribute."""
        if _is_late(value):
            value.contribute_to_class(cls, name)
        else:
            setattr(cls, name, value)


def _is_late(value: Any) -> bool:
    return not isinstance(value, type) and hasattr(value, "contribute_to_class")


def _set_up(model: Any, parents: list[Any], meta: Any, late: dict[str, Any]) -> None:
    if meta is None:
        meta = _inherited_meta(model)
    options = Options(model, meta, parents[0]._meta if parents else None)
    model._meta = options
    if meta is not None:
        model.Meta = meta
    if options.abstract:
        model._late = {}
    _make_exceptions(model, parents)
    if options.proxy:
        _share_table(model, parents)
    _add_fields(model, parents, late)
    if options.abstract:
        model._late_managers = {name: value for name, value in late.items() if isinstance(value, Manager)}
        for name in {"objects", "_default_manager", *model._late_managers} - (
            late.keys() - model._late_managers.keys()
        ):
            setattr(model, name, _AbstractManager(name))
        return
    if not hasattr(options, "pk"):
        _add_key(options)
    if options.order_with_respect_to and not options.proxy:
        from partita.orm.order_wrt import set_up_order

        set_up_order(model)
    options.indexes = tuple(_named_index(part, model) for part in options.indexes)
    _add_managers(model, late)
    options.registry.register(model)
    signals.class_prepared.send(model)


def _named_index(index: Any, model: Any) -> Any:
    try:
        return index.named_for(model)
    except FieldDoesNotExist:  # a check tells it
        return index


def _inherited_meta(model: Any) -> Any:
    """Return the options of the nearest abstract class, which are this model's as well if it has none."""
    for kind in model.__mro__[1:]:
        found = kind.__dict__.get("Meta")
        if found is not None and isinstance(kind, ModelBase) and cast("Any", kind)._meta.abstract:
            return type("Meta", (found,), {"abstract": False, "db_table": None})
    return None


def _add_key(options: Options) -> None:
    """Make the link to the first parent the key, or a column that counts up."""
    link = next((link for link in options.parents.values() if link is not None), None)
    if link is not None:
        link.primary_key = True
        options.pk = link
        return
    if "id" in options._by_name and not options._by_name["id"][1]:  # a check tells that it should say so itself
        options.pk = options._by_name["id"][0]
        return
    key: Any = (options.registry.default_auto_field or BigAutoField)("ID", primary_key=True)
    key.auto_created = True
    key.creation_counter = -1
    key.contribute_to_class(options.model, "id")


def _make_exceptions(model: Any, parents: list[Any]) -> None:
    for name, base in (
        ("DoesNotExist", ObjectDoesNotExist),
        ("MultipleObjectsReturned", MultipleObjectsReturned),
        ("NotUpdated", NotUpdated),
    ):
        bases = tuple(getattr(parent, name) for parent in parents if hasattr(parent, name)) or (base,)
        setattr(model, name, _exception(model, name, bases))
    model.RelatedObjectDoesNotExist = _exception(
        model, "RelatedObjectDoesNotExist", (model.DoesNotExist, AttributeError)
    )


def _exception(model: Any, name: str, bases: tuple[Any, ...]) -> Any:
    return type(name, bases, {"__module__": model.__module__, "__qualname__": f"{model.__qualname__}.{name}"})


# -- parents -----------------------------------------------------------------------------------------------------------


def _share_table(model: Any, parents: list[Any]) -> None:
    concrete: Any = None
    for parent in parents:
        if parent._meta.abstract:
            if any(isinstance(value, Field) for value in parent._late.values()):
                raise ModelError(
                    f"Abstract base class containing model fields not permitted for proxy model '{model.__name__}'."
                )
        elif parent._meta.swapped is not None:
            raise ModelError(f"'{model.__name__}' cannot proxy the swapped model '{parent._meta.label}'.")
        elif concrete is None:
            concrete = parent._meta.concrete_model
        elif parent._meta.concrete_model is not concrete:
            raise ModelError(f"Proxy model '{model.__name__}' has more than one non-abstract model base class.")
    if concrete is None:
        raise ModelError(f"Proxy model '{model.__name__}' has no non-abstract model base class.")
    model._meta.take_over(concrete)


def _add_fields(model: Any, parents: list[Any], late: dict[str, Any]) -> None:
    own = {name: value for name, value in late.items() if not isinstance(value, Manager)}
    if model._meta.proxy:
        model._meta.refused = {name: value for name, value in own.items() if isinstance(value, Field)}
        own = {name: value for name, value in own.items() if name not in model._meta.refused}
    links = _declared_links(model, parents, own)
    inherited = next((each._late["pk"] for each in parents if "pk" in getattr(each, "_late", ())), None)
    if inherited is not None and "pk" not in own and not model._meta.proxy:
        _keep(model, "pk", inherited)
        inherited.copy_for().contribute_to_class(model, "pk")
    for concrete in [] if model._meta.proxy else _tables_above(model, parents):
        _inherit_table(model, concrete, links.get(concrete), own)
    # A key of several columns comes first: what points to this model has as many columns.
    for name, value in sorted(own.items(), key=lambda item: item[0] != "pk"):
        _keep(model, name, value)
        if isinstance(value, Field | PrivateField) and model._meta.abstract:
            value = value.copy_for()
        value.contribute_to_class(model, name)
    for parent in parents:
        for name, value in getattr(parent, "_late", {}).items():
            kept = isinstance(value, Field | PrivateField)
            if not kept or name in late or name in model.__dict__ or _has(model, name):
                continue
            field = links.get(name) or value.copy_for()
            _keep(model, name, field)
            field.contribute_to_class(model, name)
    for concrete in () if model._meta.proxy or model._meta.abstract else model._meta.all_parents:
        for private in concrete._meta.private_fields:
            if private.name not in model.__dict__ and not _has(model, private.name):
                private.copy_for(from_table=True).contribute_to_class(model, private.name)


def _has(model: Any, name: str) -> bool:
    known = model._meta._by_name.get(name)
    return known is not None and not known[1]


def _declared_links(model: Any, parents: list[Any], own: dict[str, Any]) -> dict[Any, Any]:
    """Return the one-to-one fields declared as links to parents: by the parent, and those of abstract classes by name."""
    found: dict[Any, Any] = {}
    for parent in reversed(parents):
        for name, value in getattr(parent, "_late", {}).items():
            if isinstance(value, OneToOneField) and value.parent_link and name not in own:
                copy = value.copy_for()
                found[name] = copy
                found[_model_of(model, copy)] = copy
    for value in own.values():
        if isinstance(value, OneToOneField) and value.parent_link:
            found[_model_of(model, value)] = value
    return found


def _model_of(model: Any, link: Any) -> Any:
    to = link.to
    if not isinstance(to, str):
        return to._meta.concrete_model
    above: list[Any] = model.__mro__[1:]
    for kind in above:
        meta: Any = getattr(kind, "_meta", None)
        label = to if "." in to else f"{model._meta.app_label}.{to}"
        if meta is not None and meta.label_lower == label.lower():
            return meta.concrete_model
    return None


def _tables_above(model: Any, parents: list[Any]) -> list[Any]:
    """Return the models with tables of their own that ``model`` inherits from directly or through abstract classes."""
    found: dict[Any, None] = {}
    for kind in model.__mro__[1:]:
        if kind not in parents:
            continue
        if not kind._meta.abstract:
            found[kind._meta.concrete_model] = None
        else:
            found.update(dict.fromkeys(kind._meta.parents))
    # One that another one inherits from is reached by way of that one.
    return [each for each in found if not any(each in other._meta.all_parents for other in found)]


def _inherit_table(model: Any, concrete: Any, link: Any, own: dict[str, Any]) -> None:
    """Inherit from a model with a table of its own: a link to the row there, and its fields as ours."""
    options = model._meta
    for field in (*concrete._meta.local_fields, *concrete._meta.local_many_to_many):
        if isinstance(own.get(field.name), Field) and own[field.name] is not link:
            raise FieldError(
                f"Local field {field.name!r} in class {model.__name__!r} clashes with field of the same name from base "
                f"class {concrete.__name__!r}."
            )
    if options.abstract:
        options.parents[concrete] = None
        return
    if link is None:
        name = f"{concrete._meta.model_name}_ptr"
        if isinstance(own.get(name), Field):
            raise FieldError(
                f"Auto-generated field {name!r} in class {model.__name__!r} for parent_link to base class "
                f"{concrete.__name__!r} clashes with declared field of the same name."
            )
        link = OneToOneField(concrete, CASCADE, parent_link=True)
        link.auto_created = True
        link.creation_counter = -1
        link.contribute_to_class(model, name)
    options.add_parent(concrete, link)


def _keep(model: Any, name: str, value: Any) -> None:
    """Keep what an abstract class declares, for the classes that inherit it."""
    if model._meta.abstract:
        model._late[name] = value.copy_for() if isinstance(value, Field | PrivateField) else value


# -- managers ----------------------------------------------------------------------------------------------------------


def _add_managers(model: Any, late: dict[str, Any]) -> None:
    managers: dict[str, Any] = {}
    for kind in model.__mro__[1:]:  # the first that is nearest is the default one
        for name, value in kind.__dict__.get("_late_managers", {}).items():
            if name not in managers:
                managers[name] = value.for_model(model)
                managers[name].contribute_to_class(model, name)
        for name, value in vars(kind).items():
            if isinstance(value, Manager) and not name.startswith("_") and name not in managers:
                managers[name] = value.for_model(model)
    own = {name: value for name, value in late.items() if isinstance(value, Manager)}
    for name, manager in own.items():
        manager.contribute_to_class(model, name)
    managers = {**own, **{name: value for name, value in managers.items() if name not in own}}
    if not managers or (list(managers) == ["objects"] and type(managers["objects"]) is Manager and not own):
        plain: Manager[Any] = Manager()
        plain.contribute_to_class(model, "objects")
        managers = {"objects": plain}
    for name, manager in managers.items():
        setattr(model, name, manager)
    model._meta.manager_names = tuple(managers)
    wanted = model._meta.default_manager_name
    model._default_manager = _manager_named(model, managers, wanted) if wanted else next(iter(managers.values()))
    base_name = model._meta.base_manager_name
    base: Manager[Any] = _manager_named(model, managers, base_name) if base_name else Manager()
    if not base_name:
        base.contribute_to_class(model, "_base_manager")
    model._base_manager = base
    if model._meta.swapped is not None:
        for name in (*managers, "_default_manager"):
            setattr(model, name, _SwappedManager(name))


def _manager_named(model: Any, managers: dict[str, Any], name: str) -> Any:
    if name not in managers:
        raise ModelError(f"{model.__name__} has no manager named {name!r}; it has {', '.join(managers)}.")
    return managers[name]


class _SwappedManager:
    """Stands where the managers of a model were that another one stands for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any = None) -> Any:
        raise AttributeError(
            f"Manager isn't available; '{owner._meta.label}' has been swapped for '{owner._meta.swapped}'"
        )


class _AbstractManager:
    """Stands where a manager of an abstract model would be."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any = None) -> Any:
        if owner._meta.abstract:
            raise AttributeError(f"Manager isn't available; {owner.__name__} is abstract")
        raise AttributeError(f"type object {owner.__name__!r} has no attribute {self.name!r}")
