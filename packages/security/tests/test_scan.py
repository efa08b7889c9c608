import argparse
import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.app import SimpleRegistrar
from partita.security.scan import RULES, Weakness, scan, scan_source
from partita.security.scan_command import ScanCommand

ROOT = Path(__file__).parents[3]

PLANTED = {
    "sql-made-of-text": [
        "Album.objects.raw(f'SELECT * FROM album WHERE title = {title!r}')",
        "db.execute('SELECT * FROM album WHERE id = %s' % id)",
        "db.execute('SELECT {}'.format(column))",
        "sql = 'SELECT * FROM album ORDER BY ' + request.GET['by']\n    db.execute(sql)",
        "sql = 'SELECT 1'\n    sql += f' WHERE x = {x}'\n    cursor.execute(sql)",
        "Album.objects.extra(where=[f'title = {title}'])",
        "Album.objects.annotate(x=RawSQL(f'{x}', []))",
        "db.execute(request.query.get('sql'))",
        "db.execute(sql=f'SELECT {column}')",
    ],
    "markup-made-of-values": [
        "return Markup(f'<b>{name}</b>')",
        "return mark_safe('<b>' + name + '</b>')",
        "name = request.POST.get('name')\n    return mark_safe(name)",
        "return Markup('<b>%s</b>' % request.GET['q'])",
    ],
    "open-redirect": [
        "return redirect(request.GET['next'])",
        "return Response.redirect(request.query.get('next', '/'))",
        "target = request.POST.get('next') or '/'\n    return HttpResponseRedirect(target)",
        "data = await request.aform()\n    return Response.redirect(data.get('next'))",
        "return redirect(f'{request.GET[\"host\"]}/home')",
        "return Response.redirect(location=request.query['next'])",
        "return HttpResponseRedirect(redirect_to=request.GET['next'])",
        "match request.GET['next']:\n        case str() as there:\n            return redirect(there)",
        "match request.json():\n        case {'next': there}:\n            return redirect(there)",
        "match request.json():\n        case [_, *rest]:\n            return redirect(rest[0])",
        "match request.json():\n        case {**rest}:\n            return redirect(rest['next'])",
    ],
    "mass-assignment": [
        "Album.objects.create(**request.POST.dict())",
        "Album(**request.json())",
        "data = await request.ajson()\n    await Album.objects.acreate(**data)",
        "Album.objects.filter(pk=1).update(**{k: v for k, v in request.POST.items()})",
        "for name, value in request.POST.items():\n        setattr(album, name, value)",
    ],
    "lookups-by-visitors": [
        "Album.objects.filter(**request.GET.dict())",
        "filters = dict(request.query)\n    return Album.objects.exclude(**filters)",
        "return Album.objects.order_by(request.GET['sort'])",
        "return Album.objects.values(*request.GET.getlist('fields'))",
        "data = await request.ajson()\n    return Album.objects.values_list(data['field'], flat=True)",
    ],
    "code-by-visitors": [
        "eval(request.GET['sum'])",
        "pickle.loads(request.body)",
        "yaml.load(request.body)",
        "import_module(request.POST['name'])",
    ],
    "shell-by-visitors": [
        "os.system('ping ' + request.GET['host'])",
        "subprocess.run(f'ping {host}', shell=True)",
    ],
    "path-by-visitors": [
        "open('files/' + request.GET['name'])",
        "path = Path('files') / request.query['name']\n    return path.read_text()",
    ],
    "request-by-visitors": ["httpx.get(request.POST['url'])", "urlopen(request.json()['url'])"],
    "template-by-visitors": ["Template(request.POST['text'])", "engine.from_string(request.POST['text'])"],
    "all-fields": ["class AlbumForm(ModelForm):\n        class Meta:\n            fields = '__all__'"],
    "key-in-the-code": ["app = App(Settings(secret_key='0123456789abcdef0123456789abcdef'))", "SECRET_KEY = 'x' * 1 and None\n    SECRET_KEY = '0123456789abcdef0123456789abcdef'"],
}  # fmt: skip
INNOCENT = [
    "sort = request.GET['sort']\n    if sort not in ('title', 'date'):\n        sort = 'title'\n    return Album.objects.order_by(sort)",
    "return Album.objects.order_by('-date').values('title'), request.POST.values()",
    "Album.objects.raw('SELECT * FROM album WHERE title = %s', [request.GET['title']])",
    "db.execute(f'SELECT * FROM {Album._meta.db_table}')",
    "db.execute(f'SELECT * FROM {quote_name(table)}')",
    "db.execute(f'SELECT * FROM {TABLE}' + ' WHERE a = 1')",
    "by = request.GET['by']\n    if by not in ('title', 'date'):\n        raise NotFound\n    db.execute('SELECT 1 ORDER BY ' + by)",
    "return Markup('<b>') + name",
    "return format_html('<b>{}</b>', request.GET['name'])",
    "target = request.GET['next']\n    if not is_safe_redirect(target, {request.host}):\n        target = '/'\n    return redirect(target)",
    "return redirect(safe_target(request, request.GET.get('next')) or '/')",
    "return redirect('shop:album', pk=int(request.POST['pk']))",
    "form = AlbumForm(request.POST)\n    if form.is_valid():\n        Album.objects.create(**form.cleaned_data)",
    "Album.objects.filter(title=request.GET['q'])",
    "number = int(request.GET['page'])\n    return redirect(f'/list/{number}/')",
    "request = Request.build()\n    return compile(pattern)",
    "subprocess.run(['ping', request.GET['host']])",
    "open(safe_place(folder, request.GET['name']))",
    "data = request.POST\n    data = {}\n    Album(**data)",
    "re.compile(request.GET['a'])",
    "name = request.GET['a'].isdigit()\n    return Markup(name)",
    "class AlbumForm(ModelForm):\n        class Meta:\n            fields = ['title']",
    "Settings(secret_key='short, of a test')",
]


