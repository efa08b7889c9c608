"""shop: initial."""

from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = [("auth", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Artist",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(max_length=120)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="Album",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("title", orm.CharField(max_length=160)),
                ("artist", orm.ForeignKey(to="shop.Artist", related_name="albums", on_delete=orm.CASCADE)),
            ],
            options={"ordering": ("title",)},
        ),
        migrations.CreateModel(
            name="Genre",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(max_length=120)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="MediaType",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(max_length=120)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="Track",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(max_length=200)),
                ("album", orm.ForeignKey(to="shop.Album", related_name="tracks", on_delete=orm.CASCADE)),
                ("genre", orm.ForeignKey(to="shop.Genre", related_name="tracks", on_delete=orm.PROTECT)),
                ("media_type", orm.ForeignKey(to="shop.MediaType", related_name="tracks", on_delete=orm.PROTECT)),
                ("composer", orm.CharField(blank=True, max_length=220, default="")),
                ("milliseconds", orm.PositiveIntegerField()),
                ("bytes", orm.PositiveIntegerField()),
                ("unit_price", orm.DecimalField(max_digits=10, decimal_places=2)),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.CreateModel(
            name="Playlist",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(max_length=120)),
                ("tracks", orm.ManyToManyField(to="shop.Track", related_name="playlists")),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="Employee",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("first_name", orm.CharField(max_length=40)),
                ("last_name", orm.CharField(max_length=40)),
                ("title", orm.CharField(max_length=60)),
                (
                    "reports_to",
                    orm.ForeignKey(
                        null=True, blank=True, to="shop.Employee", related_name="team", on_delete=orm.SET_NULL
                    ),
                ),
                ("birth_date", orm.DateTimeField()),
                ("hire_date", orm.DateTimeField()),
                ("address", orm.CharField(max_length=120)),
                ("city", orm.CharField(max_length=60)),
                ("state", orm.CharField(blank=True, max_length=60, default="")),
                ("country", orm.CharField(max_length=60)),
                ("postal_code", orm.CharField(blank=True, max_length=20, default="")),
                ("phone", orm.CharField(blank=True, max_length=40, default="")),
                ("fax", orm.CharField(blank=True, max_length=40, default="")),
                ("email", orm.EmailField(max_length=254)),
            ],
            options={"ordering": ("last_name", "first_name")},
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                (
                    "user",
                    orm.OneToOneField(
                        null=True, blank=True, to="auth.User", related_name="customer", on_delete=orm.SET_NULL
                    ),
                ),
                ("first_name", orm.CharField(max_length=40)),
                ("last_name", orm.CharField(max_length=40)),
                ("company", orm.CharField(blank=True, max_length=120, default="")),
                ("address", orm.CharField(max_length=120)),
                ("city", orm.CharField(max_length=60)),
                ("state", orm.CharField(blank=True, max_length=60, default="")),
                ("country", orm.CharField(max_length=60)),
                ("postal_code", orm.CharField(blank=True, max_length=20, default="")),
                ("phone", orm.CharField(blank=True, max_length=40, default="")),
                ("fax", orm.CharField(blank=True, max_length=40, default="")),
                ("email", orm.EmailField(max_length=254)),
                (
                    "support_rep",
                    orm.ForeignKey(
                        null=True, blank=True, to="shop.Employee", related_name="customers", on_delete=orm.SET_NULL
                    ),
                ),
            ],
            options={"ordering": ("last_name", "first_name")},
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("reference", orm.UUIDField(unique=True, editable=False)),
                ("customer", orm.ForeignKey(to="shop.Customer", related_name="invoices", on_delete=orm.PROTECT)),
                ("date", orm.DateTimeField()),
                ("billing_address", orm.CharField(max_length=120)),
                ("billing_city", orm.CharField(max_length=60)),
                ("billing_state", orm.CharField(blank=True, max_length=60, default="")),
                ("billing_country", orm.CharField(max_length=60)),
                ("billing_postal_code", orm.CharField(blank=True, max_length=20, default="")),
                ("total", orm.DecimalField(max_digits=10, decimal_places=2)),
            ],
            options={"ordering": ("-date", "-id")},
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("invoice", orm.ForeignKey(to="shop.Invoice", related_name="lines", on_delete=orm.CASCADE)),
                ("track", orm.ForeignKey(to="shop.Track", related_name="invoice_lines", on_delete=orm.PROTECT)),
                ("unit_price", orm.DecimalField(max_digits=10, decimal_places=2)),
                ("quantity", orm.IntegerField()),
            ],
            options={"ordering": ("id",)},
        ),
    ]
