"""What partita's packages agree on: typed keys, protocols and test kits; no behaviour of its own.

Import from the modules: `key`, `current`, `i18n`, `templates`, `settings`, `commands`, `checks`, `static`, `lifecycle`, `zones`, and, in
``integration`` modules only, `app`.
"""
