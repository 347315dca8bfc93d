package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditLog;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.spi.sql.AuditStore;
import java.util.List;

/** The audit log of the durable store. */
public final class StoredAuditLog implements AuditLog {

  private final AuditStore store;

  /** The log in {@code store}. */
  public StoredAuditLog(AuditStore store) {
    this.store = store;
  }

  @Override
  public boolean isKept() {
    return store.isInstalled();
  }

  @Override
  public List<AuditChange> find(AuditQuery query) {
    return store.find(query);
  }
}
