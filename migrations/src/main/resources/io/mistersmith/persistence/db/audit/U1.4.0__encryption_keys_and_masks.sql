DROP FUNCTION audit.mask_phone(TEXT);
DROP FUNCTION audit.mask_email(TEXT);
DROP TABLE audit.encryption_keys;
