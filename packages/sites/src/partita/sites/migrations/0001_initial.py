"""sites: initial."""

import partita.sites.models
from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                (
                    "domain",
                    orm.CharField(
                        verbose_name="domain name",
                        max_length=100,
                        unique=True,
                        validators=[partita.sites.models.no_whitespace],
                    ),
                ),
                ("name", orm.CharField(verbose_name="display name", max_length=50)),
            ],
            options={"db_table": "partita_site", "ordering": ("domain",)},
        ),
    ]
