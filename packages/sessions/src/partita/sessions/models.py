"""The table in which `DatabaseStore` keeps sessions."""

from partita import orm

__all__ = ("StoredSession",)


class StoredSession(orm.Model):
    """One session; whoever reads the table learns no token, only its hash."""

    key_hash = orm.CharField(max_length=64, primary_key=True)
    data = orm.TextField()
    version = orm.IntegerField(default=0)
    expires_at = orm.BigIntegerField(db_index=True)

    class Meta:
        app_label = "sessions"
        db_table = "partita_session"