def view(lines: str) -> str:
    return f"async def view(request, name='', title='', x=0, id=0, column='', host=''):\n    {lines}\n"


@pytest.mark.parametrize(("rule", "lines"), [(rule, each) for rule, cases in PLANTED.items() for each in cases])
def test_what_is_planted_is_found_where_it_is(rule: str, lines: str) -> None:
    (found,) = scan_source(view(lines), "shop/views.py")
    assert (found.name, found.code) == (rule, RULES[rule].code)
    assert (found.path, found.line) == ("shop/views.py", 1 + len(lines.splitlines()))
    assert str(found).startswith(f"shop/views.py:{found.line}:{found.column}: {found.code} {rule}: ")


def test_each_rule_is_tried() -> None:
    assert PLANTED.keys() == RULES.keys()
    assert len({rule.code for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("lines", INNOCENT)
def test_what_is_right_raises_no_alarm(lines: str) -> None:
    assert scan_source(view(lines)) == []


def test_the_projects_examples_raise_no_alarm() -> None:
    places = [ROOT / "docs" / "examples", ROOT / "packages" / "auth" / "src", ROOT / "packages" / "admin" / "src"]
    assert list(scan(places)) == []


def test_a_new_project_raises_no_alarm() -> None:
    skeleton = ROOT / "packages" / "cli" / "src" / "partita" / "cli" / "skeleton"
    sources = [path for path in skeleton.rglob("*.py-tpl") if "tests" not in path.parts]
    assert len(sources) >= 5
    for path in sources:
        assert scan_source(path.read_text("utf-8"), path.name) == []


def test_a_line_that_somebody_has_looked_at_is_left_out() -> None:
    line = "def a(x):\n    db.execute(f'{x}')  # scan: ignore[%s]\n"
    assert scan_source(line % "S101") == []
    assert scan_source(line % "S103, S101") == []
    assert [each.code for each in scan_source(line % "S103")] == ["S101"]
    assert [each.code for each in scan_source("def a(x):\n    db.execute(f'{x} # scan: ignore[S101]')\n")] == ["S101"]


@pytest.mark.parametrize(
    "source", [b"def", b"\x00", b"\xff\xfe", b"a = " + b"(" * 5000, b"x" * 1_048_577, b"# coding: nonsense"]
)
def test_what_cannot_be_read_is_said(source: bytes) -> None:
    (found,) = scan_source(source, "a.py")
    assert (found.code, found.path) == ("S100", "a.py")


@given(st.text(alphabet="request.GETPOST()[]{}'\"f=:+% \nimport execute def", max_size=80))
def test_any_text_is_scanned(text: str) -> None:
    assert all(isinstance(each, Weakness) for each in scan_source(text))


def plant(folder: Path) -> None:
    bad = view(PLANTED["open-redirect"][0])
    for name in ("shop/views.py", "shop/tests/test_views.py", ".git/hooks.py", "env/lib/a.py", "node_modules/b.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(bad)
    (folder / "env" / "pyvenv.cfg").touch()
    (folder / "shop" / "self").symlink_to(folder, target_is_directory=True)


def test_folders_are_searched_but_not_those_of_others(tmp_path: Path) -> None:
    plant(tmp_path)
    assert [each.path for each in scan([tmp_path])] == [str(tmp_path / "shop" / "views.py")]
    assert len(list(scan([tmp_path / "shop" / "tests" / "test_views.py"]))) == 1
    with pytest.raises(FileNotFoundError, match="nothing at"):
        list(scan([tmp_path / "nowhere"]))


def run(*arguments: str) -> int:
    command = ScanCommand()
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(SimpleRegistrar(), parser.parse_args(arguments))


def test_the_command_tells_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(tmp_path)
    assert run(str(tmp_path)) == 1
    assert "views.py:2:12: S103 open-redirect" in capsys.readouterr().out
    assert run("--json", str(tmp_path)) == 1
    assert [each["code"] for each in json.loads(capsys.readouterr().out)] == ["S103"]
    (tmp_path / "shop" / "views.py").write_text("")
    assert run(str(tmp_path)) == 0
    assert "Nothing found." in capsys.readouterr().out
    with pytest.raises(SystemExit, match="nothing at"):
        run(str(tmp_path / "nowhere"))


def test_nothing_of_what_is_read_runs(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(
        dedent("""
        import sys
        sys.partita_was_here = True
    """)
    )
    assert list(scan([tmp_path])) == []
    assert not hasattr(sys, "partita_was_here")
