-- kind: function
-- Brings a table under the tenants' policies, and back: for the tables of the next scripts, and for
-- tables that come later, such as an application's own that refer to agents.

-- Gives a new row the tenant of the first row that it refers to. Its arguments are column, table and
-- key, again and again. A row that is unknown here, or another tenant's and so not to be seen, gives
-- none; the foreign key refuses what refers to it.
CREATE FUNCTION agents.take_tenant()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_row JSONB;
BEGIN
  IF NEW.tenant_id IS NULL THEN
    v_row := to_jsonb(NEW);
    FOR i IN 0 .. TG_NARGS - 3 BY 3 LOOP
      IF v_row -> TG_ARGV[i] <> 'null' THEN
        EXECUTE format('SELECT tenant_id FROM %s WHERE %I = $1', TG_ARGV[i + 1], TG_ARGV[i + 2])
          INTO NEW.tenant_id
          USING (v_row ->> TG_ARGV[i])::uuid;
        EXIT;
      END IF;
    END LOOP;
    NEW.tenant_id := coalesce(NEW.tenant_id, agents.tenant_of_session());
  END IF;
  RETURN NEW;
END;
$$;

-- Recreates a table's foreign keys to isolated tables, with the tenant or without it.
CREATE FUNCTION agents.rewrite_foreign_keys(p_table REGCLASS, p_with_tenant BOOLEAN)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  c_action CONSTANT JSONB :=
    '{"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}';
  v_key RECORD;
BEGIN
  FOR v_key IN
    SELECT k.*, c.columns, c.keys, c.carries
      FROM pg_constraint k
      JOIN pg_attribute t
        ON t.attrelid = k.confrelid AND t.attname = 'tenant_id' AND NOT t.attisdropped
     CROSS JOIN LATERAL (
       SELECT
         string_agg(quote_ident(a.attname), ', ' ORDER BY n.at)
           FILTER (WHERE a.attname <> 'tenant_id') AS columns,
         string_agg(quote_ident(f.attname), ', ' ORDER BY n.at)
           FILTER (WHERE f.attname <> 'tenant_id') AS keys,
         bool_or(a.attname = 'tenant_id') AS carries
         FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS n (own, other, at)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.own
         JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = n.other
     ) AS c
     WHERE k.conrelid = p_table AND k.contype = 'f' AND k.conparentid = 0
  LOOP
    CONTINUE WHEN v_key.carries = p_with_tenant;
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', p_table, v_key.conname);
    EXECUTE concat_ws(
      ' ',
      format('ALTER TABLE %s ADD CONSTRAINT %I', p_table, v_key.conname),
      format(
        CASE
          WHEN p_with_tenant THEN 'FOREIGN KEY (tenant_id, %s) REFERENCES %s (tenant_id, %s)'
          ELSE 'FOREIGN KEY (%s) REFERENCES %s (%s)'
        END,
        v_key.columns, v_key.confrelid::regclass, v_key.keys
      ),
      'ON UPDATE ' || (c_action ->> v_key.confupdtype::text),
      'ON DELETE ' || (c_action ->> v_key.confdeltype::text),
      -- The tenant stays when what the row refers to goes.
      CASE
        WHEN p_with_tenant AND v_key.confdeltype IN ('n', 'd') THEN '(' || v_key.columns || ')'
      END,
      CASE WHEN v_key.condeferrable THEN 'DEFERRABLE' END,
      CASE WHEN v_key.condeferred THEN 'INITIALLY DEFERRED' END
    );
  END LOOP;
END;
$$;

-- Isolates a table that app_tenant and app_flusher may read and write. A new row takes the tenant of
-- the row that its columns p_from refer to, in this order, or else the session's; so do existing
-- rows. Isolate the tables that it refers to first, or the keys do not carry the tenant
-- (agents.tenant_gaps reports it).
CREATE FUNCTION agents.isolate_table(p_table REGCLASS, VARIADIC p_from TEXT[] DEFAULT '{}')
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_schema NAME;
  v_name NAME;
  v_key TEXT;
  v_from RECORD;
  v_arguments TEXT[] := '{}';
