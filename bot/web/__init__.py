"""HTTP: webhooks, health, the clinicians' pages, the page behind a secure link."""
