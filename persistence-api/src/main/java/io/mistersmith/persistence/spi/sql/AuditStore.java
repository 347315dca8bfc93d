package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditQuery;
import java.util.List;

/** The log of changes of the set {@code audit}. Thread-safe. */
public interface AuditStore {

  /** Whether the set is applied. */
  @SqlAccess.Read
  boolean isInstalled();

  /** The changes that the query selects, latest first, and of one time the higher id first. */
  @SqlAccess.Read
  List<AuditChange> find(AuditQuery query);
}
