"""auth: initial."""

import partita.auth.users
from partita import migrations, orm


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", orm.BigAutoField(verbose_name="ID", blank=True, primary_key=True)),
                ("email", orm.EmailField(verbose_name="email", max_length=254, unique=True)),
                ("name", orm.CharField(verbose_name="name", blank=True, max_length=150, default="")),
                ("password", orm.CharField(verbose_name="password", max_length=255, editable=False)),
                (
                    "is_active",
                    orm.BooleanField(
                        verbose_name="active",
                        default=True,
                        help_text="May log in. Take this away instead of deleting a user.",
                    ),
                ),
                (
                    "is_staff",
                    orm.BooleanField(verbose_name="staff", default=False, help_text="May enter the administration."),
                ),
                (
                    "is_superuser",
                    orm.BooleanField(verbose_name="superuser", default=False, help_text="May do everything."),
                ),
                ("last_login", orm.DateTimeField(verbose_name="last login", null=True, blank=True, editable=False)),
                (
                    "date_joined",
                    orm.DateTimeField(verbose_name="joined", default=partita.auth.users.utc_now, editable=False),
                ),
            ],
            options={"ordering": ("email",)},
        ),
    ]
