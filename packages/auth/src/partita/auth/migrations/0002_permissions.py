"""auth: permissions."""

from partita import migrations, orm


class Migration(migrations.Migration):
    dependencies = [("auth", "0001_initial"), ("contenttypes", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Permission",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(verbose_name="name", max_length=255)),
                (
                    "content_type",
                    orm.ForeignKey(verbose_name="content type", to="contenttypes.ContentType", on_delete=orm.CASCADE),
                ),
                ("codename", orm.CharField(verbose_name="codename", max_length=100)),
            ],
            options={
                "ordering": ("content_type__app_label", "content_type__model", "codename"),
                "unique_together": (("content_type", "codename"),),
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("name", orm.CharField(verbose_name="name", max_length=150, unique=True)),
                ("permissions", orm.ManyToManyField(verbose_name="permissions", blank=True, to="auth.Permission")),
            ],
        ),
        migrations.AddField(
            model_name="User",
            name="groups",
            field=orm.ManyToManyField(
                verbose_name="groups",
                blank=True,
                help_text="The user may do what any of these groups may.",
                to="auth.Group",
                related_name="user_set",
                related_query_name="user",
            ),
        ),
        migrations.AddField(
            model_name="User",
            name="user_permissions",
            field=orm.ManyToManyField(
                verbose_name="user permissions",
                blank=True,
                help_text="What this user may do besides.",
                to="auth.Permission",
                related_name="user_set",
                related_query_name="user",
            ),
        ),
    ]
