"""Forms: fields that turn what was sent into values or errors, and render themselves accessibly."""

from partita.forms.bound import BoundField
from partita.forms.choice_fields import (
    BooleanField,
    ChoiceField,
    MultipleChoiceField,
    NullBooleanField,
    TypedChoiceField,
    TypedMultipleChoiceField,
)
from partita.forms.choice_widgets import (
    CheckboxSelectMultiple,
    ChoiceWidget,
    NullBooleanSelect,
    RadioSelect,
    Select,
    SelectMultiple,
)
from partita.forms.choices import Choices
from partita.forms.data import FormData, MultiValues
from partita.forms.dependent_field import DependentChoiceField, refreshed_control
from partita.forms.error_lists import ErrorDict, ErrorList
from partita.forms.errors import AsyncCleanError, FieldNameError, FormsError, FormTemplateError, PillowMissingError
from partita.forms.field import Field
from partita.forms.file_fields import FileField, MultipleFileField, MultipleFileInput, Upload
from partita.forms.file_widgets import ClearableFileInput, FileInput
from partita.forms.form import BaseForm, Form
from partita.forms.image_field import ImageField
from partita.forms.json_field import JSONField
from partita.forms.media import Media, MediaAsset, MediaOrderConflictWarning, Script, Stylesheet
from partita.forms.multi_fields import ComboField, MultiValueField, SplitDateTimeField
from partita.forms.multi_widgets import MultiWidget, SplitDateTimeWidget, SplitHiddenDateTimeWidget
from partita.forms.number_fields import DecimalField, FloatField, IntegerField
from partita.forms.path_field import FilePathField
from partita.forms.renderers import (
    FORM_RENDERER,
    BaseRenderer,
    DirectRenderer,
    Jinja2Renderer,
    TemplatesRenderer,
)
from partita.forms.robot_fields import HoneypotField, HoneypotInput, TimeTrapField
from partita.forms.signed_field import SignedHiddenField, ValueSigner
from partita.forms.text_fields import (
    CharField,
    EmailField,
    GenericIPAddressField,
    RegexField,
    SlugField,
    URLField,
    UUIDField,
)
from partita.forms.time_fields import DateField, DateTimeField, DurationField, TimeField
from partita.forms.time_widgets import DateInput, DateTimeInput, SelectDateWidget, TimeInput
from partita.forms.widgets import (
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
    SubWidget,
    TelInput,
    Textarea,
    TextInput,
    URLInput,
    WeekInput,
    Widget,
)
from partita.validation import NON_FIELD_ERRORS, ValidationError

__all__ = (
    "refreshed_control",
    "DependentChoiceField",
    "TimeTrapField",
    "HoneypotInput",
    "HoneypotField",
    "PillowMissingError",
    "FilePathField",
    "ImageField",
    "FormTemplateError",
    "TemplatesRenderer",
    "Jinja2Renderer",
    "DirectRenderer",
    "BaseRenderer",
    "FORM_RENDERER",
    "SelectDateWidget",
    "Stylesheet",
    "Script",
    "MediaOrderConflictWarning",
    "MediaAsset",
    "Media",
    "AsyncCleanError",
    "BaseForm",
    "BooleanField",
    "BoundField",
    "CharField",
    "CheckboxInput",
    "CheckboxSelectMultiple",
    "ChoiceField",
    "ChoiceWidget",
    "Choices",
    "ClearableFileInput",
    "ColorInput",
    "ComboField",
    "DateField",
    "DateInput",
    "DateTimeField",
    "DateTimeInput",
    "DecimalField",
    "DurationField",
    "EmailField",
    "EmailInput",
    "ErrorDict",
    "ErrorList",
    "Field",
    "FieldNameError",
    "FileField",
    "FileInput",
    "FloatField",
    "Form",
    "FormData",
    "FormsError",
    "GenericIPAddressField",
    "HiddenInput",
    "Input",
    "IntegerField",
    "JSONField",
    "MonthInput",
    "MultiValueField",
    "MultiValues",
    "MultiWidget",
    "MultipleChoiceField",
    "MultipleFileField",
    "MultipleFileInput",
    "MultipleHiddenInput",
    "NON_FIELD_ERRORS",
    "NullBooleanField",
    "NullBooleanSelect",
    "NumberInput",
    "PasswordInput",
    "RadioSelect",
    "RangeInput",
    "RegexField",
    "SearchInput",
    "Select",
    "SelectMultiple",
    "SignedHiddenField",
    "SlugField",
    "SplitDateTimeField",
    "SplitDateTimeWidget",
    "SplitHiddenDateTimeWidget",
    "SubWidget",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeField",
    "TimeInput",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
    "URLField",
    "URLInput",
    "UUIDField",
    "Upload",
    "ValidationError",
    "WeekInput",
    "ValueSigner",
    "Widget",
)
