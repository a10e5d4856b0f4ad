"""Reports: sections of text, facts, tables and charts as one page of HTML that needs nothing else, or as Markdown."""
