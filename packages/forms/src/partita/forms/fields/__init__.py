"""The fields of forms: from what was sent to a value, or to errors."""

from partita.forms.fields.base import (
    Field,
)
from partita.forms.fields.captcha import (
    Captcha,
    CaptchaAnswer,
    CaptchaField,
    CaptchaInput,
    Challenge,
    QuestionCaptcha,
    ServiceCaptchaInput,
)
from partita.forms.fields.choices import (
    BooleanField,
    ChoiceField,
    MultipleChoiceField,
    NullBooleanField,
    TypedChoiceField,
    TypedMultipleChoiceField,
)
from partita.forms.fields.dependent import (
    DependentChoiceField,
    refreshed_control,
)
from partita.forms.fields.files import (
    FileField,
    MultipleFileField,
    MultipleFileInput,
    Upload,
)
from partita.forms.fields.images import (
    ImageField,
)
from partita.forms.fields.json_values import (
    JSONField,
)
from partita.forms.fields.multi import (
    ComboField,
    MultiValueField,
    SplitDateTimeField,
)
from partita.forms.fields.numbers import (
    DecimalField,
    FloatField,
    IntegerField,
)
from partita.forms.fields.paths import (
    FilePathField,
)
from partita.forms.fields.robots import (
    HoneypotField,
    HoneypotInput,
    TimeTrapField,
)
from partita.forms.fields.shared import (
    FieldDict,
)
from partita.forms.fields.signed import (
    SignedHiddenField,
    ValueSigner,
)
from partita.forms.fields.texts import (
    CharField,
    EmailField,
    GenericIPAddressField,
    RegexField,
    SlugField,
    URLField,
    UUIDField,
)
from partita.forms.fields.times import (
    DateField,
    DateTimeField,
    DurationField,
    TimeField,
)

__all__ = (
    "Captcha",
    "CaptchaAnswer",
    "CaptchaField",
    "CaptchaInput",
    "Challenge",
    "QuestionCaptcha",
    "ServiceCaptchaInput",
    "BooleanField",
    "CharField",
    "ChoiceField",
    "ComboField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DependentChoiceField",
    "DurationField",
    "EmailField",
    "Field",
    "FieldDict",
    "FileField",
    "FilePathField",
    "FloatField",
    "GenericIPAddressField",
    "HoneypotField",
    "HoneypotInput",
    "ImageField",
    "IntegerField",
    "JSONField",
    "MultiValueField",
    "MultipleChoiceField",
    "MultipleFileField",
    "MultipleFileInput",
    "NullBooleanField",
    "RegexField",
    "SignedHiddenField",
    "SlugField",
    "SplitDateTimeField",
    "TimeField",
    "TimeTrapField",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
    "URLField",
    "UUIDField",
    "Upload",
    "ValueSigner",
    "refreshed_control",
)
