REVOKE SELECT, INSERT, UPDATE, DELETE ON sagas.entry_writes FROM app_flusher;
