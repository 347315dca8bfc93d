REVOKE SELECT, INSERT, DELETE ON messages.handled FROM app_flusher;
