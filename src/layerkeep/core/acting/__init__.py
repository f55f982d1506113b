"""Who is told, who decides, and what is done: people, pages, runbooks, runs, audit."""
