"""The book as a web site: ``python -m website``, which ``make site`` runs."""
