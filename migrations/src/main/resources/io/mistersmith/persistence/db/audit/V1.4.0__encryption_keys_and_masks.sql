-- kind: schema
-- The register of encryption keys, and masks for personal data.
--
-- Values are encrypted and decrypted in the application, with AES-256-GCM of the JDK: pgcrypto has
-- no authenticated mode, and a key that reaches the database in clear protects nothing that the
-- database keeps. Here lie only keys that are themselves encrypted with a master key from elsewhere.

CREATE TABLE audit.encryption_keys (
  key_id UUID NOT NULL DEFAULT gen_random_uuid(),
  key_name VARCHAR(255) NOT NULL,
  key_version INTEGER NOT NULL DEFAULT 1,
  encrypted_key TEXT NOT NULL,
  algorithm VARCHAR(50) NOT NULL DEFAULT 'AES-256-GCM',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  rotated_at TIMESTAMPTZ,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  CONSTRAINT encryption_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT encryption_keys_key_name_version_key UNIQUE (key_name, key_version),
  CONSTRAINT valid_key_name CHECK (length(key_name) > 0),
  CONSTRAINT valid_key_version CHECK (key_version > 0),
  CONSTRAINT valid_encrypted_key CHECK (length(encrypted_key) > 0),
  CONSTRAINT valid_rotation CHECK (rotated_at IS NULL OR NOT active)
);

-- New values are encrypted with one version; the others stay to decrypt old ones.
CREATE UNIQUE INDEX idx_audit_encryption_keys_active ON audit.encryption_keys (key_name)
  WHERE active;

REVOKE ALL ON audit.encryption_keys FROM PUBLIC;

-- 'jane.doe@example.org' becomes 'ja****@example.org'. At least three characters of the local part
-- stay hidden; a shorter one, and what is no address, shows nothing.
CREATE FUNCTION audit.mask_email(email TEXT)
RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN email IS NULL OR email = '' THEN email
  WHEN email ~ '^[^@\s]{5,}@[^@\s.]+(\.[^@\s.]+)+$'
    THEN left(email, 2) || '****@' || split_part(email, '@', 2)
  WHEN email ~ '^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$' THEN '****@' || split_part(email, '@', 2)
  ELSE '****'
END;

-- '+49 30 1234567' becomes '***-***-4567'. Fewer than seven digits, or letters, show nothing.
CREATE FUNCTION audit.mask_phone(phone TEXT)
RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN phone IS NULL OR phone = '' THEN phone
  WHEN phone ~ '^\+?[-0-9 ()./]+$' AND length(regexp_replace(phone, '[^0-9]', '', 'g')) >= 7
    THEN '***-***-' || right(regexp_replace(phone, '[^0-9]', '', 'g'), 4)
  ELSE '***-***-****'
END;
