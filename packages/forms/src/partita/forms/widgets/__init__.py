"""The controls of fields: what is shown, and where in what was sent their values are."""

from partita.forms.widgets.base import (
    SubWidget,
    Widget,
)
from partita.forms.widgets.choices import (
    CheckboxSelectMultiple,
    ChoiceWidget,
    NullBooleanSelect,
    RadioSelect,
    Select,
    SelectMultiple,
)
from partita.forms.widgets.files import (
    ClearableFileInput,
    FileInput,
)
from partita.forms.widgets.inputs import (
    CheckboxInput,
    ColorInput,
    EmailInput,
    HiddenInput,
    Input,
    MonthInput,
    MultipleHiddenInput,
    NumberInput,
    PasswordInput,
    RangeInput,
    SearchInput,
    TelInput,
    Textarea,
    TextInput,
    URLInput,
    WeekInput,
)
from partita.forms.widgets.multi import (
    MultiWidget,
    SplitDateTimeWidget,
    SplitHiddenDateTimeWidget,
)
from partita.forms.widgets.times import (
    DateInput,
    DateTimeInput,
    SelectDateWidget,
    TimeInput,
)

__all__ = (
    "CheckboxInput",
    "CheckboxSelectMultiple",
    "ChoiceWidget",
    "ClearableFileInput",
    "ColorInput",
    "DateInput",
    "DateTimeInput",
    "EmailInput",
    "FileInput",
    "HiddenInput",
    "Input",
    "MonthInput",
    "MultiWidget",
    "MultipleHiddenInput",
    "NullBooleanSelect",
    "NumberInput",
    "PasswordInput",
    "RadioSelect",
    "RangeInput",
    "SearchInput",
    "Select",
    "SelectDateWidget",
    "SelectMultiple",
    "SplitDateTimeWidget",
    "SplitHiddenDateTimeWidget",
    "SubWidget",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeInput",
    "URLInput",
    "WeekInput",
    "Widget",
)
