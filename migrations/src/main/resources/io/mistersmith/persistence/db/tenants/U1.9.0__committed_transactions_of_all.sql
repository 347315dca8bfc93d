REVOKE SELECT, INSERT, DELETE ON agents.committed_transactions FROM app_flusher;
