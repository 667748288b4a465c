"""Feature plug-ins that come with mrfed, one a file; pyproject.toml offers them as entry points."""
