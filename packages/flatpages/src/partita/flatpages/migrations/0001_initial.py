"""flatpages: initial."""

from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = [("sites", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="FlatPage",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("url", orm.CharField(verbose_name="URL", max_length=100, db_index=True)),
                ("title", orm.CharField(verbose_name="title", max_length=200)),
                ("content", orm.TextField(verbose_name="content", blank=True)),
                ("enable_comments", orm.BooleanField(verbose_name="enable comments", default=False)),
                (
                    "template_name",
                    orm.CharField(
                        verbose_name="template name",
                        blank=True,
                        max_length=70,
                        help_text="Example: “flatpages/contact_page.html”. If this isn’t provided, the system will use “flatpages/default.html”.",
                    ),
                ),
                (
                    "registration_required",
                    orm.BooleanField(
                        verbose_name="registration required",
                        default=False,
                        help_text="If this is checked, only logged-in users will be able to view the page.",
                    ),
                ),
                ("sites", orm.ManyToManyField(verbose_name="sites", to="sites.Site")),
            ],
            options={"db_table": "partita_flatpage", "ordering": ("url",)},
        ),
    ]
