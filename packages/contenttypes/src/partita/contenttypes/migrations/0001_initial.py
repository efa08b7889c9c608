"""contenttypes: initial."""

from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="ContentType",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("app_label", orm.CharField(max_length=100)),
                ("model", orm.CharField(verbose_name="python model class name", max_length=100)),
            ],
            options={"db_table": "partita_content_type", "unique_together": (("app_label", "model"),)},
        ),
    ]
