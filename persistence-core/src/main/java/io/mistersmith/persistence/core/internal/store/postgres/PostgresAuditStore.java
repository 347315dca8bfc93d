package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.spi.sql.AuditStore;
import java.util.List;

/** Reads {@code audit.change_log}, which triggers write. */
final class PostgresAuditStore implements AuditStore {

  private static final String AUDIT = "audit";

  /** By the catalog: a login without rights on the schema may ask, too. */
  private static final String IS_INSTALLED =
      """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'audit' AND c.relname = 'change_log' AND a.attname = 'correlation_id'
           AND NOT a.attisdropped)
      """;

  private final Statements statements;

  PostgresAuditStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean isInstalled() {
    return statements.read(
        "look for the audit log",
        handle -> handle.createQuery(IS_INSTALLED).mapTo(Boolean.class).one());
  }

  @Override
  public List<AuditChange> find(AuditQuery query) {
    String what = "find changes in the audit log";
    return MissingSet.named(
        AUDIT,
        what,
        () ->
            statements.read(
                what,
                handle ->
                    AuditSearch.bind(handle.createQuery(AuditSearch.sql(query)), query)
                        .map(AuditSearch::read)
                        .list()));
  }
}
