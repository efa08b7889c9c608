"""Django and partita, asked the same: random chains of queryset calls, run on both sides in processes of their own."""
