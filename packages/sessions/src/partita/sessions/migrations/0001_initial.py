"""sessions: initial."""

from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="StoredSession",
            fields=[
                ("key_hash", orm.CharField(primary_key=True, max_length=64)),
                ("data", orm.TextField()),
                ("version", orm.IntegerField(default=0)),
                ("expires_at", orm.BigIntegerField(db_index=True)),
            ],
            options={"db_table": "partita_session"},
        ),
    ]
