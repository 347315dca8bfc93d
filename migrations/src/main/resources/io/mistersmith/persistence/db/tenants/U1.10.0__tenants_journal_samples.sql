REVOKE ALL ON agents.journal_samples FROM app_flusher;
