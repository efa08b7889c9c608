"""redirects: initial."""

from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = [("sites", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Redirect",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("site", orm.ForeignKey(verbose_name="site", to="sites.Site", on_delete=orm.CASCADE)),
                (
                    "old_path",
                    orm.CharField(
                        verbose_name="redirect from",
                        max_length=200,
                        db_index=True,
                        help_text="This should be an absolute path, excluding the domain name. Example: “/events/search/”.",
                    ),
                ),
                (
                    "new_path",
                    orm.CharField(
                        verbose_name="redirect to",
                        blank=True,
                        max_length=200,
                        help_text="This can be either an absolute path (as above) or a full URL starting with a scheme such as “https://”.",
                    ),
                ),
            ],
            options={
                "db_table": "partita_redirect",
                "ordering": ("old_path",),
                "unique_together": (("site", "old_path"),),
            },
        ),
    ]
