DROP FUNCTION tasks.claim_next(UUID, TEXT[], INTEGER);
