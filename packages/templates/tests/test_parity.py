"""Templates that Django and partita must render alike: one list of vectors, two engines."""

import datetime
import decimal
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import django
import django.template
import pytest
from django.conf import settings
from django.utils.safestring import mark_safe as django_safe
from markupsafe import Markup

from partita.templates import Engine
from partita.text.formats import ZONE

if not settings.configured:
    settings.configure(USE_I18N=False, USE_TZ=False, TIME_ZONE="UTC")
    django.setup()


class Person:
    def __init__(self, name: str, age: int, city: str = "Rome") -> None:
        self.name, self.age, self.city = name, age, city

    def greeting(self) -> str:
        return f"Hello <{self.name}>"

    def needs(self, argument: str) -> str:
        return argument

    def delete(self) -> str:
        raise AssertionError("a template must not call this")

    delete.alters_data = True  # type: ignore[attr-defined] # the mark that both engines look for


class Both(dict[str, Any]):
    items_attr = "attribute"


PEOPLE = [Person("Ann", 30), Person("Bob & Co", 25, "Rome"), Person("Cy", 41, "Oslo")]
MOMENT = datetime.datetime(2026, 3, 7, 14, 5, 9, 1234)  # noqa: DTZ001 - naive, as with Django's USE_TZ off


def context(safe: Any) -> dict[str, Any]:
    return {
        "a": 1,
        "b": 2,
        "zero": 0,
        "none": None,
        "yes": True,
        "no": False,
        "text": "some <b>text</b> & more",
        "safe": safe("<i>safe</i> & sound"),
        "quotes": "\"double\" and 'single'",
        "empty": "",
        "list": ["x", "<y>", 3],
        "numbers": [1, 2, 3, 4],
        "letters": ["a", "a", "b", "a"],
        "pairs": [("k1", "v1"), ("k2", "v2")],
        "dict": {"key": "value", "items2": 1, "0": "zero", "nested": {"x": [10, 20]}},
        "both": Both(items_attr="item", x=1),
        "people": PEOPLE,
        "person": PEOPLE[0],
        "dicts": [{"n": "b", "v": 2}, {"n": "a", "v": 3}, {"n": "c", "v": 1}],
        "tree": ["States", ["Kansas", ["Lawrence", "<Topeka>"], "Illinois"]],
        "moment": MOMENT,
        "date": MOMENT.date(),
        "time": MOMENT.time(),
        "later": MOMENT + datetime.timedelta(days=40, hours=3),
        "float": 34.26,
        "whole": 34.0,
        "decimal": decimal.Decimal("1234567.891"),
        "lines": "one\ntwo\r\n\nthree <b>",
        "html": "<p>one <b>two <i>three four</i> five</b> six &amp; seven</p><br>eight",
        "urls": "see http://example.com/a?b=1&c=2, http://www.example.org or <me@example.com>, 'http://q.net/'; (https://x.org/y_(z))",
        "long": "The quick brown fox jumps over the lazy dog",
        "function": lambda: "called",
        "ümlaut": "ok",
        "set": {1},
        "big": 123456789,
        "phone": "1-800-COLLECT",
        "script": "</script><b>\u2028'\\",
        "path": "/a b/ü?x=1&y=é",
        "string": "abc",
        "ten": "10",
    }


