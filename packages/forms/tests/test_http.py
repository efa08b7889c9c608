"""Forms take what a request of partita.http brings, though they do not know that package."""

from io import BytesIO

from partita.forms import CharField, FileField, Form, MultipleChoiceField, MultipleFileField
from partita.http import Form as SentForm
from partita.http import MultiDict, UploadedFile


class Hand(Form):
    title = CharField()
    tags = MultipleChoiceField(choices=[("a", "A"), ("b", "B"), ("c", "C")])
    paper = FileField(required=False)
    scans = MultipleFileField(required=False)


def upload(name: str) -> UploadedFile:
    return UploadedFile(name, "text/plain", BytesIO(b"abc"), 3)


def test_a_multi_dict_gives_its_last_value_or_all() -> None:
    form = Hand(MultiDict([("title", "first"), ("title", "last"), ("tags", "a"), ("tags", "c")]))
    assert form.is_valid()
    assert form.cleaned_data["title"] == "last"
    assert form.cleaned_data["tags"] == ["a", "c"]
    assert form["tags"].value() == ["a", "c"]


def test_files_come_with_the_form_of_a_request() -> None:
    sent = SentForm(
        [("title", "x"), ("tags", "a")], [("paper", upload("p.txt")), ("scans", upload("1")), ("scans", upload("2"))]
    )
    form = Hand(sent)
    assert form.is_valid()
    paper, scans = form.cleaned_data["paper"], form.cleaned_data["scans"]
    assert isinstance(paper, UploadedFile)
    assert paper.read() == b"abc"
    assert isinstance(scans, list)
    assert [scan.filename for scan in scans] == ["1", "2"]


def test_an_empty_request_gives_a_bound_form() -> None:
    form = Hand(SentForm())
    assert form.is_bound
    assert form.errors == {"title": ["This field is required."], "tags": ["This field is required."]}
