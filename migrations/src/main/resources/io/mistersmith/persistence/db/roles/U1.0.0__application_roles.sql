-- The roles stay: they belong to the whole cluster, may be in use in its other databases, and can
-- do nothing here without the rights of the next script.
SELECT 1;
