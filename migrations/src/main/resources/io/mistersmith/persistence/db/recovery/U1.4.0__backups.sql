REVOKE USAGE ON SCHEMA recovery FROM PUBLIC;

DROP FUNCTION recovery.ages();

DROP TABLE recovery.schedule;

DROP TABLE recovery.backups;