VECTORS = [
    # variables
    "{{ a }}{{ text }}{{ safe }}{{ quotes }}{{ missing }}{{ missing.deeper }}{{ none }}{{ yes }}",
    "{{ dict.key }}|{{ dict.0 }}|{{ dict.nested.x.1 }}|{{ list.0 }}|{{ list.1 }}|{{ list.9 }}|{{ both.items_attr }}",
    "{{ person.name }}|{{ person.greeting }}|{{ person.needs }}|{{ person.delete }}|{{ person.nope }}|{{ function }}",
    "{{ dict.items }}|{{ dict.keys|join:',' }}|{{ person.name.upper }}|{{ string.upper.lower }}",
    "{{ 'lit<eral' }}|{{ \"x\\\"y\" }}|{{ 12 }}|{{ -3.5 }}|{{ 1e3 }}|{{ True }}|{{ None }}|{{ 'a'|upper }}",
    "{{ float }}|{{ decimal }}|{{ moment }}|{{ date }}|{{ time }}|{{ big }}|{{ numbers }}|{{ dicts }}",
    "{{a}}{{  a  }}{{ a|add:1 }}{{ a | add:'1' }}{{ a |add:b }}",
    "{{ 'it\\'s' }} {{ ümlaut }}",
    "{# comment #}x{# {{ a }} #}y{ z }{{ a }}{%comment%}{{ a }}{% nothing %}{%endcomment%}",
    "a {{ a\n}} b {% if a %}\n{% endif %} {{ }",
    # if
    "{% if a %}A{% endif %}{% if zero %}Z{% else %}not{% endif %}{% if missing %}M{% elif b %}B{% else %}E{% endif %}",
    "{% if a == 1 and b == 2 or zero %}1{% endif %}{% if a == 2 or b == 2 and yes %}2{% endif %}{% if not a %}3{% endif %}",
    "{% if a < b %}<{% endif %}{% if a > b %}>{% endif %}{% if a <= 1 %}<={% endif %}{% if b >= 3 %}>={% endif %}",
    "{% if a != b %}!={% endif %}{% if 'x' in list %}in{% endif %}{% if 'q' not in list %}not in{% endif %}",
    "{% if none is None %}is{% endif %}{% if a is not None %}is not{% endif %}{% if missing is None %}missing{% endif %}",
    "{% if not no and yes %}x{% endif %}{% if not yes or not no %}y{% endif %}{% if not not yes %}z{% endif %}",
    "{% if text|length > 5 %}long{% endif %}{% if 'a' < 5 %}bad{% else %}no{% endif %}{% if 3 in a %}bad{% else %}no{% endif %}",
    "{% if missing == none %}eq{% endif %}{% if missing|default_if_none:'x' == 'x' %}def{% endif %}",
    "{% if a and b and not zero %}{% if no %}{% else %}{% if yes %}deep{% endif %}{% endif %}{% endif %}",
    "{% if none == False %}a{% else %}b{% endif %}{% if a in numbers %}c{% endif %}{% if 'b' in 'abc' %}d{% endif %}",
    # for
    "{% for x in list %}{{ x }},{% endfor %}{% for x in missing %}x{% empty %}none{% endfor %}{% for x in none %}{% endfor %}",
    "{% for x in numbers %}{{ forloop.counter }}{{ forloop.counter0 }}{{ forloop.revcounter }}{{ forloop.revcounter0 }}"
    "{{ forloop.first }}{{ forloop.last }};{% endfor %}",
    "{% for x in numbers reversed %}{{ x }}{{ forloop.counter }}{% if not forloop.last %},{% endif %}{% endfor %}",
    "{% for k, v in pairs %}{{ k }}={{ v }};{% endfor %}{% for k,v in dict.items %}{{ k }}:{{ v }};{% endfor %}",
    "{% for x in numbers %}{% for y in list %}{{ forloop.parentloop.counter }}.{{ forloop.counter }} {% endfor %}{% endfor %}",
    "{% for p in people %}{{ p.name }}({{ p.age }}){{ p.greeting }}{% endfor %}{{ p }}",
    "{% for x in string %}{{ x }}-{% endfor %}{% for x in dict %}{{ x }} {% endfor %}{% for x in set %}{{ x }}{% endfor %}",
    "{% for x in numbers|slice:':2' %}{{ x }}{% endfor %}{% for x in 'ab'|make_list %}{{ x }}!{% endfor %}",
    "{% for x in numbers %}{% with y=x %}{{ y }}{% endwith %}{% now 'Y' as n %}{{ forloop.counter }}{% endfor %}",
    "{% for a in numbers %}{{ a }}{% endfor %}{{ a }}",
    "{% for x in numbers %}{% for x in list %}{{ x }}{% endfor %}{{ x }}{% endfor %}",
    # with, cycle, firstof, ifchanged, regroup
    "{% with x=a y='<b>' %}{{ x }}{{ y }}{{ a }}{% endwith %}{{ x }}{% with person.name as n %}{{ n }}{% endwith %}",
    "{% with a=b b=a %}{{ a }}{{ b }}{% endwith %}{{ a }}{{ b }}{% with x=missing %}[{{ x }}]{% endwith %}",
    "{% for x in numbers %}{% cycle 'odd' 'even' %} {% endfor %}{% for x in numbers %}{% cycle text safe %}{% endfor %}",
    "{% for x in numbers %}{% cycle 'a' 'b' 'c' as l %}{{ l }}{% cycle l %} {% endfor %}",
    "{% for x in numbers %}{% cycle 'a' 'b' as l silent %}<{{ l }}>{% endfor %}",
    "{% for x in numbers %}{% for y in numbers %}{% cycle 'a' 'b' 'c' %}{% endfor %}{% resetcycle %}{% endfor %}",
    "{% for x in numbers %}{% for y in list %}{% cycle 'a' 'b' %}{% endfor %};{% endfor %}",
    "{% firstof missing zero text %}|{% firstof missing safe %}|{% firstof zero no 'fall<back' %}|{% firstof zero %}",
    "{% firstof missing a as v %}{{ v }}",
    "{% for l in letters %}{% ifchanged %}{{ l }}{% endifchanged %}{% endfor %}",
    "{% for l in letters %}{% ifchanged l %}{{ l }}!{% else %}={% endifchanged %}{% endfor %}",
    "{% for x in numbers %}{% for l in letters %}{% ifchanged l x %}{{ x }}{{ l }}{% endifchanged %}{% endfor %}{% endfor %}",
    "{% regroup people by city as cities %}{% for c in cities %}{{ c.grouper }}:{% for p in c.list %}{{ p.name }},{% endfor %};{% endfor %}",
    "{% regroup dicts by n as g %}{% for n, l in g %}{{ n }}{{ l|length }}{% endfor %}",
    "{% regroup people by name|length as g %}{% for c in g %}{{ c.grouper }}{% endfor %}",
    # output tags
    "{% autoescape off %}{{ text }}{{ safe }}{% autoescape on %}{{ text }}{% endautoescape %}{% endautoescape %}{{ text }}",
    "{% autoescape off %}{% for x in list %}{{ x }}{% firstof text %}{% endfor %}{{ text|upper }}{{ list|join:text }}{% endautoescape %}",
    "{% filter upper %}{{ text }} and <i>{% endfilter %}{% filter force_escape|lower %}<A>{% endfilter %}",
    "{% spaceless %} <p> <b>x y</b> </p>\n <i> z </i> {% endspaceless %}",
    "{% verbatim %}{{ a }}{% if %}{# x #}{% endverbatim %}{% verbatim v %}{% verbatim %}{% endverbatim %}{% endverbatim v %}",
    "{% templatetag openblock %}{% templatetag closevariable %}{% templatetag opencomment %}{% templatetag openbrace %}",
    "{% widthratio a b 100 %}|{% widthratio a zero 100 %}|{% widthratio text b 100 %}|{% widthratio a b 50 as w %}{{ w }}",
    "{% comment 'note' %}{{ broken | }}{% endcomment %}x{% load %}",
    # filters: text
    "{{ quotes|addslashes }}|{{ 'hello'|capfirst }}|{{ empty|capfirst }}|{{ a|capfirst }}|{{ text|capfirst }}|{{ safe|capfirst }}",
    "[{{ string|center:'9' }}][{{ string|ljust:6 }}][{{ string|rjust:'6' }}][{{ text|center:40 }}]",
    "{{ text|cut:' ' }}|{{ safe|cut:';' }}|{{ safe|cut:'i' }}|{{ text|cut:'<b>' }}",
    "{{ float|floatformat }}|{{ whole|floatformat }}|{{ float|floatformat:3 }}|{{ whole|floatformat:'-3' }}|{{ float|floatformat:0 }}",
    "{{ decimal|floatformat:'2g' }}|{{ decimal|floatformat:2 }}|{{ 'x'|floatformat }}|{{ none|floatformat }}|{{ 0.125|floatformat:2 }}",
    "{{ 34.23234|floatformat:'0' }}|{{ -34.5|floatformat:0 }}|{{ 39.56000|floatformat:'-4' }}|{{ '3.0'|floatformat:1 }}|{{ -0.001|floatformat:2 }}",
    "{{ text|lower }}|{{ text|upper }}|{{ safe|lower }}|{{ safe|upper }}|{{ 'x. y'|title }}|{{ \"joe's 3rd CLUB\"|title }}",
    "{{ string|make_list }}|{{ a|make_list }}|{{ 'Hello, Wörld & Co. --x__'|slugify }}|{{ text|slugify }}|{{ ' a  b '|slugify }}",
    "{{ a|stringformat:'03d' }}|{{ float|stringformat:'.1f' }}|{{ text|stringformat:'s' }}|{{ safe|stringformat:'s' }}|{{ 'x'|stringformat:'d' }}",
    "{{ long|truncatechars:10 }}|{{ long|truncatechars:100 }}|{{ text|truncatechars:8 }}|{{ long|truncatechars:0 }}|{{ long|truncatechars:'x' }}",
    "{{ long|truncatewords:3 }}|{{ long|truncatewords:30 }}|{{ text|truncatewords:2 }}|{{ long|truncatewords:0 }}|{{ safe|truncatewords:1 }}",
    "{{ html|truncatewords_html:3|safe }}|{{ html|truncatewords_html:5|safe }}|{{ html|truncatewords_html:50|safe }}",
    "{{ html|truncatechars_html:8|safe }}|{{ html|truncatechars_html:15|safe }}|{{ html|truncatechars_html:500|safe }}",
    "{{ long|wordcount }}|{{ empty|wordcount }}|{{ long|wordwrap:12 }}|{{ lines|wordwrap:3 }}|{{ phone|phone2numeric }}",
    # filters: html and urls
    "{{ text|escape }}|{{ safe|escape }}|{{ text|escape|escape }}|{{ text|force_escape }}|{{ safe|force_escape }}|{{ text|force_escape|force_escape }}",
    "{{ text|safe }}|{{ list|safeseq|join:', ' }}|{{ list|escapeseq|join:', ' }}|{{ a|safe }}|{{ script|escapejs }}|{{ text|safe|lower|upper }}",
    "{{ path|iriencode }}|{{ path|urlencode }}|{{ path|urlencode:'' }}|{{ safe|urlencode }}",
    "{{ lines|linebreaks }}|{{ lines|linebreaksbr }}|{{ lines|linenumbers }}|{{ safe|linebreaks }}|{% autoescape off %}{{ lines|linebreaks }}{% endautoescape %}",
    "{{ text|striptags }}|{{ html|striptags }}|{{ '<a <b>c</b'|striptags }}|{{ 'a < b'|striptags }}|{{ '<!-- x -->y'|striptags }}",
    "{{ urls|urlize }}|{{ urls|urlizetrunc:12 }}|{% autoescape off %}{{ urls|urlize }}{% endautoescape %}",
    "{{ dict.nested|json_script:'id' }}|{{ script|json_script }}",
    # filters: lists
    "{% for d in dicts|dictsort:'n' %}{{ d.n }}{% endfor %}{% for d in dicts|dictsortreversed:'v' %}{{ d.n }}{% endfor %}",
    "{% for p in pairs|dictsort:1 %}{{ p.0 }}{% endfor %}{% for p in pairs|dictsortreversed:0 %}{{ p.0 }}{% endfor %}",
    "{{ list|first }}|{{ list|last }}|{{ empty|first }}|{{ list|length }}|{{ a|length }}|{{ text|first }}|{{ list|slice:'1:' }}",
    "{{ list|join:' & ' }}|{{ list|join:safe }}|{{ a|join:',' }}|{{ numbers|slice:'::2' }}|{{ string|slice:'-2:' }}|{{ a|slice:':2' }}",
    "{{ tree|unordered_list }}|{% autoescape off %}{{ tree|unordered_list }}{% endautoescape %}",
    "{{ numbers|random|divisibleby:1 }}",
    # filters: values
    "{{ a|add:b }}|{{ 'x'|add:'y' }}|{{ numbers|add:numbers }}|{{ a|add:'x' }}|{{ text|add:safe }}|{{ safe|add:text }}|{{ ten|add:5 }}",
    "{{ missing|default:'d' }}|{{ zero|default:'d' }}|{{ none|default_if_none:'n' }}|{{ empty|default_if_none:'n' }}|{{ missing|default:text }}",
    "{{ 21|divisibleby:7 }}|{{ b|divisibleby:'3' }}|{{ big|get_digit:2 }}|{{ big|get_digit:50 }}|{{ 'x'|get_digit:1 }}|{{ big|get_digit:0 }}",
    "{{ 1|filesizeformat }}|{{ 1023|filesizeformat }}|{{ 1024|filesizeformat }}|{{ big|filesizeformat }}|{{ 'x'|filesizeformat }}|{{ 1099511627776|filesizeformat }}",
    "You{{ a|pluralize }} {{ b|pluralize }} {{ zero|pluralize:'es' }} {{ a|pluralize:'y,ies' }} {{ b|pluralize:'y,ies' }} {{ list|pluralize }} {{ b|pluralize:'a,b,c' }}",
    "{{ yes|yesno }}|{{ no|yesno }}|{{ none|yesno }}|{{ yes|yesno:'y,n' }}|{{ none|yesno:'y,n' }}|{{ none|yesno:'y,n,m' }}|{{ yes|yesno:'x' }}",
    "{{ dicts|pprint }}|{{ text|pprint }}",
    "{{ moment|date:'Y-m-d H:i:s' }}|{{ moment|date }}|{{ date|date:'D d M Y' }}|{{ moment|date:'jS F y, N, P, f, g G h a A' }}|{{ missing|date }}|{{ 'x'|date }}",
    "{{ moment|date:'b E L n t z W o w S U u r c e O T Z I' }}|{{ date|date:'c U' }}|{{ moment|date:'\\\\Y\\\\\\\\d' }}|{{ date|date:'Y' }}",
    "{{ time|time:'H:i' }}|{{ moment|time }}|{{ time|time }}|{{ date|time:'H' }}|{{ missing|time }}|{{ moment|date:'SHORT_DATE_FORMAT' }}",
    "{{ moment|timesince:later }}|{{ later|timeuntil:moment }}|{{ later|timesince:moment }}|{{ date|timesince:later }}|{{ missing|timesince }}",
    # escaping through chains
    "{{ safe|lower|capfirst }}|{{ text|lower|safe|upper }}|{{ safe|truncatechars:9 }}|{{ text|default:'x'|escape }}|{{ missing|default:'<b>' }}",
    "{{ text|cut:'x'|safe|cut:'y' }}|{{ safe|add:'<b>' }}|{{ '<b>'|add:text }}|{{ list|join:'<br>' }}|{{ list|join:'<br>'|upper }}",
]  # fmt: skip


