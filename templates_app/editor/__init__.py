"""The editor of templates: drafts, forms made from the definition's schema, and what registering a draft would do."""