BEGIN
  SELECT n.nspname, c.relname
    INTO v_schema, v_name
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = p_table;
  EXECUTE format(
    'ALTER TABLE %s ADD COLUMN tenant_id UUID NOT NULL'
      ' DEFAULT ''00000000-0000-0000-0000-000000000000''',
    p_table
  );
  FOR v_from IN
    SELECT p.name, k.confrelid::regclass AS other, f.attname AS key
      FROM unnest(p_from) WITH ORDINALITY AS p (name, at)
      LEFT JOIN pg_attribute a ON a.attrelid = p_table AND a.attname = p.name
      LEFT JOIN pg_constraint k
        ON k.conrelid = p_table AND k.contype = 'f' AND k.conparentid = 0
          AND k.conkey = ARRAY[a.attnum]
      LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
     ORDER BY p.at DESC
  LOOP
    IF v_from.other IS NULL THEN
      RAISE EXCEPTION 'column % of % has no foreign key to take a tenant from', v_from.name, p_table
        USING ERRCODE = '42830';
    END IF;
    v_arguments := ARRAY[v_from.name, v_from.other::text, v_from.key::text] || v_arguments;
    -- An owner who is no superuser would see none of the other table's rows.
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', v_from.other);
    EXECUTE format(
      'UPDATE %s t SET tenant_id = o.tenant_id FROM %s o'
        ' WHERE o.%I = t.%I AND o.tenant_id <> t.tenant_id',
      p_table, v_from.other, v_from.key, v_from.name
    );
    IF v_from.other <> p_table THEN
      EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', v_from.other);
    END IF;
  END LOOP;
  -- The keys are changed once all that was checked by the old ones has been.
  SET CONSTRAINTS ALL IMMEDIATE;

  IF v_arguments = '{}' THEN
    EXECUTE format(
      'ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT agents.tenant_of_session()', p_table
    );
  ELSE
    EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id DROP DEFAULT', p_table);
    EXECUTE format(
      'CREATE TRIGGER take_tenant BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION %s',
      p_table,
      CASE
        WHEN v_arguments = ARRAY['agent_id', 'agents.registry', 'agent_id']
          THEN 'agents.take_tenant_of_agent()'
        ELSE (
          SELECT 'agents.take_tenant(' || string_agg(quote_literal(a.value), ', ' ORDER BY a.at) || ')'
            FROM unnest(v_arguments) WITH ORDINALITY AS a (value, at)
        )
      END
    );
  END IF;

  IF EXISTS (SELECT FROM pg_constraint WHERE confrelid = p_table AND contype = 'f') THEN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY n.at)
      INTO STRICT v_key
      FROM pg_constraint k
     CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS n (own, at)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.own
     WHERE k.conrelid = p_table AND k.contype = 'p';
    EXECUTE format(
      'ALTER TABLE %s ADD CONSTRAINT %I UNIQUE (tenant_id, %s)',
      p_table, v_name || '_tenant_key', v_key
    );
  ELSE
    EXECUTE format(
      'CREATE INDEX %I ON %s (tenant_id)', format('idx_%s_%s_tenant', v_schema, v_name), p_table
    );
  END IF;
  PERFORM agents.rewrite_foreign_keys(p_table, TRUE);

  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format(
    'CREATE POLICY tenant_isolation ON %s USING (tenant_id = agents.current_tenant_id())'
      ' WITH CHECK (tenant_id = agents.current_tenant_id())',
    p_table
  );
  EXECUTE format(
    'CREATE POLICY flusher_spans_tenants ON %s TO app_flusher USING (TRUE) WITH CHECK (TRUE)',
    p_table
  );
  EXECUTE format(
    'GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO app_tenant, app_flusher', p_table
  );
END;
$$;

-- Takes isolate_table back. Join the tables that refer to it first.
CREATE FUNCTION agents.join_table(p_table REGCLASS)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON %s FROM app_tenant, app_flusher', p_table);
  EXECUTE format('DROP POLICY flusher_spans_tenants ON %s', p_table);
  EXECUTE format('DROP POLICY tenant_isolation ON %s', p_table);
  EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('DROP TRIGGER IF EXISTS take_tenant ON %s', p_table);
  PERFORM agents.rewrite_foreign_keys(p_table, FALSE);
  -- Its index and its unique key go with the column.
  EXECUTE format('ALTER TABLE %s DROP COLUMN tenant_id', p_table);
END;
$$;

REVOKE ALL ON FUNCTION
  agents.rewrite_foreign_keys(REGCLASS, BOOLEAN),
  agents.isolate_table(REGCLASS, TEXT[]),
  agents.join_table(REGCLASS)
FROM PUBLIC;