@pytest.fixture
def engines() -> Iterator[tuple[Any, Engine]]:
    token = ZONE.set(ZoneInfo("UTC"))  # as Django's setting above
    yield django.template.Engine(), Engine()
    ZONE.reset(token)


@pytest.mark.parametrize("source", VECTORS)
def test_a_template_renders_as_in_django(source: str, engines: tuple[Any, Engine]) -> None:
    theirs, ours = engines
    expected = str(theirs.from_string(source).render(django.template.Context(context(django_safe))))
    template = ours.from_string(source)
    assert str(template.render(context(Markup))) == expected
    assert "".join(template.stream(context(Markup))) == expected


@pytest.mark.parametrize("source", VECTORS)
def test_a_template_renders_as_in_django_where_the_context_is_in_use(source: str, engines: tuple[Any, Engine]) -> None:
    # An include inside a loop keeps loop variables in the context: the other way of compiling everything.
    theirs, ours = engines
    wrapped = "{% for outer in numbers %}" + source + "{% include empty_template %}{% endfor %}"
    for_django = {**context(django_safe), "empty_template": theirs.from_string("")}
    expected = str(theirs.from_string(wrapped).render(django.template.Context(for_django)))
    for_us = {**context(Markup), "empty_template": ours.from_string("")}
    assert str(ours.from_string(wrapped).render(for_us)) == expected
