"""What somebody fills in to order records."""

from partita.forms import (
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    RadioSelect,
    Textarea,
    ValidationError,
)
from partita.forms.formsets import formset_factory
from partita.forms.nesting import NestedForm
from partita.forms.rows import ROWS_SCRIPT

COUNTRIES = [("", "Choose a country"), ("at", "Austria"), ("ch", "Switzerland"), ("de", "Germany")]
RECORDS = [("", "Choose a record"), ("bwv825", "Partita no. 1"), ("bwv826", "Partita no. 2"), ("bwv1004", "Chaconne")]


class Line(Form):
    """One record and how many copies of it."""

    record = ChoiceField(choices=RECORDS)
    copies = IntegerField(min_value=1, max_value=99, initial=1)


class Order(NestedForm):
    """The whole order."""

    name = CharField(max_length=60, label="Your name", autocomplete="name")
    email = EmailField(label="E-mail", help_text="We write once, when the parcel leaves.", autocomplete="email")
    country = ChoiceField(choices=COUNTRIES, autocomplete="country")
    delivery = ChoiceField(choices=[("post", "By post"), ("shop", "I come to the shop")], widget=RadioSelect)
    day = DateField(required=False, label="Not before")
    note = CharField(required=False, max_length=500, widget=Textarea({"rows": 3}))
    voucher = FileField(required=False, help_text="A scan of your voucher, if you have one.")
    terms = BooleanField(label="I have read the terms")

    formset_classes = {
        "lines": formset_factory(
            Line, extra=0, min_num=1, validate_min=True, max_num=5, validate_max=True, can_delete=True
        )
    }

    class Media:
        js = [ROWS_SCRIPT]

    def clean(self) -> None:
        """Voucher and pick-up do not go together."""
        if self.cleaned_data.get("voucher") and self.cleaned_data.get("delivery") == "shop":
            raise ValidationError({"voucher": "Bring the voucher to the shop instead."}, code="bring_it")
