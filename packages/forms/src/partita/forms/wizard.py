"""Forms one after the other, which keep what was sent while people go forward and back."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, ClassVar

from markupsafe import Markup

from partita.forms.data import FormData, one_value, value_list
from partita.forms.errors import FormsError
from partita.forms.form import BaseForm
from partita.forms.rendering.attributes import fill_html

__all__ = ("GOTO", "STEP", "Wizard", "WizardError")

STEP = "wizard-step"
"""The name under which a page sends the step it shows, see `Wizard.hidden_step`."""
GOTO = "wizard-goto"
"""The name of a button that goes to another step, whose value is the name of that step."""


class WizardError(FormsError, ValueError):
    """A wizard is made of steps that cannot work, or was asked for a step that it does not have."""


class Wizard:
    """Several forms as one. Subclasses name the ``steps``, and say with `has_step` which of them there are for somebody.

    What was sent for a step is kept as it was sent once it is valid, and validated anew whenever it is needed: nothing that was
    kept is trusted. Fields have the name of their step as prefix, ``address-city``. ::

        class Checkout(Wizard):
            steps = {"address": Address, "payment": Payment, "review": Review}

        wizard = Checkout(request.session)
        if request.method == "POST" and wizard.submit(request.form()):
            order = wizard.cleaned_data  # by step; then wizard.reset()

    Args:
        storage: Keeps the state between requests under ``key``, such as a session: texts, lists and mappings only.
        key: Where in the storage.
        **kwargs: More arguments for each form.

    Raises:
        WizardError: If there are no steps, or one that is not the last takes files, which a session cannot keep.
    """

    steps: ClassVar[Mapping[str, type[BaseForm]]] = {}

    def __init__(self, storage: MutableMapping[str, Any], key: str = "wizard", **kwargs: Any) -> None:
        if not self.steps:
            raise WizardError(f"{type(self).__name__} has no steps. Name some: steps = {{'first': FirstForm}}.")
        for name, form in list(self.steps.items())[:-1]:
            if any(field.widget.needs_multipart_form for field in form.base_fields.values()):
                raise WizardError(
                    f"The step {name!r} takes files, so it must be the last one: nothing could keep them."
                )
        self.storage, self.key, self.form_kwargs = storage, key, kwargs
        self._current: BaseForm | None = None
        self._known: dict[str, BaseForm] = {}

    # -- where somebody is ---------------------------------------------------------------------------------------

    def has_step(self, name: str) -> bool:
        """Tell whether there is such a step for what was answered so far, see `answers`."""
        return True

    @property
    def names(self) -> list[str]:
        """The steps that there are now, in order."""
        return [name for name in self.steps if self.has_step(name)]

    @property
    def step(self) -> str:
        """The step to show: where somebody is, but never beyond the first that has no valid answer."""
        reachable = self._reachable(self._form)
        here = self._state()["step"]
        return here if here in reachable else reachable[-1]

    @property
    def number(self) -> int:
        """The number of the step to show, beginning with 1."""
        return self.names.index(self.step) + 1

    @property
    def previous_step(self) -> str | None:
        """The step before, or None."""
        before = self.names[: self.number - 1]
        return before[-1] if before else None

    @property
    def form(self) -> BaseForm:
        """The form to show: with its errors after `submit` refused it, else with what was sent for it before, if anything."""
        if self._current is not None:
            return self._current
        name = self.step
        return self._form(name) or self.steps[name](prefix=name, **self.get_form_kwargs(name))

    def get_form_kwargs(self, name: str) -> dict[str, Any]:
        """Return more arguments for the form of a step, such as initial values made of the answers before it."""
        return dict(self.form_kwargs)

    def answers(self, name: str) -> dict[str, Any]:
        """Return what was answered in a step, empty if it was not, or is not valid any more."""
        form = self._form(name)
        return form.cleaned_data if form is not None and form.is_valid() else {}

    def hidden_step(self) -> Markup:
        """Return the hidden field that a page must have: so a page from another tab, or from before, is taken for what it is."""
        return fill_html('<input type="hidden" name="%s" value="%s">', STEP, self.step)

    # -- going on ------------------------------------------------------------------------------------------------

    def submit(self, data: FormData, files: FormData | None = None) -> bool:
        """Take what was sent for a step, and go to the next one.

        Args:
            data: The data of the page; with a button named `GOTO` nothing is validated, only the step changes.
            files: The files sent, for the last step.

        Returns:
            True if all steps are valid: then `cleaned_data` has all values. Call `reset` when they are used.
        """
        form = self._submitted(data, files)
        return form is not None and form.is_valid() and self._advance(data, form) and self._all_valid()

    async def asubmit(self, data: FormData, files: FormData | None = None) -> bool:
        """Async twin of `submit`, for forms with async hooks."""
        for kept in self._forms():
            await kept.ais_valid()
        form = self._submitted(data, files)
        return form is not None and await form.ais_valid() and self._advance(data, form) and self._all_valid()

    @property
    def cleaned_data(self) -> dict[str, dict[str, Any]]:
        """The values by step.

        Raises:
            WizardError: If a step has no valid answer.
        """
        values = {}
        for name in self.names:
            form = self._known.get(name) or self._form(name)
            if form is None or not form.is_valid():
                raise WizardError(f"The step {name!r} of {type(self).__name__} has no valid answer yet.")
            values[name] = form.cleaned_data
        return values

    def go_to(self, name: str) -> None:
        """Show another step, as far as the answers before it are there.

        Raises:
            WizardError: If there is no such step.
        """
        if name not in self.names:
            raise WizardError(f"{type(self).__name__} has no step {name[:80]!r}. It has: {', '.join(self.names)}.")
        self._current = None
        self._save({**self._state(), "step": name})

    def reset(self) -> None:
        """Forget everything."""
        self.storage.pop(self.key, None)
        self._current = None
        self._known.clear()

    # -- how it is done ------------------------------------------------------------------------------------------

    def _submitted(self, data: FormData, files: FormData | None) -> BaseForm | None:
        target = one_value(data, GOTO)
        if isinstance(target, str) and target:
            if target in self.names:
                self.go_to(target)
            return None
        name = one_value(data, STEP)
        if not isinstance(name, str) or name not in self._reachable(self._form):
            return None  # a forged page, or one of a step that the answers do not lead to any more
        form = self.steps[name](data, files, prefix=name, **self.get_form_kwargs(name))
        self._current = self._known[name] = form
        self._save({**self._state(), "step": name})
        return form

    def _advance(self, data: FormData, form: BaseForm) -> bool:
        name = str(form.prefix)
        state = self._state()
        self._save({**state, "data": {**state["data"], name: _kept(data, form)}})
        self._current = None
        rest = self.names[self.names.index(name) + 1 :]
        if rest:
            self._save({**self._state(), "step": rest[0]})
        return not rest

    def _all_valid(self) -> bool:
        names = self.names
        reachable = self._reachable(lambda name: self._known.get(name) or self._form(name))
        if reachable == names and (last := self._known.get(names[-1]) or self._form(names[-1])) is not None:
            return last.is_valid()
        self._save({**self._state(), "step": reachable[-1]})
        return False

    def _reachable(self, form_of: Any) -> list[str]:
        """Return the steps up to the first without a valid answer."""
        reachable: list[str] = []
        for name in self.names:
            reachable.append(name)
            form = form_of(name)
            if form is None or not form.is_valid():
                break
        return reachable or list(self.steps)[:1]

    def _form(self, name: str) -> BaseForm | None:
        """Return the form of a step with what was kept for it."""
        kept = self._state()["data"].get(name)
        if kept is None:
            return None
        known = self._known.get(name)
        if known is None or known.data != kept:
            known = self._known[name] = self.steps[name](dict(kept), prefix=name, **self.get_form_kwargs(name))
        return known

    def _forms(self) -> Iterable[BaseForm]:
        return [form for name in self.steps if (form := self._form(name)) is not None]

    def _state(self) -> dict[str, Any]:
        state = self.storage.get(self.key)
        if not isinstance(state, Mapping):
            return {"step": next(iter(self.steps)), "data": {}}
        return {"step": state.get("step"), "data": dict(state.get("data") or {})}

    def _save(self, state: dict[str, Any]) -> None:
        self.storage[self.key] = state  # assigned, not changed in place: a session notices only that


def _kept(data: FormData, form: BaseForm) -> dict[str, list[Any]]:
    """Return what was sent for the controls of the form, and nothing else."""
    names = [form.add_prefix(name) for name in form.fields]
    sent = [str(key) for key in data] if isinstance(data, Iterable) else names
    own = {
        key for key in sent if key in names or key.startswith(tuple(f"{name}{mark}" for name in names for mark in "_-"))
    }
    return {key: [value for value in value_list(data, key) if isinstance(value, str)] for key in sorted(own)}
